package front

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
	"modwsgi-express/platforms/sockio"
)

// smallHead is the read buffer that every connection carries: an ordinary head
// fits, so an idle connection holds nothing else.
const smallHead = 1 << 10

// lingerTime and lingerBytes bound the wait for a client that is still sending
// when the server has said its last word: closing at once would make its kernel
// throw the answer away (RFC 9112 section 9.6).
const (
	lingerTime  = 2 * time.Second
	lingerBytes = 16 << 20
)

// conn drives one HTTP/1.1 connection from one goroutine.
type conn struct {
	srv    *Server
	nc     net.Conn
	peer   exchange.Peer
	engine http1.Engine

	small [smallHead]byte
	buf   []byte // small, or larger while a long head is read
	r, w  int    // received and not consumed: buf[r:w]

	x    exchange.Exchange
	body body
	resp response

	mu   sync.Mutex
	idle bool // waiting for a request that has not begun
}

// serve runs the connection to its end.
func (c *conn) serve() {
	defer c.srv.forget(c)
	defer c.recoverPanic()
	c.buf = c.small[:]
	c.resp.c = c
	c.resp.out.init(c.nc, c.srv.cfg.ResponseBuffer, c.srv.cfg.SocketTimeout)
	for c.readHead() && c.serveOne() {
		c.engine.Reset()
	}
	c.shut()
}

func (c *conn) recoverPanic() {
	if p := recover(); p != nil {
		// One request's trouble must not become everybody's; the log shows ours.
		c.srv.log.Error("panic while serving a connection", zap.Any("panic", p), zap.String("stack", string(debug.Stack())))
		sockio.ResetOnClose(c.nc)
		c.nc.Close()
	}
}

// readHead waits for a request and parses its head. false: the connection is
// over, and what had to be said to the client has been said.
func (c *conn) readHead() bool {
	p := progress{initial: c.srv.cfg.HeaderTimeout, max: c.srv.cfg.HeaderMaxTimeout, rate: c.srv.cfg.HeaderMinRate}
	c.x.Request.Method, c.x.Request.Target = nil, nil
	begun := c.x.Seq == 0 || c.r < c.w
	c.x.Start = time.Now()
	for {
		if c.r < c.w {
			n, v := c.engine.ParseHead(c.buf[c.r:c.w], &c.x.Request)
			if v == http1.OK {
				c.r += n
				c.x.Seq++
				return true
			}
			if v == http1.Reject {
				rej := c.engine.Rejection()
				c.refuse(rej.Status, errors.New(rej.Reason))
				return false
			}
		}
		c.makeRoom()
		wait := p.left()
		if !begun {
			wait = c.srv.cfg.KeepAliveTimeout
		}
		if wait <= 0 || !c.await(time.Now().Add(wait), !begun) {
			c.headTooSlow()
			return false
		}
		before := time.Now()
		n, err := c.nc.Read(c.buf[c.w:])
		c.active()
		c.w += n
		if n > 0 {
			if !begun {
				begun = true
				c.x.Start = time.Now()
			} else {
				p.got(n, time.Since(before))
			}
			continue
		}
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() {
			c.headTooSlow()
		}
		return false
	}
}

// headTooSlow answers 408 if a part of a head has come; a connection on which
// nothing has begun is closed without a word.
func (c *conn) headTooSlow() {
	if c.engine.Started() {
		c.refuse(408, errors.New("client too slow in sending the request head"))
	}
}

// makeRoom gives the next read a place behind what was received. Only between
// exchanges and while a head is incomplete: nobody looks into buf then.
func (c *conn) makeRoom() {
	if c.w < len(c.buf) {
		return
	}
	if c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
		return
	}
	bigger := make([]byte, 4*len(c.buf)) // the engine refuses a head over its limit
	c.w = copy(bigger, c.buf[:c.w])
	c.buf = bigger
}

// await sets the deadline of the next read. Idle connections are told apart so
// that a drain can end their wait; false means that it has begun.
func (c *conn) await(deadline time.Time, idle bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if idle && c.srv.draining.Load() {
		deadline = earlier(deadline, time.Now().Add(drainIdle))
	}
	c.idle = idle
	return c.nc.SetReadDeadline(deadline) == nil
}

func (c *conn) active() {
	c.mu.Lock()
	c.idle = false
	c.mu.Unlock()
}

