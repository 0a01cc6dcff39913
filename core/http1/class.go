package http1

import "encoding/binary"

// Classes of bytes. Those with "bad" in the name are the complement of what the
// grammar allows, so that the classes of all bytes of a string can be collected
// with OR and tested once.
const (
	tokenByte uint8 = 1 << iota // tchar (RFC 9110 section 5.6.2)
	hexByte
	hostByte      // letters, digits, "-", "_", "~": a label of a host name
	badTargetByte // not allowed anywhere in a request-target
	percentByte   // "%"
	dotByte       // "."
	badValueByte  // CTL except HTAB (RFC 9110 section 5.5)
)

var class = classes()

func classes() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		alnum := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if alnum {
			t[i] |= tokenByte | hostByte
		}
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' {
			t[i] |= hexByte
		}
		// Of the visible characters RFC 3986 forbids more than "#" (fragments are
		// never sent: RFC 9112 section 3.2), but browsers leave "|" or "[" as they
		// are, and to every server they are just characters.
		if c <= ' ' || c >= 0x7f || c == '#' {
			t[i] |= badTargetByte
		}
		if c < ' ' && c != '\t' || c == 0x7f {
			t[i] |= badValueByte
		}
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		t[c] |= tokenByte
	}
	for _, c := range []byte("-_~") {
		t[c] |= hostByte
	}
	t['%'] |= percentByte
	t['.'] |= dotByte
	return t
}

func isToken(c byte) bool { return class[c]&tokenByte != 0 }
func isOWS(c byte) bool   { return c == ' ' || c == '\t' }

// allTokens tells whether b holds nothing but tchars.
func allTokens(b []byte) bool {
	for _, c := range b {
		if !isToken(c) {
			return false
		}
	}
	return true
}

// trimOWS cuts optional white space off both ends (RFC 9110 section 5.6.3).
func trimOWS(b []byte) []byte {
	for len(b) > 0 && isOWS(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isOWS(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// validValue tells whether a field value has no control byte but HTAB. Eight
// bytes are looked at together; a group in which something may be wrong (or a
// HTAB is) is looked at byte by byte.
func validValue(b []byte) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for len(b) >= 8 {
		x := binary.LittleEndian.Uint64(b)
		del := x ^ ones*0x7f
		// The borrow of a subtraction reaches a byte only from a hit below it.
		if ((x-ones*0x20)&^x|(del-ones)&^del)&highs != 0 && !validBytes(b[:8]) {
			return false
		}
		b = b[8:]
	}
	return validBytes(b)
}

func validBytes(b []byte) bool {
	var all uint8
	for _, c := range b {
		all |= class[c]
	}
	return all&badValueByte == 0
}
