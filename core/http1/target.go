package http1

import (
	"bytes"

	"modwsgi-express/core/exchange"
)

// parseTarget tells the forms of a request-target apart (RFC 9112 section 3.2).
// The authority-form belongs to CONNECT, which never gets here.
func (e *Engine) parseTarget(target []byte, options bool) Verdict {
	l := &e.head.line
	switch {
	case target[0] == '/':
		return e.parsePath(target, l.target)
	case len(target) == 1 && target[0] == '*':
		if !options {
			return e.reject(400, "target * with a method other than OPTIONS")
		}
		l.asterisk = true
		return OK
	}
	scheme := schemeSize(target)
	if scheme == 0 {
		return e.reject(400, "request target is neither a path nor an http URI")
	}
	l.https = scheme == len("https://")
	rest := target[scheme:]
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	// userinfo is refused with everything else that is no host (RFC 9110 section
	// 4.2.4).
	if !validHost(rest[:end]) {
		return e.reject(400, "malformed authority in the request target")
	}
	l.host = l.target + scheme
	l.hostEnd = l.host + end
	if end == len(rest) && options {
		l.asterisk = true // RFC 9112 section 3.2.4
		return OK
	}
	return e.parsePath(rest[end:], l.hostEnd)
}

// schemeSize returns the size of "http://" or "https://" at the start of target,
// in any case, or 0.
func schemeSize(target []byte) int {
	for _, s := range [...]string{"http://", "https://"} {
		if len(target) >= len(s) && exchange.EqualFold(target[:len(s)], s) {
			return len(s)
		}
	}
	return 0
}

// parsePath validates the path and query in b, which lies at offset at, and
// decodes the path. The path is empty only in absolute-form.
func (e *Engine) parsePath(b []byte, at int) Verdict {
	l := &e.head.line
	var all uint8
	n := 0
	for n < len(b) && b[n] != '?' {
		all |= class[b[n]]
		n++
	}
	l.path, l.pathEnd = at, at+n
	path := b[:n]
	if n < len(b) {
		l.hasQuery = true
		for _, c := range b[n+1:] {
			all |= class[c] & badTargetByte
		}
	}
	if all&badTargetByte != 0 {
		return e.reject(400, "byte in the request target that must be percent-encoded")
	}
	if all&percentByte != 0 {
		var ok bool
		if e.head.scratch, ok = appendDecoded(e.head.scratch[:0], path); !ok {
			return e.reject(400, "malformed percent-encoding in the path")
		}
		l.escaped = true
		path = e.head.scratch
		if bytes.IndexByte(path, 0) >= 0 {
			return e.reject(400, "NUL in the path")
		}
	}
	if all&(dotByte|percentByte) != 0 && leavesRoot(path) {
		return e.reject(400, "path leaves the root")
	}
	return OK
}

// appendDecoded appends path with every %XX replaced by its byte, once.
func appendDecoded(dst, path []byte) ([]byte, bool) {
	for {
		i := bytes.IndexByte(path, '%')
		if i < 0 {
			return append(dst, path...), true
		}
		if len(path) < i+3 || class[path[i+1]]&class[path[i+2]]&hexByte == 0 {
			return dst, false
		}
		dst = append(dst, path[:i]...)
		dst = append(dst, unhex(path[i+1])<<4|unhex(path[i+2]))
		path = path[i+3:]
	}
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

// leavesRoot tells whether the dot segments of a decoded path climb above "/" at
// any point. Empty segments count as a file system counts them: not at all.
func leavesRoot(path []byte) bool {
	depth := 0
	for len(path) > 0 {
		segment := path
		if i := bytes.IndexByte(path, '/'); i >= 0 {
			segment, path = path[:i], path[i+1:]
		} else {
			path = nil
		}
		switch string(segment) {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}
