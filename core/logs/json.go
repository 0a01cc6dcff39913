package logs

import (
	"strconv"
	"unicode/utf8"
)

// AppendJSONText appends s to a JSON string (RFC 8259 section 7), without the
// quotes around it. Beyond what JSON demands, characters that do not print are
// escaped, so that a line is safe to look at; bytes that are not UTF-8, which JSON
// cannot hold, become U+FFFD.
func AppendJSONText[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f || c == '"' || c == '\\' {
				dst = append(dst, s[start:i]...)
				dst = appendJSONByte(dst, c)
				start = i + 1
			}
			i++
			continue
		}
		r, size := decode(s[i:])
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

// printableJSON returns the JSON text line so that it is safe to look at. What
// does not print can only stand in a string there, where an escape means the same.
func printableJSON(line []byte) []byte {
	if plain(line[:len(line)-1]) {
		return line
	}
	out := make([]byte, 0, len(line)+64)
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r == '\n' && i == len(line)-1 || strconv.IsPrint(r) && !(r == utf8.RuneError && size == 1) {
			out = append(out, line[i:i+size]...)
		} else {
			out = appendJSONRune(out, r)
		}
		i += size
	}
	return out
}
