package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"modwsgi-express/core/exchange"
)

// maxResponseFields bounds the header fields of one response.
const maxResponseFields = 1000

// ParseHead reads the head block of a worker, "status\nname\nvalue\n…" (see
// core/lane), into h, whose Fields are reused and become views into block. It
// refuses whatever could split or confuse a response: control characters, names
// that are no tokens, a status that is not final, a length that is none or comes
// twice, and the fields with which an application would take over the framing
// (PEP 3333, "hop-by-hop"). Connection is taken out: close in it is obeyed.
func ParseHead(block []byte, h *exchange.Head) error {
	status, rest, more := bytes.Cut(block, newline)
	if err := parseStatus(status, h); err != nil {
		return err
	}
	h.Fields, h.ContentLength, h.Close = h.Fields[:0], -1, false
	for more {
		var name, value []byte
		var ok bool
		name, rest, ok = bytes.Cut(rest, newline)
		if !ok {
			return fmt.Errorf("response field %q has no value", clip(name))
		}
		value, rest, more = bytes.Cut(rest, newline)
		if err := addField(h, name, value); err != nil {
			return err
		}
	}
	return nil
}

var newline = []byte("\n")

func parseStatus(s []byte, h *exchange.Head) error {
	if len(s) < 4 || s[3] != ' ' || !digits(s[:3]) {
		return fmt.Errorf("response status %q is not three digits, a space and a reason", clip(s))
	}
	h.Status = int(s[0]-'0')*100 + int(s[1]-'0')*10 + int(s[2]-'0')
	if h.Status < 200 || h.Status > 599 {
		return fmt.Errorf("response status %d is not a final one", h.Status)
	}
	h.Reason = s[4:]
	if !clean(h.Reason) {
		return fmt.Errorf("response status %q has a control character", clip(s))
	}
	return nil
}

func addField(h *exchange.Head, name, value []byte) error {
	switch {
	case !token(name):
		return fmt.Errorf("response field name %q is not a token", clip(name))
	case !clean(value):
		return fmt.Errorf("response field %s: value %q has a control character", name, clip(value))
	case len(h.Fields) >= maxResponseFields:
		return fmt.Errorf("response has more than %d fields", maxResponseFields)
	}
	value = bytes.Trim(value, " ")
	switch {
	case exchange.EqualFold(name, "content-length"):
		if h.ContentLength >= 0 {
			return errors.New("response has two Content-Length fields")
		}
		if !digits(value) || len(value) > 18 {
			return fmt.Errorf("response Content-Length %q is not a length", clip(value))
		}
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil {
			return fmt.Errorf("response Content-Length: %w", err)
		}
		h.ContentLength = n
		return nil
	case exchange.EqualFold(name, "connection"):
		h.Close = h.Close || hasToken(value, "close")
		return nil
	case hopByHop(name):
		return fmt.Errorf("response field %s is the server's to send", name)
	}
	h.Fields = append(h.Fields, exchange.Field{Name: name, Value: value})
	return nil
}

// hopByHop names the fields by which a response would change its own framing or
// connection (RFC 9110 section 7.6.1).
func hopByHop(name []byte) bool {
	for _, h := range [...]string{"transfer-encoding", "keep-alive", "te", "trailer", "trailers", "upgrade", "proxy-connection"} {
		if exchange.EqualFold(name, h) {
			return true
		}
	}
	return false
}

func hasToken(list []byte, want string) bool {
	for part := range bytes.SplitSeq(list, []byte(",")) {
		if exchange.EqualFold(bytes.Trim(part, " \t"), want) {
			return true
		}
	}
	return false
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// clean tells whether b may stand in a status or a field value: no control
// characters, tab included (PEP 3333 is stricter here than HTTP).
func clean(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7F {
			return false
		}
	}
	return true
}

// token tells whether b is a token (RFC 9110 section 5.6.2).
func token(b []byte) bool {
	for _, c := range b {
		if !tokenByte[c] {
			return false
		}
	}
	return len(b) > 0
}

var tokenByte = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c], t[c+32] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()

// clip keeps what a worker sent short in an error.
func clip(b []byte) []byte { return b[:min(len(b), 80)] }
