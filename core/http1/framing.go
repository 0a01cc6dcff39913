package http1

import (
	"bytes"

	"modwsgi-express/core/exchange"
)

// transferCoding is what a Transfer-Encoding field asks for.
type transferCoding uint8

const (
	teNone      transferCoding = iota
	teChunked                  // exactly "chunked", in any case
	teOther                    // a list of codings, none or not only "chunked"
	teMalformed                // no such list, or "chunked" in disguise
)

// maxLengthDigits keeps a Content-Length within int64 without a test for
// overflow.
const maxLengthDigits = 18

// noteContentLength takes a Content-Length: digits only, and only once. RFC 9112
// section 6.3 lets equal values pass; they are a sign of trouble between two
// parsers, and no client sends them.
func (e *Engine) noteContentLength(value []byte) Verdict {
	if !e.once(sawContentLength) {
		return e.reject(400, "two Content-Length fields")
	}
	if len(value) == 0 || len(value) > maxLengthDigits {
		return e.reject(400, "malformed Content-Length")
	}
	var n int64
	for _, c := range value {
		if !isDigit(c) {
			return e.reject(400, "malformed Content-Length")
		}
		n = n*10 + int64(c-'0')
	}
	e.request.length = n
	return OK
}

// noteTransferEncoding takes a Transfer-Encoding. What it means for the request
// is decided at the end of the head, where the other framing fields are known.
func (e *Engine) noteTransferEncoding(value []byte) Verdict {
	if !e.once(sawTransferEncoding) {
		return e.reject(400, "two Transfer-Encoding fields")
	}
	e.request.te = codingOf(value)
	return OK
}

// codingOf classifies a Transfer-Encoding value. Anything that another parser
// might take for "chunked" and that is not, or the other way round, is malformed
// and not merely unknown.
func codingOf(value []byte) transferCoding {
	if exchange.EqualFold(value, "chunked") {
		return teChunked
	}
	if len(value) == 0 {
		return teMalformed
	}
	list := bytes.IndexByte(value, ',') >= 0
	for rest := value; len(rest) > 0; {
		coding := rest
		if i := bytes.IndexByte(rest, ','); i >= 0 {
			coding, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if coding = trimOWS(coding); len(coding) > 0 && !allTokens(coding) {
			return teMalformed
		}
		if !list && containsChunked(coding) {
			return teMalformed
		}
	}
	return teOther
}

func containsChunked(b []byte) bool {
	const name = "chunked"
	for i := 0; i+len(name) <= len(b); i++ {
		if exchange.EqualFold(b[i:i+len(name)], name) {
			return true
		}
	}
	return false
}

// finishHead decides what can be decided only with all fields at hand.
func (e *Engine) finishHead() Verdict {
	r := &e.request
	if r.seen&sawHost == 0 && !r.http10 {
		return e.reject(400, "HTTP/1.1 request without Host") // RFC 9112 section 3.2
	}
	if v := e.finishFraming(); v != OK {
		return v
	}
	if r.badExpect && !r.http10 {
		return e.reject(417, "unknown expectation")
	}
	return OK
}

// finishFraming chooses how the body is delimited (RFC 9112 section 6.3).
func (e *Engine) finishFraming() Verdict {
	r := &e.request
	if r.te == teNone {
		if r.length > 0 {
			e.phase, e.body.remaining = inBody, r.length
		} else {
			e.phase = bodyDone
		}
		return OK
	}
	switch {
	case r.http10:
		return e.reject(400, "Transfer-Encoding on HTTP/1.0")
	case r.seen&sawContentLength != 0:
		return e.reject(400, "Transfer-Encoding and Content-Length")
	case r.te == teMalformed:
		return e.reject(400, "malformed Transfer-Encoding")
	case r.te == teOther:
		return e.reject(501, "transfer coding not implemented")
	}
	e.phase, e.body.chunked = inBody, true
	return OK
}
