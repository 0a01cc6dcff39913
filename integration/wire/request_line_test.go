package wire_test

import (
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// line is a request that consists of a request line and a Host.
func line(l string) string { return l + "\r\nHost: test\r\n\r\n" }

// TestRequestLine: RFC 9112 section 3.
func TestRequestLine(t *testing.T) {
	runRows(t, []row{
		{name: "plain", send: line("GET /echo HTTP/1.1"), want: ok, environ: map[string]any{"REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", "PATH_INFO": "/echo", "QUERY_STRING": ""}},
		{name: "unknown method", send: line("FOOBAR /echo HTTP/1.1"), want: ok, environ: map[string]any{"REQUEST_METHOD": "FOOBAR"}},
		{name: "lower case method", send: line("get /echo HTTP/1.1"), want: ok, environ: map[string]any{"REQUEST_METHOD": "get"}},
		{name: "method of token characters", send: line("M-SEARCH.!#$%&'*+^_`|~1 /echo HTTP/1.1"), want: ok, environ: map[string]any{"REQUEST_METHOD": "M-SEARCH.!#$%&'*+^_`|~1"}},
		{name: "method with a colon", send: line("GE:T /echo HTTP/1.1"), want: bad, closed: true},
		{name: "method with NUL", send: line("GE\x00T /echo HTTP/1.1"), want: bad, closed: true},
		{name: "method with 0xff", send: line("GE\xffT /echo HTTP/1.1"), want: bad, closed: true},
		{name: "no method", send: line(" /echo HTTP/1.1"), want: bad, closed: true},
		{name: "method alone", send: line("GET"), want: bad, closed: true},

		{name: "two spaces before the target", send: line("GET  /echo HTTP/1.1"), want: bad, closed: true},
		{name: "two spaces behind the target", send: line("GET /echo  HTTP/1.1"), want: bad, closed: true},
		{name: "tab", send: line("GET\t/echo HTTP/1.1"), want: bad, closed: true},
		{name: "tab before the version", send: line("GET /echo\tHTTP/1.1"), want: bad, closed: true},
		{name: "VT", send: line("GET\v/echo HTTP/1.1"), want: bad, closed: true},
		{name: "trailing space", send: line("GET /echo HTTP/1.1 "), want: bad, closed: true},
		{name: "leading space", send: line(" GET /echo HTTP/1.1"), want: bad, closed: true},
		{name: "fourth word", send: line("GET /echo HTTP/1.1 x"), want: bad, closed: true},
		{name: "space in the target", send: line("GET /ec ho HTTP/1.1"), want: bad, closed: true},

		{name: "HTTP/0.9", send: "GET /echo\r\n", want: bad, closed: true},
		{name: "HTTP/1.2", send: line("GET /echo HTTP/1.2"), want: ok},
		{name: "HTTP/2.0", send: line("GET /echo HTTP/2.0"), want: []int{505}, closed: true},
		{name: "HTTP/9.9", send: line("GET /echo HTTP/9.9"), want: []int{505}, closed: true},
		{name: "HTTP/0.9 in words", send: line("GET /echo HTTP/0.9"), anyOf: []int{400, 505}, closed: true},
		{name: "http/1.1", send: line("GET /echo http/1.1"), want: bad, closed: true},
		{name: "HTTP/1.10", send: line("GET /echo HTTP/1.10"), want: bad, closed: true},
		{name: "HTTP/1", send: line("GET /echo HTTP/1"), want: bad, closed: true},
		{name: "HTTP/1.", send: line("GET /echo HTTP/1."), want: bad, closed: true},
		{name: "HTTP/ 1.1", send: line("GET /echo HTTP/ 1.1"), want: bad, closed: true},
		{name: "HTTP/01.1", send: line("GET /echo HTTP/01.1"), want: bad, closed: true},
		{name: "HTTPS/1.1", send: line("GET /echo HTTPS/1.1"), want: bad, closed: true},
		{name: "version with 0xff", send: line("GET /echo HTTP/1.\xff"), want: bad, closed: true},

		{name: "one empty line before", send: "\r\n" + line("GET /echo HTTP/1.1"), want: ok},
		{name: "two empty lines before", send: "\r\n\r\n" + line("GET /echo HTTP/1.1"), want: bad, closed: true},
		{name: "LF before", send: "\n" + line("GET /echo HTTP/1.1"), want: bad, closed: true},
		{name: "line ends in LF", send: "GET /echo HTTP/1.1\nHost: test\r\n\r\n", want: bad, closed: true},
		{name: "line ends in CR", send: "GET /echo HTTP/1.1\rHost: test\r\n\r\n", want: bad, closed: true},
		{name: "line ends in CR CR LF", send: "GET /echo HTTP/1.1\r\r\nHost: test\r\n\r\n", want: bad, closed: true},

		{name: "HTTP/2 preface", send: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", anyOf: []int{400, 505}, closed: true},
		{name: "PROXY line", send: "PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n" + line("GET /echo HTTP/1.1"), want: bad, closed: true},
		{name: "PROXY v2", send: "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01\x04\xd2\x00\x50", want: bad, closed: true},
		{name: "TLS hello", send: "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + strings.Repeat("\x5a", 32) + "\r\n", want: bad, closed: true},
		{name: "a response", send: "HTTP/1.1 200 OK\r\nHost: test\r\n\r\n", want: bad, closed: true},
	})
}

// TestOldVersion: clients of HTTP/1.0 get an answer of 1.1 that they
// understand: without chunks, and closed unless they asked to keep it.
func TestOldVersion(t *testing.T) {
	runRows(t, []row{
		{name: "plain", send: "GET /echo HTTP/1.0\r\n\r\n", want: ok, closed: true, environ: map[string]any{"SERVER_PROTOCOL": "HTTP/1.0", "HTTP_HOST": nil}},
		{name: "with Host", send: "GET /echo HTTP/1.0\r\nHost: test:81\r\n\r\n", want: ok, closed: true, environ: map[string]any{"HTTP_HOST": "test:81"}},
		{name: "two Hosts", send: "GET /echo HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", want: bad, closed: true},
		{name: "keep-alive", send: "GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", want: ok},
		{name: "keep-alive, any case", send: "GET /echo HTTP/1.0\r\nConnection: foo, Keep-Alive\r\n\r\n", want: ok},
		{name: "keep-alive and close", send: "GET /echo HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", want: ok, closed: true},
		{name: "body", send: "POST /echo HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", want: ok, closed: true, body: "hello"},
		{name: "unknown length", send: "GET /unknown-length?n=3 HTTP/1.0\r\n\r\n", want: ok, closed: true},
		{name: "unknown length, keep-alive", send: "GET /unknown-length?n=3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", want: ok, closed: true},
		{name: "POST without a length has no body", send: "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", want: ok},
	})
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		for _, test := range []struct {
			request string
			framing harness.Framing
			keep    string
		}{
			{"GET /unknown-length?n=3 HTTP/1.0\r\n\r\n", harness.Close, ""},
			{"GET /unknown-length?n=3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", harness.Close, ""},
			{"GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", harness.Length, "keep-alive"},
			{"GET /unknown-length?n=3 HTTP/1.1\r\nHost: a\r\n\r\n", harness.Chunked, ""},
		} {
			c := harness.Dial(t, s.Address())
			c.Send(test.request)
			res := c.Expect("GET", 200)
			if res.Framing != test.framing {
				t.Errorf("%q is answered with framing %s, expected %s", test.request, res.Framing, test.framing)
			}
			if test.framing != harness.Length && string(res.Body) != "xxx" {
				t.Errorf("%q is answered with %q", test.request, res.Body)
			}
			if test.keep != "" && !strings.EqualFold(res.Get("Connection"), test.keep) {
				t.Errorf("%q is answered with Connection: %q, expected %q: a client of 1.0 keeps it only if told so", test.request, res.Get("Connection"), test.keep)
			}
		}
	})
}

// TestHead: RFC 9110 section 9.3.2; the fields of a GET and no byte of a body.
func TestHead(t *testing.T) {
	runRows(t, []row{
		{name: "length", send: "HEAD /big?n=100 HTTP/1.1\r\nHost: test\r\n\r\n", want: ok, head: true},
		{name: "unknown length", send: "HEAD /unknown-length HTTP/1.1\r\nHost: test\r\n\r\n", want: ok, head: true},
		{name: "refused", send: "HEAD /%zz HTTP/1.1\r\nHost: test\r\n\r\n", want: bad, head: true, closed: true},
		{name: "HTTP/1.0", send: "HEAD /big?n=100 HTTP/1.0\r\n\r\n", want: ok, head: true, closed: true},
	})
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		c := harness.Dial(t, s.Address())
		c.Send("HEAD /big?n=100 HTTP/1.1\r\nHost: test\r\n\r\n" + get("/big?n=100"))
		head, full := c.Expect("HEAD", 200), c.Expect("GET", 200)
		if head.Get("Content-Length") != "100" || len(full.Body) != 100 {
			t.Errorf("HEAD has Content-Length %q, GET a body of %d bytes, expected 100 both", head.Get("Content-Length"), len(full.Body))
		}
	})
}
