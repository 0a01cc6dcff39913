package front

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"modwsgi-express/core/exchange"
	"modwsgi-express/platforms/sockio"
)

// writeStep is how much is written under one deadline: small enough that the
// deadline limits a standstill and not a long download.
const writeStep = 64 << 10

// maxQueuedFiles bounds the descriptors that wait for one client.
const maxQueuedFiles = 4

// output is a connection's way out. What the kernel takes at once is written by
// the caller; the rest is queued, and a goroutine that lives as long as the
// queue does writes it. So the caller, who holds a worker, waits for the client
// only when more than limit bytes are queued.
type output struct {
	nc      net.Conn
	rc      syscall.RawConn // nil: nc has no descriptor of its own (TLS)
	limit   int
	timeout time.Duration // for each step

	mu       sync.Mutex
	changed  sync.Cond // queue shrank, or err was set, or the flusher left
	queue    []segment
	queued   int // bytes in memory
	files    int
	flushing bool
	err      error // the first failure; nothing is written after it
}

// segment is a piece of output: bytes, or a part of a file.
type segment struct {
	b      []byte
	f      *os.File
	off, n int64
}

func (o *output) init(nc net.Conn, limit int, timeout time.Duration) {
	o.nc, o.limit, o.timeout = nc, limit, timeout
	o.changed.L = &o.mu
	if sc, ok := nc.(syscall.Conn); ok {
		if rc, err := sc.SyscallConn(); err == nil {
			o.rc = rc
		}
	}
}

// write sends p or queues a copy of what the kernel did not take. It waits while
// more than the limit is queued.
func (o *output) write(p []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	if !o.flushing && o.rc != nil {
		n, err := sockio.TryWrite(o.rc, p)
		if err != nil {
			o.fail(err)
			return o.err
		}
		p = p[n:]
	}
	for len(p) > 0 {
		for o.err == nil && o.queued >= o.limit {
			o.changed.Wait()
		}
		if o.err != nil {
			return o.err
		}
		n := min(len(p), max(o.limit-o.queued, 1))
		o.enqueue(segment{b: append([]byte(nil), p[:n]...)})
		p = p[n:]
	}
	return nil
}

// sendFile queues a part of f, which it owns from here on.
func (o *output) sendFile(f *os.File, off, n int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.err == nil && o.files >= maxQueuedFiles {
		o.changed.Wait()
	}
	if o.err != nil {
		f.Close()
		return o.err
	}
	o.enqueue(segment{f: f, off: off, n: n})
	return nil
}

// enqueue needs mu.
func (o *output) enqueue(s segment) {
	o.queue = append(o.queue, s)
	o.queued += len(s.b)
	if s.f != nil {
		o.files++
	}
	if !o.flushing {
		o.flushing = true
		go o.flush() // ends with the queue; drain waits for it
	}
}

// drain waits until everything is written or has failed. Each step of the
// flusher has a deadline, so this wait has one too.
func (o *output) drain() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.flushing {
		o.changed.Wait()
	}
	return o.err
}

// failed returns the failure that ended the output, if any.
func (o *output) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// fail records the first failure in the terms of the contract; needs mu.
func (o *output) fail(err error) {
	if o.err != nil {
		return
	}
	var ne net.Error
	switch {
	case errors.Is(err, exchange.ErrShortBody):
		o.err = err
	case errors.As(err, &ne) && ne.Timeout():
		o.err = exchange.ErrClientSlow
	default:
		o.err = exchange.ErrClientGone
	}
	o.changed.Broadcast()
}

// flush writes the queue until it is empty.
func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) > 0 {
		s := o.queue[0]
		o.queue[0] = segment{}
		o.queue = o.queue[1:]
		failed := o.err != nil
		o.mu.Unlock()
		var err error
		if s.f != nil {
			if !failed {
				err = o.copyFile(s)
			}
			s.f.Close()
		} else if !failed {
			err = o.writeAll(s.b)
		}
		o.mu.Lock()
		if s.f != nil {
			o.files--
		}
		o.queued -= len(s.b)
		if err != nil {
			o.fail(err)
		}
		o.changed.Broadcast()
	}
	o.queue = nil
	o.flushing = false
	o.changed.Broadcast()
}

func (o *output) writeAll(p []byte) error {
	for len(p) > 0 {
		if err := o.nc.SetWriteDeadline(time.Now().Add(o.timeout)); err != nil {
			return err
		}
		n, err := o.nc.Write(p[:min(len(p), writeStep)])
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// copyFile sends a part of a file, by the kernel where it can.
func (o *output) copyFile(s segment) error {
	for s.n > 0 && o.rc != nil {
		if err := o.nc.SetWriteDeadline(time.Now().Add(o.timeout)); err != nil {
			return err
		}
		sent, ok, err := sockio.SendFile(o.rc, s.f, s.off, s.n)
		if !ok {
			break
		}
		if err != nil {
			return err
		}
		if sent == 0 {
			return fmt.Errorf("%w: file ended %d bytes early", exchange.ErrShortBody, s.n)
		}
		s.off, s.n = s.off+sent, s.n-sent
	}
	if s.n == 0 {
		return nil
	}
	return o.copyByHand(s)
}

func (o *output) copyByHand(s segment) error {
	buf := getBuffer(writeStep)
	defer putBuffer(buf)
	for s.n > 0 {
		n, err := s.f.ReadAt(buf[:min(s.n, int64(len(buf)))], s.off)
		if n == 0 {
			if err == io.EOF {
				return fmt.Errorf("%w: file ended %d bytes early", exchange.ErrShortBody, s.n)
			}
			return fmt.Errorf("%w: %w", exchange.ErrShortBody, err)
		}
		if err := o.writeAll(buf[:n]); err != nil {
			return err
		}
		s.off, s.n = s.off+int64(n), s.n-int64(n)
	}
	return nil
}