// wind shortens the wait of an idle connection: a request that is on its way is
// still served.
func (c *conn) wind() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle {
		_ = c.nc.SetReadDeadline(time.Now().Add(drainIdle)) // fails only if closed
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// begin fills in the parts of the exchange that are not the request.
func (c *conn) begin() {
	x := &c.x
	x.Peer, x.Response, x.MayBlock = &c.peer, &c.resp, true
	x.Status, x.BodyIn, x.BodyOut, x.QueueTime = 0, 0, 0, 0
	x.WorkerPID, x.Aborted, x.RemoteUser = 0, nil, nil
	for i := range x.LogFields {
		x.LogFields[i] = x.LogFields[i][:0]
	}
	x.Body = exchange.NoBody
	c.resp.next()
}

// serveOne serves the request whose head was read; false ends the connection.
func (c *conn) serveOne() bool {
	c.begin()
	hasBody := c.x.Request.HasBody()
	if hasBody {
		c.body.start(c, &c.x.Request)
		c.x.Body = &c.body
	}
	if c.srv.cfg.KeepAliveTimeout <= 0 {
		c.engine.SetClose()
	}
	if err := c.receiveBody(hasBody); err != nil {
		status := 400
		var be *exchange.BodyError
		if errors.As(err, &be) {
			status = be.Status
		}
		c.resp.Abort(status, err)
	} else {
		c.handle()
	}
	c.resp.finish()
	again := c.engine.Persist()
	if hasBody {
		again = c.leaveBody(again)
	} else {
		again = again && c.engine.BodyDone()
	}
	c.srv.ended(&c.x)
	if again {
		c.keep()
	}
	return again && !c.resp.reset
}

// receiveBody reads the body before the request is served, unless the handler
// is to have it on demand.
func (c *conn) receiveBody(hasBody bool) error {
	if !hasBody {
		return nil
	}
	if c.body.tooLarge() {
		return c.body.refuse(413, "body of %d bytes is over the limit of %d", c.body.size, c.body.limit)
	}
	if c.srv.cfg.BufferRequests && !c.x.Request.Expect100 {
		return c.body.buffer()
	}
	return nil
}

func (c *conn) handle() {
	switch out := c.srv.handler.Serve(&c.x); out {
	case exchange.Done:
		if !c.resp.ended {
			c.resp.Abort(500, errors.New("the handler neither ended nor aborted the response"))
		}
	default:
		c.resp.Abort(500, fmt.Errorf("the handler answered %d although it may block", out))
	}
}

// leaveBody gets past what the handler left unread and takes back the bytes
// that follow the body.
func (c *conn) leaveBody(again bool) bool {
	again = again && c.body.discard()
	rest := c.body.release()
	if again && len(rest) > 0 {
		// The connection's own buffer was used up before the body's was begun.
		if len(rest) > len(c.buf) {
			c.buf = make([]byte, len(rest))
		}
		c.r, c.w = 0, copy(c.buf, rest)
	}
	c.body.free()
	return again
}

// keep makes the connection small again before it waits for its next request.
func (c *conn) keep() {
	if len(c.buf) > smallHead && c.w-c.r <= smallHead {
		n := copy(c.small[:], c.buf[c.r:c.w])
		c.buf, c.r, c.w = c.small[:], 0, n
	} else if c.r == c.w {
		c.r, c.w = 0, 0
	}
}

// refuse answers a request that never became one.
func (c *conn) refuse(status int, why error) {
	c.x.Seq++
	c.begin()
	c.x.Aborted = why
	c.resp.ended = true
	c.resp.page(status)
	c.resp.finish()
	c.srv.ended(&c.x)
}

// noteFields keeps the response fields that the access log asked for.
func (c *conn) noteFields(h *exchange.Head) {
	for i, name := range c.srv.logFields {
		for j := range h.Fields {
			if exchange.EqualFold(h.Fields[j].Name, name) {
				c.x.LogFields[i] = append(c.x.LogFields[i][:0], h.Fields[j].Value...)
				break
			}
		}
	}
}

// shut closes the connection. If the client may still be sending, its bytes are
// read for a moment so that it gets to see the answer.
func (c *conn) shut() {
	defer c.nc.Close()
	if c.resp.reset || c.x.Seq == 0 {
		return
	}
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	if c.nc.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	step := getBuffer(bufferSize)
	defer putBuffer(step)
	for n := 0; n < lingerBytes; {
		m, err := c.nc.Read(step)
		if n += m; err != nil {
			return
		}
	}
}

var _ io.Reader = (*body)(nil)
