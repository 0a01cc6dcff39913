package http1_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/core/http1"
)

const tchars = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// sweep puts every byte into the place of the "?" of a request and hands the
// outcome to check. Each request is also fed byte by byte.
func sweep(t *testing.T, request string, check func(t *testing.T, c byte, got outcome)) {
	t.Helper()
	limits := http1.DefaultLimits()
	before, after, ok := strings.Cut(request, "?")
	if !ok {
		t.Fatal("no place for the byte")
	}
	for i := range 256 {
		c := byte(i)
		raw := append(append([]byte(before), c), after+follower...)
		got := drive(&limits, raw)
		if slow := drive(&limits, byByte(raw)...); slow.String() != got.String() {
			t.Errorf("byte %#02x in %q: byte by byte:\n%s\nwhole:\n%s", c, request, slow, got)
		}
		check(t, c, got)
		if strings.HasPrefix(got.end, "reject") && len(got.requests) > 0 {
			if p := got.requests[len(got.requests)-1]; string(p.req.Path) == "/pipelined" {
				t.Errorf("byte %#02x in %q: the request behind a refused one was seen", c, request)
			}
		}
	}
}

// only says that the bytes of ok are accepted, and all others refused with one of
// the statuses.
func only(ok string, statuses ...int) func(*testing.T, byte, outcome) {
	return func(t *testing.T, c byte, got outcome) {
		t.Helper()
		if strings.IndexByte(ok, c) >= 0 {
			if got.end != "idle" {
				t.Errorf("byte %#02x: %s, want it accepted", c, got.end)
			}
			return
		}
		for _, s := range statuses {
			if got.end == fmt.Sprint("reject ", s) {
				return
			}
		}
		t.Errorf("byte %#02x: %s, want a refusal with %v", c, got.end, statuses)
	}
}

// Around "chunked" only optional white space leaves it what it is.
func TestTransferEncodingSweep(t *testing.T) {
	const body = "\r\n5\r\nhello\r\n0\r\n\r\n"
	const head = "POST / HTTP/1.1\r\nHost: a\r\n"
	chunked := func(t *testing.T, c byte, got outcome) {
		t.Helper()
		if c == ' ' || c == '\t' {
			if got.end != "idle" || string(got.requests[0].body) != "hello" {
				t.Errorf("byte %#02x: %s", c, got)
			}
			return
		}
		want := "reject 400"
		if c == ',' {
			want = "reject 501" // a list with an empty element
		}
		if got.end != want || len(got.requests) > 0 {
			t.Errorf("byte %#02x: %s, want %s", c, got, want)
		}
	}
	for _, te := range []string{
		"Transfer-Encoding:?chunked\r\n",
		"Transfer-Encoding: ?chunked\r\n",
		"Transfer-Encoding: chunked?\r\n",
		"Transfer-Encoding: chunked ?\r\n",
		"Transfer-Encoding: ?\tchunked\r\n",
	} {
		t.Run(te, func(t *testing.T) {
			sweep(t, head+te+body, chunked)
		})
	}
	// In the middle of the value nothing is.
	sweep(t, head+"Transfer-Encoding: chun?ked\r\n"+body, func(t *testing.T, c byte, got outcome) {
		want := "reject 400"
		if isTchar(c) || c == ',' {
			want = "reject 501" // another coding
		}
		if got.end != want {
			t.Errorf("byte %#02x: %s, want %s", c, got, want)
		}
	})
	// In the name another token makes another field, and everything else is refused.
	for _, name := range []string{"?Transfer-Encoding", "Transfer-Encoding?", "Transfer?-Encoding"} {
		t.Run(name, func(t *testing.T) {
			sweep(t, head+name+": chunked\r\n\r\n", func(t *testing.T, c byte, got outcome) {
				if isTchar(c) || c == ':' && name == "Transfer?-Encoding" {
					if got.end != "idle" || got.requests[0].req.Chunked {
						t.Errorf("byte %#02x: %s, want another field", c, got)
					}
					return
				}
				if got.end != "reject 400" {
					t.Errorf("byte %#02x: %s, want reject 400", c, got)
				}
			})
		})
	}
}

// value returns the bytes that a field value may hold (RFC 9110 section 5.5).
func value() string {
	b := []byte("\t ")
	for c := '!'; c < 0x7f; c++ {
		b = append(b, byte(c))
	}
	for c := 0x80; c < 0x100; c++ {
		b = append(b, byte(c))
	}
	return string(b)
}

func isTchar(c byte) bool { return strings.IndexByte(tchars, c) >= 0 }

