package http1_test

import (
	"bytes"
	"strings"
	"testing"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
)

// Bytes are not looked at again: the work on a head that drips in is linear. In
// each step the lines that are complete, and the part of the last line that was
// there before, are replaced by bytes that would be refused if they were seen.
// The last line is put right for the step that completes it: it is validated then,
// once. All of the head is put right for the very last step, which makes the
// views.
func TestHeadIsNotScannedAgain(t *testing.T) {
	limits := http1.DefaultLimits()
	raw := []byte("\r\nPOST /a%20b?c HTTP/1.1\r\nHost: example.org\r\nContent-Length: 3\r\n" +
		"A: " + strings.Repeat("b", 100) + "\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
	var e http1.Engine
	var req exchange.Request
	e.Init(&limits)
	line := 0
	for n := 1; n <= len(raw); n++ {
		buf := bytes.Clone(raw[:n])
		if n > len("\r\nP") && n < len(raw) { // the request has begun
			for i := range buf[:max(line-1, 0)] {
				buf[i] = '\n'
			}
			if buf[n-1] != '\n' {
				for i := line; i < n-1; i++ {
					buf[i] = '\n'
				}
			}
		}
		got, v := e.ParseHead(buf, &req)
		if n < len(raw) && v != http1.More || n == len(raw) && (v != http1.OK || got != n) {
			t.Fatalf("at %d of %d: %v, n=%d, %v", n, len(raw), v, got, e.Rejection())
		}
		if raw[n-1] == '\n' {
			line = n
		}
	}
	if string(req.Path) != "/a b" || string(req.Host) != "example.org" || !req.Expect100 || req.ContentLength != 3 {
		t.Errorf("parsed %q %q %v %d", req.Path, req.Host, req.Expect100, req.ContentLength)
	}
}

// The framing of a body is taken byte by byte and never offered again, so the sum
// of what ParseBody takes is the size of the body: its work is linear too.
func TestBodyIsTakenOnce(t *testing.T) {
	limits := http1.DefaultLimits()
	const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	var body bytes.Buffer
	for i := range 200 {
		body.WriteString("3;a=b\r\nabc\r\n")
		if i%7 == 0 {
			body.WriteString("00001;\tc=\"d\"\r\nx\r\n")
		}
	}
	body.WriteString("0\r\nA: b\r\n\r\n")
	for _, step := range []int{1, 2, 3, 7, 64, body.Len()} {
		var e http1.Engine
		var req exchange.Request
		e.Init(&limits)
		if _, v := e.ParseHead([]byte(head), &req); v != http1.OK {
			t.Fatal(e.Rejection())
		}
		taken, calls, v := 0, 0, http1.More
		for rest := body.Bytes(); len(rest) > 0 && v == http1.More; {
			window := rest[:min(step, len(rest))]
			for len(window) > 0 && v == http1.More {
				var n int
				n, _, v = e.ParseBody(window)
				if n == 0 && v == http1.More {
					t.Fatalf("step %d: nothing taken of %q", step, window)
				}
				taken, calls = taken+n, calls+1
				window, rest = window[n:], rest[n:]
			}
		}
		if v != http1.OK || taken != body.Len() || !e.BodyDone() {
			t.Errorf("step %d: %v, took %d of %d", step, v, taken, body.Len())
		}
		// One call for a window or for a piece of data, whichever are more.
		if most := 229 + body.Len()/step + 1; calls > most {
			t.Errorf("step %d: %d calls, want at most %d", step, calls, most)
		}
	}
}

func TestStarted(t *testing.T) {
	limits := http1.DefaultLimits()
	tests := []struct {
		raw  string
		want bool
	}{
		{"", false}, {"\r", false}, {"\r\n", false}, {"\r\nG", true}, {"G", true},
		{"GET / HTTP/1.1\r\n", true}, {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true}, {"\x16", true},
	}
	for _, test := range tests {
		var e http1.Engine
		var req exchange.Request
		e.Init(&limits)
		e.ParseHead([]byte(test.raw), &req)
		if e.Started() != test.want {
			t.Errorf("%q: started %v, want %v", test.raw, e.Started(), test.want)
		}
	}
	d := newDriver(&limits)
	d.feed([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n"))
	if d.engine.Started() {
		t.Error("an engine that was reset has started by a CRLF")
	}
}

// A refused engine stays so, whatever is called.
func TestRejectedForEver(t *testing.T) {
	limits := http1.DefaultLimits()
	good := []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	for name, bad := range map[string]string{
		"head": "GET / HTTP/1.1\r\n\r\n",
		"body": "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx",
	} {
		var e http1.Engine
		var req exchange.Request
		e.Init(&limits)
		n, v := e.ParseHead([]byte(bad), &req)
		if v == http1.OK {
			_, _, v = e.ParseBody([]byte(bad)[n:])
		}
		if v != http1.Reject || e.Rejection().Status != 400 || e.Rejection().Reason == "" {
			t.Fatalf("%s: %v %v", name, v, e.Rejection())
		}
		why := e.Rejection()
		e.Reset()
		if _, v := e.ParseHead(good, &req); v != http1.Reject {
			t.Errorf("%s: head: %v", name, v)
		}
		if n, data, v := e.ParseBody(good); n != 0 || data != nil || v != http1.Reject {
			t.Errorf("%s: body: %d %q %v", name, n, data, v)
		}
		if e.BodyDone() || e.Rejection() != why {
			t.Errorf("%s: body done %v, rejection %v", name, e.BodyDone(), e.Rejection())
		}
		head := string(e.AppendHead(nil, &exchange.Head{Status: 200, ContentLength: 0}, nil, ""))
		e.AppendEnd(nil)
		if e.Persist() || !strings.Contains(head, "\r\nConnection: close\r\n") {
			t.Errorf("%s: persists %v with %q", name, e.Persist(), head)
		}
		e.Init(&limits)
		if _, v := e.ParseHead(good, &req); v != http1.OK {
			t.Errorf("%s: a new connection: %v", name, v)
		}
	}
}

// The log says which of several possible faults it was.
func TestReasons(t *testing.T) {
	limits := http1.DefaultLimits()
	const get = "GET / HTTP/1.1\r\n"
	tests := []struct{ raw, reason string }{
		{"\x16\x03\x01", "request line does not begin with a method"},
		{"GET /\r\n", "request line without target or version"},
		{"GET / HTTP/1.x\r\n", "malformed version in the request line"},
		{"GET /a#b HTTP/1.1\r\n", "byte in the request target that must be percent-encoded"},
		{get + "Host: a\n", "line ends with a bare LF"},
		{get + " Host: a\r\n", "white space before the first field"},
		{get + "Host: a\r\n b\r\n", "folded field line"},
		{get + "foo\r\n", "field line without a colon"},
		{get + ": foo\r\n", "field without a name"},
		{get + "[foo]: bar\r\n", "malformed field name"},
		{get + "foo[]: bar\r\n", "malformed field name"},
		{get + "foo : bar\r\n", "white space in or after a field name"},
		{get + "Host:\r\n", "empty Host field"},
		{get + "\r\n", "HTTP/1.1 request without Host"},
	}
	for _, test := range tests {
		var e http1.Engine
		var req exchange.Request
		e.Init(&limits)
		if _, v := e.ParseHead([]byte(test.raw), &req); v != http1.Reject || e.Rejection().Reason != test.reason {
			t.Errorf("%q: %v, %q, want %q", test.raw, v, e.Rejection().Reason, test.reason)
		}
	}
}

// Calls in an order that would lose the framing refuse the connection instead.
func TestWrongOrderIsRefused(t *testing.T) {
	limits := http1.DefaultLimits()
	post := []byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
	tests := []struct {
		name string
		call func(e *http1.Engine, req *exchange.Request)
	}{
		{"reset with an unread body", func(e *http1.Engine, req *exchange.Request) {
			e.ParseHead(post, req)
			e.Reset()
		}},
		{"head parsed twice", func(e *http1.Engine, req *exchange.Request) {
			e.ParseHead(post, req)
			e.ParseHead(post, req)
		}},
		{"body before its head", func(e *http1.Engine, req *exchange.Request) {
			e.ParseBody(post)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var e http1.Engine
			var req exchange.Request
			e.Init(&limits)
			test.call(&e, &req)
			if _, v := e.ParseHead(post, &req); v != http1.Reject {
				t.Errorf("%v, want a refusal", v)
			}
		})
	}
}

func TestVerdictString(t *testing.T) {
	for v, want := range map[http1.Verdict]string{http1.More: "More", http1.OK: "OK", http1.Reject: "Reject"} {
		if v.String() != want {
			t.Errorf("%d: %q, want %q", v, v.String(), want)
		}
	}
}
