package gateway

import (
	"encoding/binary"

	"modwsgi-express/core/exchange"
)

// appendFields appends the HTTP_ keys. The rules (reliability table 3.2; what
// nginx and Apache do):
//
//   - A name with anything but letters, digits and "-" is dropped: X_Foo and
//     X-Foo would become one key, and the client could choose the winner.
//   - Proxy is dropped (httpoxy), Transfer-Encoding too: the body is decoded.
//   - Content-Type and Content-Length have keys of their own.
//   - HTTP_HOST is the host that the client meant: that of an absolute-form target
//     stands above the Host field (RFC 9112 section 3.2.2).
//   - Repeated fields are joined with ", ", Cookie with "; " (RFC 9113 section
//     8.2.3: that is what cookie parsers expect).
func (e *Environ) appendFields(dst []byte, x *exchange.Exchange) []byte {
	fields := x.Request.Fields
	if h := x.Request.Host; len(h) > 0 {
		dst = appendText(appendKey(dst, "HTTP_HOST"), h)
	}
	for i := range fields {
		f := &fields[i]
		switch fieldRule(f.Name) {
		case drop:
			continue
		case contentType:
			dst = appendText(appendKey(dst, "CONTENT_TYPE"), f.Value)
			continue
		case host:
			continue
		}
		if repeats(fields[:i], f.Name) {
			continue // was joined to the first of them
		}
		if i := len("HTTP_") + len(f.Name); i < 256 {
			dst = append(dst, 'Z', byte(i))
		} else {
			dst = append(dst, 'a')
			dst = binary.LittleEndian.AppendUint32(dst, uint32(i))
		}
		dst = append(dst, "HTTP_"...)
		for _, c := range f.Name {
			dst = append(dst, environByte[c])
		}
		dst = appendJoined(dst, fields[i:])
	}
	return dst
}

// Dropped counts the request's fields that no environ key can stand for, so that
// somebody who misses one can be told why.
func Dropped(fields []exchange.Field) (n int, first []byte) {
	for i := range fields {
		if !legal(fields[i].Name) {
			if n == 0 {
				first = fields[i].Name
			}
			n++
		}
	}
	return n, first
}

type rule uint8

const (
	keep rule = iota
	drop
	contentType
	host
)

func fieldRule(name []byte) rule {
	switch len(name) {
	case 4:
		if exchange.EqualFold(name, "host") {
			return host
		}
	case 5:
		if exchange.EqualFold(name, "proxy") {
			return drop
		}
	case 12:
		if exchange.EqualFold(name, "content-type") {
			return contentType
		}
	case 14:
		if exchange.EqualFold(name, "content-length") {
			return drop // CONTENT_LENGTH says the decoded length
		}
	case 17:
		if exchange.EqualFold(name, "transfer-encoding") {
			return drop
		}
	}
	if !legal(name) {
		return drop
	}
	return keep
}

// legal tells whether a field name can become an environ key that stands for
// this name only.
func legal(name []byte) bool {
	for _, c := range name {
		if environByte[c] == 0 {
			return false
		}
	}
	return true
}

// environByte maps the bytes of legal names to those of environ keys.
var environByte = func() (t [256]byte) {
	for c := '0'; c <= '9'; c++ {
		t[c] = byte(c)
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c], t[c+32] = byte(c), byte(c)
	}
	t['-'] = '_'
	return t
}()

func repeats(before []exchange.Field, name []byte) bool {
	for i := range before {
		if sameName(before[i].Name, name) {
			return true
		}
	}
	return false
}

func sameName(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && environByte[a[i]] != environByte[b[i]] {
			return false
		}
	}
	return true
}

// appendJoined appends the value of fields[0] together with those of the same name.
func appendJoined(dst []byte, fields []exchange.Field) []byte {
	name, more := fields[0].Name, false
	for i := 1; i < len(fields) && !more; i++ {
		more = sameName(name, fields[i].Name)
	}
	if !more {
		return appendText(dst, fields[0].Value)
	}
	sep := ", "
	if exchange.EqualFold(name, "cookie") {
		sep = "; "
	}
	var joined []byte
	for i := range fields {
		if i > 0 && !sameName(name, fields[i].Name) {
			continue
		}
		if i > 0 {
			joined = append(joined, sep...)
		}
		joined = append(joined, fields[i].Value...)
	}
	return appendText(dst, joined)
}
