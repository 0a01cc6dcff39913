package http1_test

import (
	"bytes"
	"fmt"
	"strings"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
)

// parsed is a request as a driver saw it, copied out of the buffers.
type parsed struct {
	req  exchange.Request
	body []byte
}

// outcome is what a connection came to.
type outcome struct {
	requests []parsed
	// end is "reject 400", "close" (the last request did not let the connection
	// persist), "more" (bytes are missing) or "idle" (between two requests).
	end string
}

func (o outcome) String() string {
	var b strings.Builder
	for _, p := range o.requests {
		r := &p.req
		fmt.Fprintf(&b, "%s target=%q rawpath=%q path=%q query=%q,%v host=%q https=%v %d.%d length=%d chunked=%v expect=%v\n",
			r.Method, r.Target, r.RawPath, r.Path, r.Query, r.HasQuery, r.Host, r.AbsoluteHTTPS, r.Major, r.Minor,
			r.ContentLength, r.Chunked, r.Expect100)
		for _, f := range r.Fields {
			fmt.Fprintf(&b, "  %q: %q\n", f.Name, f.Value)
		}
		fmt.Fprintf(&b, "  body %q\n", p.body)
	}
	return b.String() + o.end
}

// driver is the smallest connection there is: it feeds an engine and answers
// every request with an empty 200. It moves its buffer before every call and
// spoils the old one, so that a view that was kept shows.
type driver struct {
	engine http1.Engine
	req    exchange.Request
	buf    []byte
	out    outcome
	inBody bool
	body   []byte
	over   bool
}

func newDriver(l *http1.Limits) *driver {
	d := &driver{}
	d.engine.Init(l)
	return d
}

// drive feeds the pieces to a fresh engine.
func drive(l *http1.Limits, pieces ...[]byte) outcome {
	d := newDriver(l)
	for _, p := range pieces {
		d.feed(p)
	}
	return d.finish()
}

func (d *driver) feed(p []byte) {
	if d.over {
		return
	}
	moved := append(bytes.Clone(d.buf), p...)
	spoil(d.buf)
	d.buf = moved
	for !d.over && len(d.buf) > 0 {
		if !d.step() {
			return
		}
	}
}

func spoil(b []byte) {
	for i := range b {
		b[i] = '\n'
	}
}

// step does one call and tells whether another one makes sense now.
func (d *driver) step() bool {
	if d.inBody {
		n, data, v := d.engine.ParseBody(d.buf)
		d.body = append(d.body, data...)
		d.buf = d.buf[n:]
		return d.note(v)
	}
	n, v := d.engine.ParseHead(d.buf, &d.req)
	if v == http1.OK {
		d.out.requests = append(d.out.requests, parsed{req: cloneRequest(&d.req)})
		d.buf = d.buf[n:]
		d.inBody, d.body = true, nil
		n, data, v := d.engine.ParseBody(d.buf)
		d.body = append(d.body, data...)
		d.buf = d.buf[n:]
		return d.note(v)
	}
	return d.note(v)
}

func (d *driver) note(v http1.Verdict) bool {
	switch v {
	case http1.More:
		return d.inBody // a body goes on as long as there are bytes
	case http1.Reject:
		d.end(fmt.Sprint("reject ", d.engine.Rejection().Status))
		return false
	}
	d.out.requests[len(d.out.requests)-1].body = d.body
	d.inBody = false
	d.engine.AppendHead(nil, &exchange.Head{Status: 200}, nil, "")
	d.engine.AppendEnd(nil)
	if !d.engine.Persist() {
		d.end("close")
		return false
	}
	d.engine.Reset()
	return true
}

func (d *driver) end(how string) { d.over, d.out.end = true, how }

func (d *driver) finish() outcome {
	if !d.over {
		d.out.end = "idle"
		if d.inBody || d.engine.Started() {
			d.out.end = "more"
		}
	}
	return d.out
}

func cloneRequest(r *exchange.Request) exchange.Request {
	c := *r
	for _, b := range []*[]byte{&c.Method, &c.Target, &c.RawPath, &c.Path, &c.Query, &c.Host} {
		*b = bytes.Clone(*b)
	}
	c.Fields = nil
	for _, f := range r.Fields {
		c.Fields = append(c.Fields, exchange.Field{Name: bytes.Clone(f.Name), Value: bytes.Clone(f.Value)})
	}
	return c
}

// byByte cuts b into single bytes.
func byByte(b []byte) [][]byte {
	var pieces [][]byte
	for i := range b {
		pieces = append(pieces, b[i:i+1])
	}
	return pieces
}
