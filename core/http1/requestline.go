package http1

import "modwsgi-express/core/exchange"

// requestLine is where the parts of a request line lie, relative to the start of
// the request.
type requestLine struct {
	start, methodEnd  int
	target, targetEnd int
	path, pathEnd     int // path == pathEnd: the target has none, see asterisk
	host, hostEnd     int // authority of an absolute-form, else host == hostEnd
	hasQuery, https   bool
	asterisk, escaped bool // target stands for "*"; the path has a "%"
	minor             uint8
}

// versionSize is the size of the end of a request line, " HTTP/1.1".
const versionSize = 9

// parseRequestLine parses method SP request-target SP HTTP-version (RFC 9112
// section 3): single spaces, nothing lenient. start is the line's offset.
func (e *Engine) parseRequestLine(line []byte, start int) Verdict {
	m := 0
	for m < len(line) && isToken(line[m]) {
		m++
	}
	if m == 0 || m == len(line) || line[m] != ' ' {
		return e.reject(400, "malformed method in the request line")
	}
	e.request.isHead = string(line[:m]) == "HEAD" // at once: a refusal has no body then either
	v := len(line) - versionSize
	if v <= m+1 {
		return e.reject(400, "request line without target or version")
	}
	tail := line[v:]
	if string(tail[:6]) != " HTTP/" || !isDigit(tail[6]) || tail[7] != '.' || !isDigit(tail[8]) {
		return e.reject(400, "malformed version in the request line")
	}
	if tail[6] != '1' {
		return e.reject(505, "HTTP version not supported")
	}
	method, target := line[:m], line[m+1:v]
	l := &e.head.line
	l.start, l.methodEnd = start, start+m
	l.target, l.targetEnd = start+m+1, start+v
	l.minor = tail[8] - '0'
	e.request.http10 = l.minor == 0
	if string(method) == "CONNECT" {
		return e.reject(501, "CONNECT is not implemented")
	}
	return e.parseTarget(target, string(method) == "OPTIONS")
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Targets without a path of their own.
var (
	rootPath = []byte("/")
	asterisk = []byte("*")
)

// fillTarget makes views of what the request line holds.
func (e *Engine) fillTarget(buf []byte, req *exchange.Request) {
	l := &e.head.line
	req.Method = buf[l.start:l.methodEnd:l.methodEnd]
	req.Target = buf[l.target:l.targetEnd:l.targetEnd]
	switch {
	case l.asterisk:
		req.RawPath, req.Path = asterisk, asterisk
	case l.path == l.pathEnd:
		req.RawPath, req.Path = rootPath, rootPath
	default:
		req.RawPath = buf[l.path:l.pathEnd:l.pathEnd]
		req.Path = req.RawPath
	}
	if l.escaped {
		req.Path = e.head.scratch
	}
	req.Query, req.HasQuery = nil, l.hasQuery
	if l.hasQuery {
		req.Query = buf[l.pathEnd+1 : l.targetEnd : l.targetEnd]
	}
	req.Host = nil
	if l.host < l.hostEnd {
		req.Host = buf[l.host:l.hostEnd:l.hostEnd]
	}
	req.AbsoluteHTTPS = l.https
	req.Major, req.Minor = 1, int(l.minor)
}
