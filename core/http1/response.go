package http1

import (
	"strconv"
	"time"

	"modwsgi-express/core/exchange"
)

// bodyFraming is how the end of a response body is told.
type bodyFraming uint8

const (
	framingNone   bodyFraming = iota // no body follows the head
	framingLength                    // Content-Length
	framingChunked
	framingClose // the end of the connection
)

// responseState is where the response stands.
type responseState struct {
	framing   bodyFraming
	begun     bool // AppendHead was called
	ended     bool // AppendEnd was called, and the body was complete
	keep      bool // the head let the client send another request
	inChunk   bool // between BodyPrefix and BodySuffix
	remaining int64
}

// AppendHead appends the head of the response to the request that was parsed,
// chooses its framing (see the package comment) and decides whether the
// connection persists (RFC 9112 section 9.3). date is the text of a Date field,
// left out if h.Fields has one; so is server, or if it is empty. Framing and
// hop-by-hop fields among h.Fields are dropped: they are made here.
func (e *Engine) AppendHead(dst []byte, h *exchange.Head, date []byte, server string) []byte {
	dst = appendStatusLine(dst, h.Status, h.Reason)
	hasDate, hasServer := false, server == ""
	for i := range h.Fields {
		f := &h.Fields[i]
		switch ownField(f.Name) {
		case droppedField:
			continue
		case dateField:
			hasDate = true
		case serverField:
			hasServer = true
		}
		dst = append(dst, f.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, f.Value...)
		dst = append(dst, "\r\n"...)
	}
	if !hasDate {
		dst = append(dst, "Date: "...)
		dst = append(dst, date...)
		dst = append(dst, "\r\n"...)
	}
	if !hasServer {
		dst = appendField(dst, "Server", server)
	}
	dst = e.appendFraming(dst, h)
	dst = e.appendPersistence(dst, h.Close)
	return append(dst, "\r\n"...)
}

// appendFraming chooses the framing and appends its field.
func (e *Engine) appendFraming(dst []byte, h *exchange.Head) []byte {
	r := &e.response
	*r = responseState{begun: true}
	length := h.ContentLength
	switch {
	case h.Status == 204:
		return dst // neither, RFC 9110 section 8.6
	case h.Status == 205:
		length = 0 // no content, but it has to be said: RFC 9110 section 15.3.6
	case e.request.isHead || h.Status == 304:
		if length < 0 {
			return dst
		}
	case length >= 0:
		r.framing, r.remaining = framingLength, length
	case e.request.http10:
		r.framing = framingClose
		return dst
	default:
		r.framing = framingChunked
		return append(dst, "Transfer-Encoding: chunked\r\n"...)
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, length, 10)
	return append(dst, "\r\n"...)
}

// appendPersistence decides whether the connection persists and says so where the
// version's default is the other.
func (e *Engine) appendPersistence(dst []byte, close bool) []byte {
	q := &e.request
	keep := !close && !e.closing && !q.close && e.response.framing != framingClose &&
		(e.phase == inBody || e.phase == bodyDone) && (!q.http10 || q.keepAlive)
	e.response.keep = keep
	switch {
	case !keep:
		return append(dst, "Connection: close\r\n"...)
	case q.http10:
		return append(dst, "Connection: keep-alive\r\n"...)
	}
	return dst
}

// BodyPrefix says how many of the next n bytes of the body may be sent: not those
// beyond Content-Length, and none where there is no body. It appends what goes in
// front of them. If allow is not 0, [Engine.BodySuffix] has to follow the bytes.
func (e *Engine) BodyPrefix(dst []byte, n int64) (out []byte, allow int64) {
	r := &e.response
	switch r.framing {
	case framingLength:
		allow = min(n, r.remaining)
		r.remaining -= allow
		return dst, allow
	case framingChunked:
		if n <= 0 { // an empty chunk would be the last
			return dst, 0
		}
		r.inChunk = true
		dst = strconv.AppendInt(dst, n, 16)
		return append(dst, "\r\n"...), n
	case framingClose:
		return dst, n
	}
	return dst, 0
}

// BodySuffix appends what goes behind the bytes that BodyPrefix allowed.
func (e *Engine) BodySuffix(dst []byte) []byte {
	if !e.response.inChunk {
		return dst
	}
	e.response.inChunk = false
	return append(dst, "\r\n"...)
}

// AppendEnd ends the response. complete is false if fewer bytes came than were
// announced: nothing can be appended then that would not look like more of the
// body, and the connection has to be aborted.
func (e *Engine) AppendEnd(dst []byte) (out []byte, complete bool) {
	r := &e.response
	if r.ended {
		return dst, true
	}
	if !r.begun || r.inChunk || r.framing == framingLength && r.remaining > 0 {
		return dst, false
	}
	r.ended = true
	if r.framing == framingChunked {
		dst = append(dst, "0\r\n\r\n"...)
	}
	return dst, true
}

// Persist tells, after the response, whether the connection may carry another
// request: the response was complete and said so, and nothing was wrong with the
// request. What is unread of the request's body has to be read first, until
// BodyDone; then Reset.
func (e *Engine) Persist() bool {
	return e.response.ended && e.response.keep && !e.closing && (e.phase == inBody || e.phase == bodyDone)
}

// AppendContinue appends the interim response that asks for the body (RFC 9110
// section 15.2.1).
func AppendContinue(dst []byte) []byte {
	return append(dst, "HTTP/1.1 100 Continue\r\n\r\n"...)
}

// AppendDate appends t as the value of a Date field: an IMF-fixdate of 29 bytes
// (RFC 9110 section 5.6.7).
func AppendDate(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, "Mon, 02 Jan 2006 15:04:05 GMT")
}

// appendStatusLine appends HTTP-version SP status-code SP [reason] CRLF. The
// server's own version goes to every client (RFC 9110 section 6.2).
func appendStatusLine(dst []byte, status int, reason []byte) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	if len(reason) > 0 {
		dst = append(dst, reason...)
	} else {
		dst = append(dst, StatusText(status)...)
	}
	return append(dst, "\r\n"...)
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// ownedField tells the response fields apart that the engine has a say in.
type ownedField uint8

const (
	otherField ownedField = iota
	dateField
	serverField
	droppedField
)

// ownField classifies a response field by its name.
func ownField(name []byte) ownedField {
	drop := ""
	switch len(name) {
	case len("date"):
		if exchange.EqualFold(name, "date") {
			return dateField
		}
	case len("server"):
		if exchange.EqualFold(name, "server") {
			return serverField
		}
	case len("upgrade"):
		drop = "upgrade"
		if !exchange.EqualFold(name, drop) {
			drop = "trailer"
		}
	case len("connection"):
		drop = "connection"
		if !exchange.EqualFold(name, drop) {
			drop = "keep-alive"
		}
	case len("content-length"):
		drop = "content-length"
	case len("proxy-connection"):
		drop = "proxy-connection"
	case len("transfer-encoding"):
		drop = "transfer-encoding"
	}
	if drop != "" && exchange.EqualFold(name, drop) {
		return droppedField
	}
	return otherField
}
