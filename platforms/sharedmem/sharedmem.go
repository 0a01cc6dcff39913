// Package sharedmem makes memory that two processes map, and the doorbells with
// which they wake each other.
//
//	          Linux                        elsewhere
//	Region    memfd, sealed                ErrUnsupported
//	Doorbell  eventfd, as a semaphore      ErrUnsupported
//
// The region is sealed against a change of its size: mapped memory that is not
// there any more ends the process that touches it, so without a seal a hostile
// peer could end us. Where there is no seal there is no region.
package sharedmem

import (
	"errors"
	"os"
)

// ErrUnsupported: this system has no memory that can be shared safely.
var ErrUnsupported = errors.New("shared memory is not supported on this system")

// Region is memory that is shared with whoever inherits File.
type Region struct {
	Mem  []byte   // mapped, zero at first
	File *os.File // the memory as a file, to be inherited; the caller may close it
}

// NewRegion makes a region of size bytes, a multiple of the page size.
func NewRegion(name string, size int) (*Region, error) { return newRegion(name, size) }

// Close unmaps the memory, which must not be touched afterwards, and closes the file.
func (r *Region) Close() error { return r.close() }

// Doorbell wakes one waiting thread, here or in the process that inherited it,
// for each ring.
type Doorbell struct {
	File *os.File // non-blocking; Read of 8 bytes waits for a ring
}

// NewDoorbell makes a doorbell. With blocking, who inherits it waits in read;
// this process must then only ring it.
func NewDoorbell(blocking bool) (*Doorbell, error) { return newDoorbell(blocking) }

// Ring wakes one waiting thread, or the next that waits.
func (d *Doorbell) Ring() error {
	_, err := d.File.Write(one[:])
	return err
}

// one is the number 1 as eventfd takes it: every system with eventfd that is
// built for here is little-endian.
var one = [8]byte{1}

// Close closes the doorbell.
func (d *Doorbell) Close() error { return d.File.Close() }
