//go:build !linux

package sharedmem

import "os"

func newRegion(string, int) (*Region, error)         { return nil, ErrUnsupported }
func openRegion(*os.File, int) (*Region, error)      { return nil, ErrUnsupported }
func (r *Region) close() error                       { return nil }
func (r *Region) wake(int, int) error                { return ErrUnsupported }
func newSealedFile(string, []byte) (*os.File, error) { return nil, ErrUnsupported }
func newDoorbell() (*os.File, error)                 { return nil, ErrUnsupported }
func emptied(uintptr) bool                           { return false }
