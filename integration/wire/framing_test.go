package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestContentLength: RFC 9112 section 6.2 and 6.3; a length is 1 to 18 digits,
// once.
func TestContentLength(t *testing.T) {
	rows := []row{
		{name: "plain", send: post("/echo", "hello", "Content-Length: 5\r\n"), want: ok, body: "hello", environ: map[string]any{"CONTENT_LENGTH": "5"}},
		{name: "zero", send: post("/echo", "", "Content-Length: 0\r\n"), want: ok},
		{name: "leading zeros", send: post("/echo", "hello", "Content-Length: 005\r\n"), want: ok, body: "hello"},
		{name: "18 digits", send: post("/echo", "hello", "Content-Length: 000000000000000005\r\n"), want: ok, body: "hello"},
		{name: "white space around", send: post("/echo", "hello", "Content-Length: \t5 \t\r\n"), want: ok, body: "hello"},
		{name: "lower case name", send: post("/echo", "hello", "content-length: 5\r\n"), want: ok, body: "hello"},
		{name: "on a GET", send: get("/echo", "Content-Length: 5\r\n") + "hello", want: ok, body: "hello"},
		{name: "two, different", send: post("/echo", "hello", "Content-Length: 5\r\n", "Content-Length: 6\r\n"), want: bad, closed: true},
		{name: "two, equal", send: post("/echo", "hello", "Content-Length: 5\r\n", "Content-Length: 5\r\n"), want: bad, closed: true},
		{name: "two, one empty", send: post("/echo", "hello", "Content-Length: 5\r\n", "Content-Length:\r\n"), want: bad, closed: true},
	}
	for _, value := range []string{"5, 5", "5,5", "5 5", "+5", "-5", "0x5", "0_5", "5z", "5.0", "5e0", "", "\v5", "5\v", "\x0c5", "\xa05", "5;", "\"5\"",
		"05555555555555555555555", "9223372036854775808", "18446744073709551621", "0000000000000000005"} {
		rows = append(rows, row{name: fmt.Sprintf("value %q", value), send: post("/echo", "hello", "Content-Length: "+value+"\r\n"), want: bad, closed: true})
	}
	runRows(t, rows)
}

