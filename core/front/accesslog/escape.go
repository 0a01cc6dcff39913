package accesslog

import (
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// verbatim are the bytes that a text line can hold as they are: what prints in
// ASCII, except the quote and the backslash (the rule of Apache's log items).
var verbatim = func() (t [256]bool) {
	for c := ' '; c <= '~'; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendText appends s to a line of text: \" and \\, \b \n \r \t \v, and \xhh for
// each other byte that is not printing ASCII. So the output is ASCII, on one line,
// and cannot end a quoted item.
func appendText[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if verbatim[c] {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\v':
			dst = append(dst, '\\', 'v')
		default:
			dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(dst, s[start:]...)
}

// appendJSONText appends s to a JSON string (RFC 8259 section 7), without the
// quotes around it. Beyond what JSON demands, characters that do not print are
// escaped, so that a line is safe to look at; bytes that are not UTF-8, which JSON
// cannot hold, become U+FFFD.
func appendJSONText[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if !verbatim[c] {
				dst = append(dst, s[start:i]...)
				dst = appendJSONByte(dst, c)
				start = i + 1
			}
			i++
			continue
		}
		var r rune
		var size int
		switch b := any(s).(type) {
		case string:
			r, size = utf8.DecodeRuneInString(b[i:])
		case []byte:
			r, size = utf8.DecodeRune(b[i:])
		}
		if r == utf8.RuneError && size == 1 || !strconv.IsPrint(r) {
			dst = append(dst, s[start:i]...)
			dst = appendJSONRune(dst, r)
			start = i + size
		}
		i += size
	}
	return append(dst, s[start:]...)
}

func appendJSONByte(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return appendJSONUnit(dst, uint16(c))
	}
}

// appendJSONRune appends r as one \uXXXX, or two beyond the basic plane.
func appendJSONRune(dst []byte, r rune) []byte {
	if r < 0x10000 {
		return appendJSONUnit(dst, uint16(r))
	}
	r -= 0x10000
	dst = appendJSONUnit(dst, uint16(0xd800+r>>10))
	return appendJSONUnit(dst, uint16(0xdc00+r&0x3ff))
}

func appendJSONUnit(dst []byte, u uint16) []byte {
	return append(dst, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}
