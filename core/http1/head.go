package http1

import (
	"bytes"

	"modwsgi-express/core/exchange"
)

// headState is where the parsing of a head stands. All positions are offsets
// from the start of the request, because the buffer may move between two calls.
type headState struct {
	pos     int // start of the line that is not complete
	scan    int // up to here no LF was found in that line
	lines   int // complete lines
	line    requestLine
	spans   []fieldSpan
	scratch []byte // the decoded path, if it differs from the raw one
}

// fieldSpan is where a field lies in the buffer.
type fieldSpan struct{ name, colon, value, end uint32 }

// ParseHead looks for a request head in buf, which holds all bytes since the
// start of the request. After More call it again with the same bytes and more,
// at the same place or another. OK: the first n bytes are the head, and req is
// filled with views into buf; Path lies in e if it had to be decoded, and is valid
// until Reset. req.Fields is overwritten, its capacity reused.
func (e *Engine) ParseHead(buf []byte, req *exchange.Request) (n int, v Verdict) {
	switch e.phase {
	case awaitHead:
		if v := e.beginHead(buf); v != OK {
			return 0, v
		}
	case inHead:
	case rejected:
		return 0, Reject
	default:
		return 0, e.reject(400, "head parsed twice without a reset")
	}
	for {
		start := e.head.pos
		line, v := e.nextLine(buf)
		if v != OK {
			return 0, v
		}
		switch {
		case e.head.lines == 1:
			v = e.parseRequestLine(line, start)
		case len(line) > 0:
			v = e.parseField(line, start)
		default:
			if v = e.finishHead(); v == OK {
				e.fill(buf, req)
				return e.head.pos, OK
			}
		}
		if v != OK {
			return 0, v
		}
	}
}

// beginHead skips one empty line (RFC 9112 section 2.2) and looks at the first
// byte, which is enough to know a TLS hello or a binary PROXY header.
func (e *Engine) beginHead(buf []byte) Verdict {
	start := 0
	if len(buf) > 0 && buf[0] == '\r' {
		if len(buf) == 1 {
			return More
		}
		if buf[1] != '\n' {
			return e.reject(400, "bare CR before the request line")
		}
		start = 2
	}
	if len(buf) == start {
		return More
	}
	if !isToken(buf[start]) {
		return e.reject(400, "request line does not begin with a method")
	}
	e.phase = inHead
	e.head.pos, e.head.scan = start, start
	return OK
}

// nextLine returns the line at pos without its CRLF. The limits are checked here
// and before anything else, at the byte that passes them: so the verdict is the
// same whether the line comes at once or byte by byte.
func (e *Engine) nextLine(buf []byte) ([]byte, Verdict) {
	h := &e.head
	limit := e.limits.FieldSize
	if h.lines == 0 {
		limit = e.limits.RequestLine
	}
	end := min(len(buf), h.pos+limit+2, e.limits.HeadSize)
	i := bytes.IndexByte(buf[h.scan:end], '\n')
	if i < 0 {
		h.scan = end
		size := end - h.pos
		if size > limit+1 || size == limit+1 && buf[end-1] != '\r' {
			return nil, e.lineTooLong()
		}
		if end >= e.limits.HeadSize {
			return nil, e.headTooLarge()
		}
		return nil, More
	}
	i += h.scan
	if i == h.pos || buf[i-1] != '\r' {
		if i-h.pos > limit {
			return nil, e.lineTooLong() // the byte in the CR's place was one too many
		}
		return nil, e.reject(400, "line ends with a bare LF")
	}
	line := buf[h.pos : i-1]
	h.pos, h.scan = i+1, i+1
	h.lines++
	return line, OK
}

func (e *Engine) lineTooLong() Verdict {
	if e.head.lines == 0 {
		return e.reject(414, "request line too long")
	}
	return e.reject(431, "header field too long")
}

func (e *Engine) headTooLarge() Verdict {
	if e.head.lines == 0 {
		return e.reject(414, "request line too long")
	}
	return e.reject(431, "request head too large")
}

// fill makes views of the offsets.
func (e *Engine) fill(buf []byte, req *exchange.Request) {
	e.fillTarget(buf, req)
	fields := req.Fields[:0]
	for _, s := range e.head.spans {
		fields = append(fields, exchange.Field{Name: buf[s.name:s.colon:s.colon], Value: buf[s.value:s.end:s.end]})
	}
	req.Fields = fields
	r := &e.request
	req.ContentLength = r.length
	req.Chunked = r.te == teChunked
	// A client without a body waits for nothing (RFC 9110 section 10.1.1).
	req.Expect100 = r.expect && !r.http10 && e.phase == inBody
}