// Every byte in the places where a grammar decides.
func TestByteSweep(t *testing.T) {
	visible := ""
	for c := byte('!'); c < 0x7f; c++ {
		if c != '#' {
			visible += string(rune(c))
		}
	}
	field := value()
	tests := []struct {
		name, request string
		check         func(*testing.T, byte, outcome)
	}{
		{"method", "GE?T / HTTP/1.1\r\nHost: a\r\n\r\n", only(tchars, 400)},
		{"method, first byte", "?GET / HTTP/1.1\r\nHost: a\r\n\r\n", only(tchars, 400)},
		{"path", "GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n", only(strings.ReplaceAll(visible, "%", ""), 400)},
		{"major version", "GET / HTTP/?.1\r\nHost: a\r\n\r\n", func(t *testing.T, c byte, got outcome) {
			if '0' <= c && c <= '9' && c != '1' {
				only("", 505)(t, c, got)
				return
			}
			only("1", 400)(t, c, got)
		}},
		{"separator of the version", "GET / HTTP/1?1\r\nHost: a\r\n\r\n", only(".", 400)},
		{"before the version", "GET /?HTTP/1.1\r\nHost: a\r\n\r\n", only(" ", 400)},
		{"behind the version", "GET / HTTP/1.1?\r\nHost: a\r\n\r\n", only("", 400)},
		{"CR of the request line", "GET / HTTP/1.1?\nHost: a\r\n\r\n", only("\r", 400)},
		{"LF of the request line", "GET / HTTP/1.1\r?Host: a\r\n\r\n", only("\n", 400)},
		{"field name", "GET / HTTP/1.1\r\nHost: a\r\nA?B: c\r\n\r\n", func(t *testing.T, c byte, got outcome) {
			only(tchars+":", 400)(t, c, got)
		}},
		{"field value", "GET / HTTP/1.1\r\nHost: a\r\nA: b?c\r\n\r\n", only(field, 400)},
		{"field value, alone", "GET / HTTP/1.1\r\nHost: a\r\nA:?\r\n\r\n", only(field, 400)},
		{"long field value", "GET / HTTP/1.1\r\nHost: a\r\nA: 0123456?890123456789\r\n\r\n", only(field, 400)},
		{"field value behind a tab", "GET / HTTP/1.1\r\nHost: a\r\nA: 01234\t?7890123456\r\n\r\n", only(field, 400)},
		{"CR of the head's end", "GET / HTTP/1.1\r\nHost: a\r\n?\n", only("\r", 400)},
		{"Host", "GET / HTTP/1.1\r\nHost: a?1\r\n\r\n", only("-._~:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 400)},
		{"authority", "GET http://a?1 HTTP/1.1\r\nHost: a\r\n\r\n", only("-._~:/?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 400)},
		{"port", "GET / HTTP/1.1\r\nHost: a:8?1\r\n\r\n", only("0123456789", 400)},
		{"IPv6", "GET / HTTP/1.1\r\nHost: [1:?::2]\r\n\r\n", only("0123456789abcdefABCDEF", 400)},
		{"Content-Length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0?0\r\n\r\n", only("0", 400)},
		{"Content-Length, before", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:?0\r\n\r\n", only(" \t0", 400)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sweep(t, test.request, func(t *testing.T, c byte, got outcome) {
				t.Helper()
				if strings.HasPrefix(test.name, "Content-Length") && '1' <= c && c <= '9' {
					return // a body follows
				}
				test.check(t, c, got)
			})
		})
	}
}

// Every byte in the places of a chunked body.
func TestChunkByteSweep(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	tests := []struct {
		name, body string
		ok         string
	}{
		{"before the size", "?1\r\nx\r\n0\r\n\r\n", "0"},
		{"behind the size", "1?\r\nx\r\n0\r\n\r\n", ""},
		{"CR of the size line", "1?\nx\r\n0\r\n\r\n", "\r"},
		{"LF of the size line", "1\r?x\r\n0\r\n\r\n", "\n"},
		{"CR of the data", "1\r\nx?\n0\r\n\r\n", "\r"},
		{"LF of the data", "1\r\nx\r?0\r\n\r\n", "\n"},
		{"extension name", "1;a?b\r\nx\r\n0\r\n\r\n", tchars + ";="},
		{"extension, first byte", "1;?b\r\nx\r\n0\r\n\r\n", tchars + " \t"},
		{"extension value", "1;a=b?c\r\nx\r\n0\r\n\r\n", tchars + ";"},
		{"extension quoted string", "1;a=\"b?c\"\r\nx\r\n0\r\n\r\n", strings.ReplaceAll(value(), "\"", "")},
		{"trailer name", "0\r\nA?B: c\r\n\r\n", tchars + ":"},
		{"trailer value", "0\r\nA: b?c\r\n\r\n", value()},
		{"CR of the end", "0\r\n?\n", "\r"},
		{"LF of the end", "0\r\n\r?", "\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sweep(t, head+test.body, func(t *testing.T, c byte, got outcome) {
				t.Helper()
				if strings.HasSuffix(test.name, " the size") && isHex(c) && strings.IndexByte(test.ok, c) < 0 {
					return // a larger chunk
				}
				only(test.ok, 400)(t, c, got)
			})
		})
	}
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// All 256 bytes percent-encoded in a path come out as themselves, once.
func TestPathBytes(t *testing.T) {
	limits := http1.DefaultLimits()
	for i := range 256 {
		for _, format := range []string{"/x%%%02xy", "/x%%%02Xy"} {
			target := fmt.Sprintf(format, i)
			got := drive(&limits, []byte("GET "+target+" HTTP/1.1\r\nHost: a\r\n\r\n"))
			if i == 0 {
				if got.end != "reject 400" {
					t.Errorf("%s: %s, want reject 400", target, got)
				}
				continue
			}
			if got.end != "idle" {
				t.Errorf("%s: %s, want it accepted", target, got)
				continue
			}
			r := &got.requests[0].req
			if want := []byte{'/', 'x', byte(i), 'y'}; !bytes.Equal(r.Path, want) || string(r.RawPath) != target || string(r.Target) != target {
				t.Errorf("%s: path %q, raw path %q", target, r.Path, r.RawPath)
			}
		}
	}
}
