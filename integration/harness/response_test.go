package harness_test

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

const date = "Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n"

// TestReadResponse: well-formed responses, and where each ends.
func TestReadResponse(t *testing.T) {
	tests := []struct {
		name, method, wire string
		framing            harness.Framing
		body, rest         string
	}{
		{"length", "GET", "HTTP/1.1 200 OK\r\n" + date + "Content-Length: 5\r\n\r\nhellorest", harness.Length, "hello", "rest"},
		{"no reason", "GET", "HTTP/1.1 200 \r\n" + date + "Content-Length: 0\r\n\r\nrest", harness.Length, "", "rest"},
		{"chunks", "GET", "HTTP/1.1 200 OK\r\n" + date + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\nrest", harness.Chunked, "hello!", "rest"},
		{"end of the connection", "GET", "HTTP/1.1 200 OK\r\n" + date + "Connection: foo, Close\r\n\r\nhello", harness.Close, "hello", ""},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\n" + date + "Content-Length: 5\r\n\r\nrest", harness.NoBody, "", "rest"},
		{"100", "POST", "HTTP/1.1 100 Continue\r\n\r\nrest", harness.NoBody, "", "rest"},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n" + date + "\r\nrest", harness.NoBody, "", "rest"},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\n" + date + "Content-Length: 5\r\n\r\nrest", harness.NoBody, "", "rest"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := bufio.NewReader(strings.NewReader(test.wire))
			res, err := harness.ReadResponse(r, test.method)
			if err != nil {
				t.Fatal(err)
			}
			rest, _ := io.ReadAll(r)
			if res.Framing != test.framing || string(res.Body) != test.body || string(rest) != test.rest {
				t.Errorf("framing %s, body %q, rest %q; expected %s, %q, %q", res.Framing, res.Body, rest, test.framing, test.body, test.rest)
			}
		})
	}
}

// TestReadResponseRefuses: what no server may send.
func TestReadResponseRefuses(t *testing.T) {
	const status = "HTTP/1.1 200 OK\r\n" + date
	tests := map[string]string{
		"HTTP/1.0":                  "HTTP/1.0 200 OK\r\n" + date + "Content-Length: 0\r\n\r\n",
		"no space before no reason": "HTTP/1.1 200\r\n" + date + "Content-Length: 0\r\n\r\n",
		"two digits":                "HTTP/1.1 20 OK\r\n" + date + "Content-Length: 0\r\n\r\n",
		"status 600":                "HTTP/1.1 600 OK\r\n" + date + "Content-Length: 0\r\n\r\n",
		"bare LF":                   "HTTP/1.1 200 OK\n" + date + "Content-Length: 0\r\n\r\n",
		"bare CR":                   status + "X: a\rb\r\nContent-Length: 0\r\n\r\n",
		"NUL in a value":            status + "X: a\x00b\r\nContent-Length: 0\r\n\r\n",
		"space before the colon":    status + "Content-Length : 0\r\n\r\n",
		"folded field":              status + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
		"no colon":                  status + "X\r\nContent-Length: 0\r\n\r\n",
		"two lengths":               status + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
		"length and chunks":         status + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"signed length":             status + "Content-Length: +0\r\n\r\n",
		"unknown coding":            status + "Transfer-Encoding: gzip\r\n\r\n",
		"chunk without its end":     status + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
		"chunk size of nothing":     status + "Transfer-Encoding: chunked\r\n\r\n\r\nhello",
		"length with 204":           "HTTP/1.1 204 No Content\r\n" + date + "Content-Length: 0\r\n\r\n",
		"no Date":                   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"two Dates":                 status + date + "Content-Length: 0\r\n\r\n",
		"silent close":              status + "\r\nhello",
		"405 without Allow":         "HTTP/1.1 405 No\r\n" + date + "Content-Length: 0\r\n\r\n",
	}
	for name, wire := range tests {
		t.Run(name, func(t *testing.T) {
			res, err := harness.ReadResponse(bufio.NewReader(strings.NewReader(wire)), "GET")
			if err == nil {
				t.Fatalf("accepted: %+v", res)
			}
			var cut *harness.TruncatedError
			if errors.As(err, &cut) {
				t.Fatalf("taken for a response that was cut off: %v", err)
			}
		})
	}
}

// TestReadResponseTruncated: every proper beginning of a response is told
// apart from a complete one and from a malformed one.
func TestReadResponseTruncated(t *testing.T) {
	for _, wire := range []string{
		"HTTP/1.1 200 OK\r\n" + date + "Content-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\n" + date + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	} {
		for n := 1; n < len(wire); n++ {
			_, err := harness.ReadResponse(bufio.NewReader(strings.NewReader(wire[:n])), "GET")
			var cut *harness.TruncatedError
			if !errors.As(err, &cut) {
				t.Errorf("the first %d bytes of %q: %v", n, wire, err)
			}
		}
	}
	if _, err := harness.ReadResponse(bufio.NewReader(strings.NewReader("")), "GET"); err != io.EOF {
		t.Errorf("no byte at all: %v, expected io.EOF", err)
	}
}
