// Package sharedmem makes memory that two processes map, and what they wake each
// other with.
//
//	                 Linux                          elsewhere
//	Region           memfd, sealed                  ErrUnsupported
//	Region.Wake      futex                          ErrUnsupported
//	Doorbell         eventfd                        ErrUnsupported
//	NewSealedFile    memfd, sealed against writes   ErrUnsupported
//
// The region is sealed against a change of its size: mapped memory that is not
// there any more ends the process that touches it, so without a seal a hostile
// peer could end us. Where there is no seal there is no region.
//
// Who waits in the peer waits on a word of the region (futex), because that is a
// wake-up which can never make the waker wait: an eventfd that the peer has filled
// up would.
package sharedmem

import (
	"errors"
	"os"
	"syscall"
	"time"
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

// OpenRegion maps a region that was inherited: its peer's end, in Go. f stays the
// caller's; the region has a copy of its own.
func OpenRegion(f *os.File, size int) (*Region, error) { return openRegion(f, size) }

// Close unmaps the memory, which must not be touched afterwards, and closes the file.
func (r *Region) Close() error { return r.close() }

// Wake wakes up to n threads, of any process, that wait on the word at an offset
// (a multiple of 4). Who changes the word first loses nobody.
func (r *Region) Wake(offset, n int) error { return r.wake(offset, n) }

// NewSealedFile makes a file without a name that has this content and can neither
// be written to nor resized, by anyone who has it open; it can be executed.
func NewSealedFile(name string, content []byte) (*os.File, error) {
	return newSealedFile(name, content)
}

// Doorbell lets a peer wake this process: each write of the number 1 to File, as
// 8 bytes, is a ring.
type Doorbell struct {
	File *os.File // to be inherited; never waits

	raw   syscall.RawConn
	ready func() bool
	asked bool // ready was, in the present Wait
}

// NewDoorbell makes a doorbell.
func NewDoorbell() (*Doorbell, error) {
	f, err := newDoorbell()
	if err != nil {
		return nil, err
	}
	raw, err := f.SyscallConn()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Doorbell{File: f, raw: raw}, nil
}

// Wait waits until the bell is rung, the deadline is over (os.ErrDeadlineExceeded),
// or the bell is closed (os.ErrClosed). It calls ready once it would notice a ring
// and returns at once if that is true: what ready looks at has to be set before the
// peer rings. One goroutine at a time.
func (d *Doorbell) Wait(ready func() bool) error {
	d.ready, d.asked = ready, false
	return d.raw.Read(d.look)
}

// look is called before the waiting and whenever the poller has seen something. The
// number is read each time, although the poller reports every ring anew
// (edge-triggered): without that, rings were missed now and then (core/ring's
// TestBursts found it).
func (d *Doorbell) look(fd uintptr) bool {
	if emptied(fd) {
		return true
	}
	if d.asked {
		return false
	}
	d.asked = true
	return d.ready()
}

// SetDeadline bounds Wait, also one under way; the zero time takes the bound away.
func (d *Doorbell) SetDeadline(t time.Time) error { return d.File.SetReadDeadline(t) }

// Close closes the doorbell.
func (d *Doorbell) Close() error { return d.File.Close() }
