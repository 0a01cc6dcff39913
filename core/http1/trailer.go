package http1

// trailerState is where the trailer section stands (RFC 9112 section 7.1.2). Its
// fields are validated like those of a head and dropped.
type trailerState struct {
	size int                           // bytes so far
	n    int                           // bytes of the field name so far
	name [longestForbiddenTrailer]byte // their lower case, as far as it goes
}

// trailerByte takes one byte of the trailer section. OK: it was the last.
func (e *Engine) trailerByte(c byte) Verdict {
	k := &e.body.chunk
	t := &k.trailer
	if t.size++; t.size > e.limits.TrailerSize {
		return e.reject(431, "trailer section too large")
	}
	switch k.step {
	case trailerLine:
		if c == '\r' {
			k.step = trailerEndLF
			return More
		}
		k.step, t.n = trailerName, 0
		return e.trailerNameByte(c)
	case trailerName:
		return e.trailerNameByte(c)
	case trailerValue:
		switch {
		case c == '\r':
			k.step = trailerLF
		case class[c]&badValueByte != 0:
			return e.reject(400, "control byte in a trailer field")
		}
	case trailerLF:
		if c != '\n' {
			return e.reject(400, "bare CR in a trailer field")
		}
		k.step = trailerLine
	default: // trailerEndLF
		if c != '\n' {
			return e.reject(400, "trailer section not ended by CRLF")
		}
		return OK
	}
	return More
}

func (e *Engine) trailerNameByte(c byte) Verdict {
	k := &e.body.chunk
	t := &k.trailer
	switch {
	case isToken(c):
		if t.n < len(t.name) {
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			t.name[t.n] = c
		}
		t.n++
	case c != ':' || t.n == 0:
		return e.reject(400, "malformed trailer field")
	case t.n <= len(t.name) && forbiddenTrailer(t.name[:t.n]):
		return e.reject(400, "trailer field that belongs into the head")
	default:
		k.step = trailerValue
	}
	return More
}

// longestForbiddenTrailer is the length of the longest name below.
const longestForbiddenTrailer = len("proxy-authentication-info")

// forbiddenTrailer tells whether a field, named in lower case, must not come in a
// trailer section: framing, routing, request modifiers, authentication and
// content description (RFC 9110 section 6.5.1). Somebody behind the server might
// merge it into the head.
func forbiddenTrailer(name []byte) bool {
	switch string(name) {
	case "content-length", "transfer-encoding", "trailer", "te",
		"connection", "keep-alive", "proxy-connection", "upgrade", "host", "forwarded",
		"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
		"cache-control", "expect", "max-forwards", "pragma", "range",
		"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range",
		"authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate",
		"authentication-info", "proxy-authentication-info", "cookie", "set-cookie",
		"content-encoding", "content-type", "content-range", "content-location":
		return true
	}
	return false
}
