package front

import (
	"errors"
	"os"
	"time"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
	"modwsgi-express/platforms/sockio"
)

// response is the exchange.Response of a connection. It gathers the head and
// small pieces in buf, so that an ordinary response is one write.
type response struct {
	c     *conn
	out   output
	buf   []byte // framed bytes not yet given to out
	begun bool   // Head was called
	sent  bool   // something of this response was given to out
	ended bool   // End or Abort was called
	reset bool   // the connection has to be reset
	extra int64
}

var _ exchange.Response = (*response)(nil)

// gather is how much is collected before it is written without being asked.
const gather = 32 << 10

func (r *response) next() {
	r.begun, r.sent, r.ended, r.extra = false, false, false, 0
}

// Head implements exchange.Response.
func (r *response) Head(h *exchange.Head) error {
	if r.begun {
		return errors.New("send response head: there is one already")
	}
	r.begun = true
	c := r.c
	if c.srv.draining.Load() || c.x.Request.HasBody() && !c.body.leavable() {
		c.engine.SetClose()
	}
	if r.buf == nil {
		r.buf = getBuffer(bufferSize)[:0]
	}
	r.buf = c.engine.AppendHead(r.buf, h, c.srv.clock.at(time.Now()), c.srv.cfg.ServerHeader)
	c.x.Status = h.Status
	c.noteFields(h)
	return r.out.failed()
}

// Write implements exchange.Response.
func (r *response) Write(p []byte) error {
	var allow int64
	r.buf, allow = r.c.engine.BodyPrefix(r.buf, int64(len(p)))
	r.drop(int64(len(p)) - allow)
	r.c.x.BodyOut += allow
	p = p[:allow]
	if len(p) > gather {
		if err := r.Flush(); err != nil {
			return err
		}
		r.sent = true
		if err := r.out.write(p); err != nil {
			return err
		}
	} else {
		r.buf = append(r.buf, p...)
	}
	if allow > 0 {
		r.buf = r.c.engine.BodySuffix(r.buf)
	}
	if len(r.buf) > gather {
		return r.Flush()
	}
	return nil
}

// drop counts n body bytes that the framing does not allow. With HEAD, 204, 205 and
// 304 that is a habit of applications; beyond an announced length it means that
// somebody has lost count, and the connection ends with this response.
func (r *response) drop(n int64) {
	if n == 0 {
		return
	}
	r.extra += n
	switch r.c.x.Status {
	case 204, 205, 304:
	default:
		if !r.c.engine.IsHead() {
			r.c.engine.SetClose()
		}
	}
}

// SendFile implements exchange.Response.
func (r *response) SendFile(f *os.File, off, n int64) error {
	var allow int64
	r.buf, allow = r.c.engine.BodyPrefix(r.buf, n)
	r.drop(n - allow)
	if allow == 0 {
		return f.Close()
	}
	if err := r.Flush(); err != nil {
		f.Close()
		return err
	}
	r.c.x.BodyOut += allow
	if err := r.out.sendFile(f, off, allow); err != nil {
		return err
	}
	r.buf = r.c.engine.BodySuffix(r.buf)
	return nil
}

// Flush implements exchange.Response.
func (r *response) Flush() error {
	if len(r.buf) == 0 {
		return r.out.failed()
	}
	r.sent = true
	err := r.out.write(r.buf)
	r.buf = r.buf[:0]
	return err
}

// End implements exchange.Response.
func (r *response) End() error {
	if r.ended {
		return nil
	}
	var complete bool
	r.buf, complete = r.c.engine.AppendEnd(r.buf)
	if !complete {
		r.Abort(500, exchange.ErrShortBody)
		return exchange.ErrShortBody
	}
	r.ended = true
	err := r.Flush()
	if err != nil {
		r.c.x.Aborted = err
		r.reset = true
	}
	return err
}

// Abort implements exchange.Response.
func (r *response) Abort(status int, why error) {
	if r.ended {
		return
	}
	r.ended = true
	r.c.x.Aborted = why
	r.c.engine.SetClose()
	if r.sent || errors.Is(why, exchange.ErrClientGone) {
		// What was framed so far may go: without an end it cannot look complete.
		r.buf = r.buf[:0]
		r.reset = true
		return
	}
	r.buf = r.buf[:0]
	r.page(status)
}

// Started implements exchange.Response.
func (r *response) Started() bool { return r.sent }

// Extra implements exchange.Response.
func (r *response) Extra() int64 { return r.extra }

// page sends the error page of status, with which the connection ends.
func (r *response) page(status int, extra ...exchange.Field) {
	c := r.c
	c.x.Status = status
	c.x.BodyOut = 0
	if r.buf == nil {
		r.buf = getBuffer(bufferSize)[:0]
	}
	r.buf = http1.AppendError(r.buf, status, c.srv.clock.at(time.Now()), c.srv.cfg.ServerHeader, c.engine.IsHead(), extra...)
	if err := r.Flush(); err != nil {
		r.reset = true
	}
}

// interim sends 100 Continue, unless the final response is on its way.
func (r *response) interim() error {
	if r.begun {
		return nil
	}
	return r.out.write(http1.AppendContinue(nil))
}

// finish waits until the response has left and gives the buffer back.
func (r *response) finish() {
	if err := r.out.drain(); err != nil {
		r.reset = true
		if r.c.x.Aborted == nil {
			r.c.x.Aborted = err
		}
	}
	if r.reset {
		sockio.ResetOnClose(r.c.nc)
	}
	if r.buf != nil {
		putBuffer(r.buf[:0])
		r.buf = nil
	}
}
