package http1

import "bytes"

// validHost tells whether b is host [":" port] (RFC 9110 section 7.2), not empty.
// Of what RFC 3986 allows in a reg-name only the characters of real host names
// are taken: names are compared, logged and put into redirects.
func validHost(b []byte) bool {
	if len(b) > 0 && b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		return end > 0 && validIPv6(b[1:end]) && validPort(b[end+1:])
	}
	label := 0 // bytes in the label so far
	for i, c := range b {
		switch {
		case class[c]&hostByte != 0:
			label++
		case c == '.' && label > 0: // no empty label, but one dot may end the name
			label = 0
		case c == ':' && i > 0:
			return validPort(b[i:])
		default:
			return false
		}
	}
	return len(b) > 0
}

// validPort tells whether b is empty or ":" with a port number or nothing.
func validPort(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if b[0] != ':' || len(b) > len(":65535") {
		return false
	}
	port := 0
	for _, c := range b[1:] {
		if !isDigit(c) {
			return false
		}
		port = port*10 + int(c-'0')
	}
	return port <= 65535
}

// validIPv6 tells whether b is an IPv6address (RFC 3986 section 3.2.2): eight
// groups, or fewer and one "::"; the last two may be an IPv4 address. No zone.
func validIPv6(b []byte) bool {
	groups, compressed := 0, false
	if bytes.HasPrefix(b, []byte("::")) {
		compressed = true
		b = b[2:]
	}
	for len(b) > 0 {
		n := 0
		for n < len(b) && class[b[n]]&hexByte != 0 {
			n++
		}
		if n < len(b) && b[n] == '.' {
			if !validIPv4(b) {
				return false
			}
			groups += 2
			break
		}
		if n == 0 || n > 4 {
			return false
		}
		groups++
		if b = b[n:]; len(b) == 0 {
			break
		}
		if b[0] != ':' || len(b) == 1 {
			return false
		}
		if b = b[1:]; b[0] == ':' {
			if compressed {
				return false
			}
			compressed = true
			b = b[1:]
		}
	}
	if compressed {
		return groups < 8
	}
	return groups == 8
}

// validIPv4 tells whether b is four decimal numbers up to 255 without leading
// zeros.
func validIPv4(b []byte) bool {
	for part := 0; ; part++ {
		n, v := 0, 0
		for n < len(b) && n < 4 && isDigit(b[n]) {
			v = v*10 + int(b[n]-'0')
			n++
		}
		if n == 0 || n > 3 || v > 255 || n > 1 && b[0] == '0' {
			return false
		}
		b = b[n:]
		if part == 3 {
			return len(b) == 0
		}
		if len(b) == 0 || b[0] != '.' {
			return false
		}
		b = b[1:]
	}
}
