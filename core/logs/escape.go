package logs

import (
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// decode returns the first character of s.
func decode[T string | []byte](s T) (rune, int) {
	var b [utf8.UTFMax]byte
	return utf8.DecodeRune(b[:copy(b[:], s)])
}

// plain tells whether s can stand in the console as it is.
func plain[T string | []byte](s T) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := decode(s[i:])
		if r == utf8.RuneError && size == 1 || !strconv.IsPrint(r) {
			return false
		}
		i += size
	}
	return true
}

// appendEscaped appends s so that it is one line that prints as it reads: what
// does not print comes as an escape of Go's syntax. Quotes and backslashes are
// escaped only if quoted, where they would be ambiguous.
func appendEscaped(dst []byte, s string, quoted bool) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = appendHexByte(dst, s[i])
		case quoted && (r == '"' || r == '\\'):
			dst = append(dst, '\\', byte(r))
		case strconv.IsPrint(r):
			dst = append(dst, s[i:i+size]...)
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r < utf8.RuneSelf:
			dst = appendHexByte(dst, byte(r))
		default:
			dst = append(dst, `\u{`...)
			dst = strconv.AppendUint(dst, uint64(r), 16)
			dst = append(dst, '}')
		}
		i += size
	}
	return dst
}

func appendHexByte(dst []byte, c byte) []byte {
	return append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
}

// appendValue appends the value of a field, in quotes if it has to have them.
func appendValue(dst []byte, s string) []byte {
	if bare(s) {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	dst = appendEscaped(dst, s, true)
	return append(dst, '"')
}

// bare tells whether a value can do without quotes.
func bare(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == ' ' || c == '"' || c == '=' {
			return false
		}
	}
	return s != "" && plain(s)
}
