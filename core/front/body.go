package front

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
)

// body is the content of a request, decoded. It is read whole before the
// request is served (buffer), or by the handler when it wants it (Read).
type body struct {
	c        *conn
	limit    int64 // of decoded bytes; 0: none
	progress progress

	size   int64  // announced length, -1 unknown
	taken  int64  // decoded bytes so far
	raw    []byte // own read buffer once the connection's is used up
	r, w   int    // unread part of raw
	expect bool   // the client waits for 100 Continue
	err    error  // final: io.EOF or *exchange.BodyError

	mem   []byte   // buffered body, or its start
	file  *os.File // the rest of it
	off   int64    // read position in mem followed by file
	whole bool     // buffered completely
}

var _ exchange.Body = (*body)(nil)

// start makes b ready for the request whose head was just read.
func (b *body) start(c *conn, req *exchange.Request) {
	cfg := &c.srv.cfg
	*b = body{
		c: c, limit: cfg.LimitRequestBody, size: req.ContentLength, expect: req.Expect100,
		progress: progress{initial: cfg.BodyTimeout, max: cfg.BodyMaxTimeout, rate: cfg.BodyMinRate},
		raw:      b.raw, mem: b.mem[:0],
	}
}

// tooLarge tells whether the announced length is over the limit.
func (b *body) tooLarge() bool { return b.limit > 0 && b.size > b.limit }

func (b *body) refuse(status int, format string, args ...any) error {
	b.err = &exchange.BodyError{Status: status, Err: fmt.Errorf(format, args...)}
	b.c.engine.SetClose() // whatever the handler makes of it: the framing is lost
	return b.err
}

// Size implements exchange.Body.
func (b *body) Size() int64 {
	if b.whole {
		return b.taken
	}
	return b.size
}

// Whole implements exchange.Body.
func (b *body) Whole() ([]byte, bool) {
	if b.whole && b.file == nil {
		return b.mem, true
	}
	return nil, false
}

