package lane

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"modwsgi-express/platforms/sockio"
)

// Conn is the front's end of one lane. One goroutine at a time uses it.
type Conn struct {
	nc     net.Conn
	thread int

	buf   []byte
	r, w  int        // received and not consumed: buf[r:w]
	files []*os.File // received and not claimed by a FILE frame

	out   []byte // frames being built
	next  uint32 // number of the last request
	timed bool   // a deadline is set on nc

	frame Header // the last one that came
	left  int    // bytes of its payload that were not consumed
	torn  bool   // a frame of ours was cut short: the worker cannot follow any more
	deaf  bool   // the worker died with something of ours unread
}

// ErrWorkerGone means that the lane ended: the worker process died.
var ErrWorkerGone = errors.New("worker process died")

// ProtocolError is a frame that a worker may not send. Who sends one is not the
// worker we wrote, and is dropped.
type ProtocolError struct{ What string }

func (e *ProtocolError) Error() string { return "worker broke the protocol: " + e.What }

func breach(format string, args ...any) error {
	return &ProtocolError{fmt.Sprintf(format, args...)}
}

const (
	readBuffer = 64 << 10
	// bodyStep is the most that answers one WANT.
	bodyStep = 256 << 10
)

// NewConn makes the front's end of the lane of a worker's thread; nc becomes its.
func NewConn(nc net.Conn, thread int) *Conn {
	return &Conn{nc: nc, thread: thread}
}

// Thread is the index of the worker's thread behind the lane.
func (c *Conn) Thread() int { return c.thread }

// Close ends the lane; its thread in the worker ends with it, and a Serve that is
// under way fails with ErrWorkerGone. It may be called from any goroutine.
func (c *Conn) Close() error { return c.nc.Close() }

func (c *Conn) dropFiles() {
	for _, f := range c.files {
		f.Close()
	}
	c.files = nil
}

// setDeadline bounds all that follows; the zero time takes a bound away.
func (c *Conn) setDeadline(t time.Time) error {
	if t.IsZero() && !c.timed {
		return nil
	}
	c.timed = !t.IsZero()
	return c.nc.SetDeadline(t)
}

func (c *Conn) write(p []byte) error {
	n, err := c.nc.Write(p)
	if err != nil && n > 0 {
		c.torn = true
	}
	return c.translate(err)
}

// translate turns the ways in which a dead process shows into one error.
func (c *Conn) translate(err error) error {
	var ne net.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ne) && ne.Timeout():
		return os.ErrDeadlineExceeded
	case errors.Is(err, io.EOF), errors.As(err, new(*net.OpError)):
		return ErrWorkerGone
	}
	return err
}

// fill receives more bytes behind those in buf.
func (c *Conn) fill() error {
	if c.buf == nil { // a lane beside a ring may never be used
		c.buf = make([]byte, readBuffer)
	}
	if c.r == c.w {
		c.r, c.w = 0, 0
	} else if c.w == len(c.buf) {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	n, files, err := sockio.ReceiveRights(c.nc, c.buf[c.w:])
	c.w += n
	c.files = append(c.files, files...)
	if err != nil {
		// A socket pair whose other end is closed says so by ECONNRESET if bytes
		// were left in it, and by its end if everything had been read.
		c.deaf = errors.Is(err, syscall.ECONNRESET)
		return c.translate(err)
	}
	if len(c.files) > 2*sockio.MaxRights {
		return breach("%d descriptors without a FILE frame", len(c.files))
	}
	return nil
}

// header waits for the header of the next frame and checks that it is one of
// the request under way.
func (c *Conn) header() (Header, error) {
	for c.w-c.r < HeaderSize {
		if err := c.fill(); err != nil {
			return Header{}, err
		}
	}
	h, err := ParseHeader(c.buf[c.r:c.w])
	if err != nil {
		return h, &ProtocolError{err.Error()}
	}
	if h.Request != c.next {
		return h, breach("%v frame of request %d, asked for %d", h.Type, h.Request, c.next)
	}
	c.r += HeaderSize
	c.frame, c.left = h, int(h.Length)
	return h, nil
}

// whole waits until n payload bytes are in the buffer and consumes them. The
// view is valid until the next receive.
func (c *Conn) whole(n int) ([]byte, error) {
	if n > len(c.buf)-c.r {
		buf := c.buf
		if n > len(buf) {
			buf = make([]byte, n+HeaderSize)
		}
		c.w = copy(buf, c.buf[c.r:c.w])
		c.buf, c.r = buf, 0
	}
	for c.w-c.r < n {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	view := c.buf[c.r : c.r+n]
	c.r += n
	c.left -= n
	return view, nil
}

// piece consumes up to n payload bytes that are there, at least one if n > 0.
func (c *Conn) piece(n int) ([]byte, error) {
	for c.r == c.w && n > 0 {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	view := c.buf[c.r:min(c.w, c.r+n)]
	c.r += len(view)
	c.left -= len(view)
	return view, nil
}

// shrink gives back a buffer that one large frame made necessary.
func (c *Conn) shrink() {
	if len(c.buf) > readBuffer && c.r == c.w {
		c.buf, c.r, c.w = make([]byte, readBuffer), 0, 0
	}
	if cap(c.out) > readBuffer {
		c.out = nil
	}
}

// claim takes the descriptor that came with a FILE frame. Only regular files
// are taken: on anything else the front could be made to wait.
func (c *Conn) claim() (*os.File, error) {
	if len(c.files) == 0 {
		return nil, breach("FILE frame without a descriptor")
	}
	f := c.files[0]
	c.files = c.files[1:]
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("stat received file: %w", err)
	}
	if !info.Mode().IsRegular() {
		f.Close()
		return nil, breach("FILE frame with a descriptor that is no regular file (%v)", info.Mode().Type())
	}
	return f, nil
}