// TestTransferEncoding: RFC 9112 section 6.1; chunked alone, on HTTP/1.1 alone,
// without a length beside it.
func TestTransferEncoding(t *testing.T) {
	const body = "5\r\nhello\r\n0\r\n\r\n"
	with := func(fields ...string) string { return post("/echo", body, fields...) }
	runRows(t, []row{
		{name: "chunked", send: with("Transfer-Encoding: chunked\r\n"), want: ok, body: "hello", environ: map[string]any{"HTTP_TRANSFER_ENCODING": nil, "wsgi.input_terminated": true}},
		{name: "upper case", send: with("Transfer-Encoding: CHUNKED\r\n"), want: ok, body: "hello"},
		{name: "lower case name", send: with("transfer-encoding: chunked\r\n"), want: ok, body: "hello"},
		{name: "white space around", send: with("Transfer-Encoding: \t chunked\t \r\n"), want: ok, body: "hello"},
		{name: "on a GET", send: get("/echo", "Transfer-Encoding: chunked\r\n") + body, want: ok, body: "hello"},

		{name: "length before", send: with("Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"), want: bad, closed: true},
		{name: "length behind", send: with("Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n"), want: bad, closed: true},
		{name: "length of the whole", send: with("Transfer-Encoding: chunked\r\n", "Content-Length: 15\r\n"), want: bad, closed: true},
		{name: "length and unknown coding", send: with("Transfer-Encoding: xchunked\r\n", "Content-Length: 5\r\n"), anyOf: []int{400, 501}, closed: true},
		{name: "HTTP/1.0", send: "POST /echo HTTP/1.0\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + body, want: bad, closed: true},
		{name: "HTTP/1.0 keep-alive with length", send: "POST /echo HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + body, want: bad, closed: true},

		{name: "chunked twice", send: with("Transfer-Encoding: chunked, chunked\r\n"), want: []int{501}, closed: true},
		{name: "two lines", send: with("Transfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\n"), anyOf: []int{400, 501}, closed: true},
		{name: "two lines, second identity", send: with("Transfer-Encoding: chunked\r\n", "Transfer-Encoding: identity\r\n"), anyOf: []int{400, 501}, closed: true},
		{name: "identity", send: with("Transfer-Encoding: identity\r\n"), want: []int{501}, closed: true},
		{name: "gzip, chunked", send: with("Transfer-Encoding: gzip, chunked\r\n"), want: []int{501}, closed: true},
		{name: "chunked, gzip", send: with("Transfer-Encoding: chunked, gzip\r\n"), anyOf: []int{400, 501}, closed: true},
		{name: "chunked, identity", send: with("Transfer-Encoding: chunked, identity\r\n"), anyOf: []int{400, 501}, closed: true},
		{name: "empty list element", send: with("Transfer-Encoding: ,chunked\r\n"), want: []int{501}, closed: true},
		{name: "empty", send: with("Transfer-Encoding:\r\n"), anyOf: []int{400, 501}, closed: true},
		{name: "xchunked", send: with("Transfer-Encoding: xchunked\r\n"), anyOf: []int{400, 501}, closed: true},
		{name: "parameter", send: with("Transfer-Encoding: chunked;q=1\r\n"), anyOf: []int{400, 501}, closed: true},
		{name: "quoted", send: with("Transfer-Encoding: \"chunked\"\r\n"), anyOf: []int{400, 501}, closed: true},
		{name: "VT before", send: with("Transfer-Encoding: \vchunked\r\n"), want: bad, closed: true},
		{name: "FF before", send: with("Transfer-Encoding: \fchunked\r\n"), want: bad, closed: true},
		{name: "NBSP before", send: with("Transfer-Encoding: \xa0chunked\r\n"), want: bad, closed: true},
		{name: "space before the colon", send: with("Transfer-Encoding : chunked\r\n"), want: bad, closed: true},
		{name: "tab before the colon", send: with("Transfer-Encoding\t: chunked\r\n"), want: bad, closed: true},
		{name: "folded", send: with("Transfer-Encoding:\r\n chunked\r\n"), want: bad, closed: true},
		{name: "underscore in the name is another field", send: post("/echo", "hello", "Transfer_Encoding: chunked\r\n", "Content-Length: 5\r\n"), want: ok, body: "hello"},
	})
}

// TestTransferEncodingBytes puts every byte around the coding and into the
// name: chunked is meant with white space around it and with nothing else.
func TestTransferEncodingBytes(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		for b := range 256 {
			char := string([]byte{byte(b)})
			valid := char == " " || char == "\t"
			for _, value := range []string{char + "chunked", "chunked" + char} {
				sweep(t, s, "Transfer-Encoding: "+value, valid)
			}
			// A name with one byte more is a field like any other, and the request
			// has no body then.
			if !isTokenByte(byte(b)) {
				sweep(t, s, "Transfer-Encoding"+char+": chunked", false)
			}
		}
	})
}

func sweep(t *testing.T, s *harness.Server, line string, valid bool) {
	t.Helper()
	c := harness.Dial(t, s.Address())
	defer c.Close()
	c.Send("POST /echo HTTP/1.1\r\nHost: test\r\n" + line + "\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + probe)
	res := c.Final("POST")
	switch {
	case valid:
		if res.Status != 200 || decode(t, res).Body != "hello" {
			t.Errorf("%q answered with %d %.100q, expected the body to be read", line, res.Status, res.Body)
		}
		c.Expect("GET", 200)
	case res.Status != 400 && res.Status != 501:
		t.Errorf("%q answered with %d, expected 400 or 501", line, res.Status)
	default:
		c.ExpectClosed()
	}
}

func isTokenByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
}