// Read implements exchange.Body.
func (b *body) Read(p []byte) (int, error) {
	if b.whole {
		return b.readBuffered(p)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if b.expect && b.err == nil {
		b.expect = false
		if err := b.c.resp.interim(); err != nil {
			return 0, b.refuse(408, "send 100 continue: %w", err)
		}
	}
	return b.decode(p)
}

func (b *body) readBuffered(p []byte) (int, error) {
	if b.off < int64(len(b.mem)) {
		n := copy(p, b.mem[b.off:])
		b.off += int64(n)
		return n, nil
	}
	if b.file == nil || b.off >= b.taken {
		return 0, io.EOF
	}
	n, err := b.file.ReadAt(p[:min(int64(len(p)), b.taken-b.off)], b.off-int64(len(b.mem)))
	b.off += int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, &exchange.BodyError{Status: 500, Err: fmt.Errorf("read spooled body: %w", err)}
}

// decode takes the next decoded bytes, at least one, into p.
func (b *body) decode(p []byte) (int, error) {
	for {
		if b.err != nil {
			return 0, b.err
		}
		src := b.pending()
		if len(src) == 0 {
			if err := b.fill(); err != nil {
				return 0, err
			}
			continue
		}
		// Decoded bytes are never more than raw ones, so what is decoded fits p.
		n, data, v := b.c.engine.ParseBody(src[:min(len(src), len(p))])
		b.consume(n)
		b.taken += int64(len(data))
		switch {
		case v == http1.Reject:
			rej := b.c.engine.Rejection()
			return 0, b.refuse(rej.Status, "%s", rej.Reason)
		case b.limit > 0 && b.taken > b.limit:
			return 0, b.refuse(413, "body is over the limit of %d bytes", b.limit)
		case v == http1.OK:
			b.err = io.EOF
		}
		if len(data) > 0 {
			b.c.x.BodyIn = b.taken
			return copy(p, data), nil
		}
	}
}

// pending is what was received and not decoded yet: first the rest of the
// connection's buffer, then our own.
func (b *body) pending() []byte {
	if c := b.c; c.r < c.w {
		return c.buf[c.r:c.w]
	}
	return b.raw[b.r:b.w]
}

func (b *body) consume(n int) {
	if c := b.c; c.r < c.w {
		c.r += n
		return
	}
	b.r += n
}

// fill waits for more bytes from the client, when all that came was decoded. The
// connection's buffer holds the head that the exchange looks into, so the bytes
// go to a buffer of our own.
func (b *body) fill() error {
	if b.raw == nil {
		b.raw = getBuffer(bufferSize)
	}
	left := b.progress.left()
	if left <= 0 {
		return b.refuse(408, "client too slow in sending the body: %d bytes in %v", b.taken, b.progress.spent.Round(time.Millisecond))
	}
	begin := time.Now()
	if err := b.c.nc.SetReadDeadline(begin.Add(left)); err != nil {
		return b.refuse(400, "%w: %w", exchange.ErrClientGone, err)
	}
	n, err := b.c.nc.Read(b.raw)
	b.r, b.w = 0, n
	b.progress.got(n, time.Since(begin))
	var ne net.Error
	switch {
	case n > 0:
		return nil
	case errors.As(err, &ne) && ne.Timeout():
		return b.refuse(408, "client too slow in sending the body: %d bytes in %v", b.taken, b.progress.spent.Round(time.Millisecond))
	case err == io.EOF:
		return b.refuse(400, "%w after %d bytes of the body", exchange.ErrClientGone, b.taken)
	case err != nil:
		return b.refuse(400, "%w: %w", exchange.ErrClientGone, err)
	}
	return nil
}

// buffer reads the whole body: up to BodyBuffer bytes in memory, the rest in a
// file that has no name.
func (b *body) buffer() error {
	cfg := &b.c.srv.cfg
	if cap(b.mem) == 0 && (b.size < 0 || b.size > 512) {
		b.mem = getBuffer(bufferSize)[:0]
	}
	var step []byte
	defer func() {
		if step != nil {
			putBuffer(step)
		}
	}()
	for {
		room := cfg.BodyBuffer - len(b.mem)
		if room > 0 && b.file == nil {
			if len(b.mem) == cap(b.mem) {
				b.grow(cfg.BodyBuffer)
			}
			n, err := b.decode(b.mem[len(b.mem):min(cap(b.mem), cfg.BodyBuffer)])
			b.mem = b.mem[:len(b.mem)+n]
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			continue
		}
		if step == nil {
			step = getBuffer(bufferSize)
		}
		n, err := b.decode(step)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := b.spool(step[:n]); err != nil {
			return err
		}
	}
	b.whole, b.off = true, 0
	return nil
}

func (b *body) grow(limit int) {
	n := max(2*cap(b.mem), 512)
	if b.size > 0 && b.size < int64(limit) {
		n = max(n, int(b.size))
	}
	m := make([]byte, len(b.mem), min(n, limit))
	copy(m, b.mem)
	b.mem = m
}

// spool appends p to the spool file. A full disk is the server's trouble, not
// the client's: 507, and the file is gone with its descriptor.
func (b *body) spool(p []byte) error {
	if b.file == nil {
		f, err := os.CreateTemp(b.c.srv.cfg.SpoolDirectory, "modwsgi-body-*")
		if err != nil {
			return b.refuse(500, "spool request body: %w", err)
		}
		// Windows cannot remove an open file; there it goes when the body does.
		_ = os.Remove(f.Name())
		b.file = f
	}
	if _, err := b.file.Write(p); err != nil {
		return b.refuse(507, "spool request body: %w", err)
	}
	return nil
}

// release gives back what the body holds and returns the bytes after it, which
// belong to the next request; they are valid until the next use of b.
func (b *body) release() (rest []byte) {
	if b.file != nil {
		b.file.Close()
		_ = os.Remove(b.file.Name()) // gone already where open files can be removed
		b.file = nil
	}
	if cap(b.mem) == bufferSize {
		putBuffer(b.mem)
		b.mem = nil
	}
	return b.raw[b.r:b.w]
}

// free gives back the read buffer, after release.
func (b *body) free() {
	if b.raw != nil {
		putBuffer(b.raw)
		b.raw, b.r, b.w = nil, 0, 0
	}
}

// maxDrain is how much of an unread body is read to keep a connection
// (reliability table 3.2, "unread body").
const maxDrain = 64 << 10

// leavable tells, when the response begins, whether the connection could go on if
// the handler read no more of the body. A client that was not told to send it may
// send it or not: what follows could be either (RFC 9110 section 10.1.1).
func (b *body) leavable() bool {
	return b.whole || b.err == io.EOF || b.err == nil && !b.expect && b.size-b.taken <= maxDrain
}

// discard reads the rest of the body if that is little; false means that the
// connection cannot be used again.
func (b *body) discard() bool {
	if b.whole || b.err == io.EOF {
		return true
	}
	if !b.leavable() {
		return false
	}
	step := getBuffer(bufferSize)
	defer putBuffer(step)
	for drained := 0; drained <= maxDrain; {
		n, err := b.decode(step)
		drained += n
		if err != nil {
			return err == io.EOF
		}
	}
	return false
}
