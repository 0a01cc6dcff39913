//go:build !linux

package sharedmem

func newRegion(string, int) (*Region, error) { return nil, ErrUnsupported }
func (r *Region) close() error               { return nil }
func newDoorbell(bool) (*Doorbell, error)    { return nil, ErrUnsupported }