// TestChunks: RFC 9112 section 7.1. Sizes are 1 to 16 hexadecimal digits, lines
// end in CRLF, extensions are bounded.
func TestChunks(t *testing.T) {
	const end = "0\r\n\r\n"
	rows := []row{
		{name: "one", send: chunked("5\r\nhello\r\n" + end), want: ok, body: "hello"},
		{name: "two", send: chunked("5\r\nhello\r\n6\r\n world\r\n" + end), want: ok, body: "hello world"},
		{name: "none", send: chunked(end), want: ok},
		{name: "buffered whole has a length", send: chunked("5\r\nhello\r\n" + end), want: ok, environ: map[string]any{"CONTENT_LENGTH": "5"}},
		{name: "hexadecimal", send: chunked("A\r\n0123456789\r\nb\r\n0123456789a\r\n" + end), want: ok, body: "01234567890123456789a"},
		{name: "CRLF inside data", send: chunked("7\r\na\r\n0\r\nb\r\n" + end), want: ok, body: "a\r\n0\r\nb"},
		{name: "leading zeros, 16 digits", send: chunked("0000000000000005\r\nhello\r\n" + end), want: ok, body: "hello"},
		{name: "last chunk of many zeros", send: chunked("5\r\nhello\r\n0000\r\n\r\n"), want: ok, body: "hello"},
		{name: "leading zeros, 40 digits", send: chunked(strings.Repeat("0", 40) + "5\r\nhello\r\n" + end), want: bad, closed: true},
		{name: "21 digits", send: chunked("100000000000000000005\r\nhello\r\n" + end), want: bad, closed: true},
		{name: "17 digits", send: chunked("00000000000000005\r\nhello\r\n" + end), want: bad, closed: true},
		{name: "size of an int64 and more", send: chunked("ffffffffffffffff\r\nhello\r\n" + end), anyOf: []int{400, 413}, closed: true},

		{name: "extension", send: chunked("5;a=b\r\nhello\r\n" + end), want: ok, body: "hello"},
		{name: "extension, quoted", send: chunked("5;a=\"b;c\"\r\nhello\r\n" + end), want: ok, body: "hello"},
		{name: "extension on the last chunk", send: chunked("5\r\nhello\r\n0;a\r\n\r\n"), want: ok, body: "hello"},
		{name: "extension of 200 bytes", send: chunked("5;" + strings.Repeat("a", 200) + "\r\nhello\r\n" + end), want: ok, body: "hello"},
		{name: "extension of 300 bytes", send: chunked("5;" + strings.Repeat("a", 300) + "\r\nhello\r\n" + end), want: bad, closed: true},
		{name: "extension with LF", send: chunked("5;a\nb\r\nhello\r\n" + end), want: bad, closed: true},
		{name: "extension with CR", send: chunked("5;a\rb\r\nhello\r\n" + end), want: bad, closed: true},
		{name: "extension with NUL", send: chunked("5;a\x00b\r\nhello\r\n" + end), want: bad, closed: true},

		{name: "size line ends in LF", send: chunked("5\nhello\r\n" + end), want: bad, closed: true},
		{name: "data ends in LF", send: chunked("5\r\nhello\n" + end), want: bad, closed: true},
		{name: "data ends in CR", send: chunked("5\r\nhello\r" + end), want: bad, closed: true},
		{name: "data ends in XX", send: chunked("5\r\nhelloXX" + end), want: bad, closed: true},
		{name: "data longer than its size", send: chunked("4\r\nhello\r\n" + end), want: bad, closed: true},
		{name: "last chunk ends in LF", send: chunked("5\r\nhello\r\n0\n\r\n"), want: bad, closed: true},
		{name: "trailer section ends in LF", send: chunked("5\r\nhello\r\n0\r\n\n"), want: bad, closed: true},
	}
	for _, size := range []string{"0x5", "0_5", "+5", "-5", " 5", "5 ", "\t5", "5z", "", "g", "5,", "\xb5", "5\x00", "5\v"} {
		rows = append(rows, row{name: fmt.Sprintf("size %q", size), send: chunked(size + "\r\nhello\r\n" + end), want: bad, closed: true})
	}
	runRows(t, rows)
}

// TestTrailers: RFC 9112 section 7.1.2. Trailers are read, checked and dropped.
func TestTrailers(t *testing.T) {
	trailer := func(lines string) string { return chunked("5\r\nhello\r\n0\r\n" + lines + "\r\n") }
	rows := []row{
		{name: "valid", send: trailer("X-Trailer: a\r\n"), want: ok, body: "hello", environ: map[string]any{"HTTP_X_TRAILER": nil}},
		{name: "two", send: trailer("X-One: a\r\nX-Two: b\r\n"), want: ok, body: "hello", environ: map[string]any{"HTTP_X_ONE": nil, "HTTP_X_TWO": nil}},
		{name: "cannot change a field", send: post("/echo", "5\r\nhello\r\n0\r\nX-Field: trailer\r\n\r\n", "X-Field: head\r\n", "Transfer-Encoding: chunked\r\n"), want: ok, environ: map[string]any{"HTTP_X_FIELD": "head"}},
		{name: "without colon", send: trailer("X-Trailer\r\n"), want: bad, closed: true},
		{name: "space before the colon", send: trailer("X-Trailer : a\r\n"), want: bad, closed: true},
		{name: "folded", send: trailer("X-Trailer: a\r\n b\r\n"), want: bad, closed: true},
		{name: "line ends in LF", send: trailer("X-Trailer: a\n"), want: bad, closed: true},
		{name: "NUL", send: trailer("X-Trailer: a\x00b\r\n"), want: bad, closed: true},
		{name: "a request line", send: trailer("GET /admin HTTP/1.1\r\n"), want: bad, closed: true},
	}
	for _, name := range []string{"Content-Length", "Transfer-Encoding", "Host"} {
		rows = append(rows, row{name: "forbidden " + name, send: trailer(name + ": 5\r\n"), want: bad, closed: true})
	}
	runRows(t, rows)
}
