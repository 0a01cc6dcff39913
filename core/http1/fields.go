package http1

import (
	"bytes"

	"modwsgi-express/core/exchange"
)

// parseField parses field-name ":" OWS field-value OWS (RFC 9112 section 5). line
// is not empty; start is its offset.
func (e *Engine) parseField(line []byte, start int) Verdict {
	if len(e.head.spans) >= e.limits.Fields {
		return e.reject(431, "too many header fields")
	}
	n := 0
	for n < len(line) && class[line[n]]&tokenByte != 0 {
		n++
	}
	if n == 0 || n == len(line) || line[n] != ':' {
		return e.badFieldName(line, n)
	}
	v, end := n+1, len(line)
	for v < end && isOWS(line[v]) {
		v++
	}
	for v < end && isOWS(line[end-1]) {
		end--
	}
	value := line[v:end]
	if !validValue(value) {
		return e.reject(400, "control byte in a field value")
	}
	e.head.spans = append(e.head.spans, fieldSpan{
		name: uint32(start), colon: uint32(start + n), value: uint32(start + v), end: uint32(start + end),
	})
	return e.noteField(line[:n], value)
}

// badFieldName says what is wrong with a field line whose first n bytes are the
// longest token.
func (e *Engine) badFieldName(line []byte, n int) Verdict {
	switch {
	case isOWS(line[0]) && e.head.lines == 2:
		return e.reject(400, "white space before the first field") // RFC 9112 section 2.2
	case isOWS(line[0]):
		return e.reject(400, "folded field line") // RFC 9112 section 5.2
	case n == len(line):
		return e.reject(400, "field line without a colon")
	case n == 0 && line[0] == ':':
		return e.reject(400, "field without a name")
	case isOWS(line[n]):
		return e.reject(400, "white space in or after a field name") // RFC 9112 section 5.1
	default:
		return e.reject(400, "malformed field name")
	}
}

// noteField looks at the fields that decide framing and persistence or may not
// come twice.
func (e *Engine) noteField(name, value []byte) Verdict {
	switch len(name) {
	case len("host"):
		if exchange.EqualFold(name, "host") {
			return e.noteHost(value)
		}
	case len("expect"):
		if exchange.EqualFold(name, "expect") {
			if exchange.EqualFold(value, "100-continue") {
				e.request.expect = true
			} else {
				e.request.badExpect = true
			}
		}
	case len("connection"):
		if exchange.EqualFold(name, "connection") {
			e.noteConnection(value)
		}
	case len("content-type"):
		if exchange.EqualFold(name, "content-type") && !e.once(sawContentType) {
			return e.reject(400, "two Content-Type fields")
		}
	case len("content-length"):
		if exchange.EqualFold(name, "content-length") {
			return e.noteContentLength(value)
		}
	case len("transfer-encoding"):
		if exchange.EqualFold(name, "transfer-encoding") {
			return e.noteTransferEncoding(value)
		}
	}
	return OK
}

// once notes a field and tells whether it had not been there before.
func (e *Engine) once(field uint8) bool {
	first := e.request.seen&field == 0
	e.request.seen |= field
	return first
}

// noteHost takes the Host field. It is validated even where an absolute-form
// target replaces it (RFC 9112 section 3.2.2).
func (e *Engine) noteHost(value []byte) Verdict {
	if !e.once(sawHost) {
		return e.reject(400, "two Host fields")
	}
	if len(value) == 0 {
		return e.reject(400, "empty Host field")
	}
	if !validHost(value) {
		return e.reject(400, "malformed Host field")
	}
	if l := &e.head.line; l.host == l.hostEnd {
		s := e.head.spans[len(e.head.spans)-1]
		l.host, l.hostEnd = int(s.value), int(s.end)
	}
	return OK
}

// noteConnection looks for close and keep-alive in a list of options (RFC 9110
// section 7.6.1). There may be several such fields; they make one list.
func (e *Engine) noteConnection(value []byte) {
	for len(value) > 0 {
		option := value
		if i := bytes.IndexByte(value, ','); i >= 0 {
			option, value = value[:i], value[i+1:]
		} else {
			value = nil
		}
		switch option = trimOWS(option); {
		case exchange.EqualFold(option, "close"):
			e.request.close = true
		case exchange.EqualFold(option, "keep-alive"):
			e.request.keepAlive = true
		}
	}
}
