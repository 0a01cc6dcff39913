package http1_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
)

const testDate = "Thu, 01 Jan 1970 00:00:00 GMT"

// requests of every kind that framing tells apart.
var requestKinds = map[string]string{
	"GET":      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"HEAD":     "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
	"close":    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	"1.0":      "GET / HTTP/1.0\r\n\r\n",
	"1.0 keep": "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
	"1.0 HEAD": "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"1.2":      "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
	"POST":     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
}

// ask returns an engine that has taken a request of a kind, body included.
func ask(t testing.TB, kind string) *http1.Engine {
	t.Helper()
	limits := http1.DefaultLimits()
	e := &http1.Engine{}
	e.Init(&limits)
	raw := []byte(requestKinds[kind])
	var req exchange.Request
	n, v := e.ParseHead(raw, &req)
	if v != http1.OK {
		t.Fatalf("%q: %v %v", raw, v, e.Rejection())
	}
	if _, _, v := e.ParseBody(raw[n:]); v != http1.OK {
		t.Fatalf("%q: body %v", raw, v)
	}
	return e
}

func fields(pairs ...string) []exchange.Field {
	var f []exchange.Field
	for i := 0; i < len(pairs); i += 2 {
		f = append(f, exchange.Field{Name: []byte(pairs[i]), Value: []byte(pairs[i+1])})
	}
	return f
}

// respond sends pieces as the body and returns what was written, how many bytes
// of the body were not allowed, and whether the response was complete.
func respond(e *http1.Engine, h *exchange.Head, server string, pieces ...string) (out string, extra int, complete bool) {
	b := e.AppendHead(nil, h, []byte(testDate), server)
	for _, p := range pieces {
		var allow int64
		b, allow = e.BodyPrefix(b, int64(len(p)))
		b = append(b, p[:allow]...)
		extra += len(p) - int(allow)
		b = e.BodySuffix(b)
	}
	b, complete = e.AppendEnd(b)
	return string(b), extra, complete
}

func TestResponse(t *testing.T) {
	const date = "Date: " + testDate + "\r\n"
	tests := []struct {
		name    string
		request string
		head    exchange.Head
		server  string
		body    []string
		out     string
		extra   int
		short   bool
		persist bool
	}{
		{"length", "GET", exchange.Head{Status: 200, Reason: []byte("Fine"), Fields: fields("X-A", "1", "x-b", "")}, "", nil,
			"HTTP/1.1 200 Fine\r\nX-A: 1\r\nx-b: \r\n" + date + "Content-Length: 0\r\n\r\n", 0, false, true},
		{"length with body", "GET", exchange.Head{Status: 200, ContentLength: 5}, "s/1", []string{"he", "llo"},
			"HTTP/1.1 200 OK\r\n" + date + "Server: s/1\r\nContent-Length: 5\r\n\r\nhello", 0, false, true},
		{"more than announced", "GET", exchange.Head{Status: 200, ContentLength: 5}, "", []string{"hel", "lo, world", "!"},
			"HTTP/1.1 200 OK\r\n" + date + "Content-Length: 5\r\n\r\nhello", 8, false, true},
		{"less than announced", "GET", exchange.Head{Status: 200, ContentLength: 5}, "", []string{"hell"},
			"HTTP/1.1 200 OK\r\n" + date + "Content-Length: 5\r\n\r\nhell", 0, true, false},
		{"none of what was announced", "GET", exchange.Head{Status: 200, ContentLength: 5}, "", nil,
			"HTTP/1.1 200 OK\r\n" + date + "Content-Length: 5\r\n\r\n", 0, true, false},
		{"chunked", "GET", exchange.Head{Status: 200, ContentLength: -1}, "", []string{"hello", "", ", world and all"},
			"HTTP/1.1 200 OK\r\n" + date + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nf\r\n, world and all\r\n0\r\n\r\n", 0, false, true},
		{"chunked, empty", "GET", exchange.Head{Status: 200, ContentLength: -1}, "", []string{""},
			"HTTP/1.1 200 OK\r\n" + date + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, false, true},
		{"HTTP/1.2 client", "1.2", exchange.Head{Status: 200, ContentLength: -1}, "", []string{"a"},
			"HTTP/1.1 200 OK\r\n" + date + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 0, false, true},
		{"behind a request body", "POST", exchange.Head{Status: 201, ContentLength: 0}, "", nil,
			"HTTP/1.1 201 Created\r\n" + date + "Content-Length: 0\r\n\r\n", 0, false, true},

		// RFC 9110 sections 9.3.2, 15.3.5, 15.3.6, 15.4.5: no body.
		{"HEAD with length", "HEAD", exchange.Head{Status: 200, ContentLength: 5}, "", []string{"hello"},
			"HTTP/1.1 200 OK\r\n" + date + "Content-Length: 5\r\n\r\n", 5, false, true},
		{"HEAD without length", "HEAD", exchange.Head{Status: 200, ContentLength: -1}, "", []string{"hello"},
			"HTTP/1.1 200 OK\r\n" + date + "\r\n", 5, false, true},
		{"204", "GET", exchange.Head{Status: 204, ContentLength: -1}, "", []string{"x"},
			"HTTP/1.1 204 No Content\r\n" + date + "\r\n", 1, false, true},
		{"204 with length", "GET", exchange.Head{Status: 204, ContentLength: 3}, "", []string{"abc"},
			"HTTP/1.1 204 No Content\r\n" + date + "\r\n", 3, false, true},
		{"204 to HTTP/1.0", "1.0 keep", exchange.Head{Status: 204, ContentLength: -1}, "", nil,
			"HTTP/1.1 204 No Content\r\n" + date + "Connection: keep-alive\r\n\r\n", 0, false, true},
		{"205", "GET", exchange.Head{Status: 205, ContentLength: 3}, "", []string{"abc"},
			"HTTP/1.1 205 Reset Content\r\n" + date + "Content-Length: 0\r\n\r\n", 3, false, true},
		{"304", "GET", exchange.Head{Status: 304, ContentLength: -1}, "", []string{"abc"},
			"HTTP/1.1 304 Not Modified\r\n" + date + "\r\n", 3, false, true},
		{"304 with length", "GET", exchange.Head{Status: 304, ContentLength: 7}, "", nil,
			"HTTP/1.1 304 Not Modified\r\n" + date + "Content-Length: 7\r\n\r\n", 0, false, true},

		// RFC 9112 section 6.1: never chunked to HTTP/1.0; section 9.3: persistence.
		{"1.0 without length", "1.0", exchange.Head{Status: 200, ContentLength: -1}, "", []string{"hello", "!"},
			"HTTP/1.1 200 OK\r\n" + date + "Connection: close\r\n\r\nhello!", 0, false, false},
		{"1.0 keep-alive without length", "1.0 keep", exchange.Head{Status: 200, ContentLength: -1}, "", []string{"hello"},
			"HTTP/1.1 200 OK\r\n" + date + "Connection: close\r\n\r\nhello", 0, false, false},
		{"1.0 keep-alive with length", "1.0 keep", exchange.Head{Status: 200, ContentLength: 5}, "", []string{"hello"},
			"HTTP/1.1 200 OK\r\n" + date + "Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello", 0, false, true},
		{"1.0 with length", "1.0", exchange.Head{Status: 200, ContentLength: 5}, "", []string{"hello"},
			"HTTP/1.1 200 OK\r\n" + date + "Content-Length: 5\r\nConnection: close\r\n\r\nhello", 0, false, false},
		{"1.0 HEAD without length", "1.0 HEAD", exchange.Head{Status: 200, ContentLength: -1}, "", nil,
			"HTTP/1.1 200 OK\r\n" + date + "Connection: keep-alive\r\n\r\n", 0, false, true},
		{"client closes", "close", exchange.Head{Status: 200, ContentLength: -1}, "", []string{"a"},
			"HTTP/1.1 200 OK\r\n" + date + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\n\r\n", 0, false, false},
		{"handler closes", "GET", exchange.Head{Status: 200, Close: true}, "", nil,
			"HTTP/1.1 200 OK\r\n" + date + "Content-Length: 0\r\nConnection: close\r\n\r\n", 0, false, false},
		{"handler closes 1.0 keep-alive", "1.0 keep", exchange.Head{Status: 200, Close: true}, "", nil,
			"HTTP/1.1 200 OK\r\n" + date + "Content-Length: 0\r\nConnection: close\r\n\r\n", 0, false, false},

		// Fields that the engine makes itself.
		{"Date and Server of the application", "GET", exchange.Head{Status: 200, Fields: fields("dAtE", "yesterday", "SERVER", "mine")}, "s", nil,
			"HTTP/1.1 200 OK\r\ndAtE: yesterday\r\nSERVER: mine\r\nContent-Length: 0\r\n\r\n", 0, false, true},
		{"framing of the application", "GET", exchange.Head{Status: 200, ContentLength: 1, Fields: fields(
			"Content-Length", "7", "transfer-encoding", "chunked", "Connection", "close", "Keep-Alive", "timeout=1",
			"Upgrade", "h2c", "TRAILER", "X", "Proxy-Connection", "close", "Content-Lengthy", "8", "X-Vendor", "v", "Dato", "d")}, "", []string{"x"},
			"HTTP/1.1 200 OK\r\nContent-Lengthy: 8\r\nX-Vendor: v\r\nDato: d\r\n" + date + "Content-Length: 1\r\n\r\nx", 0, false, true},
		{"several fields of a name", "GET", exchange.Head{Status: 200, Fields: fields("Set-Cookie", "a=1", "Set-Cookie", "b=2")}, "", nil,
			"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n" + date + "Content-Length: 0\r\n\r\n", 0, false, true},
		{"unknown status without reason", "GET", exchange.Head{Status: 299}, "", nil,
			"HTTP/1.1 299 \r\n" + date + "Content-Length: 0\r\n\r\n", 0, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := ask(t, test.request)
			out, extra, complete := respond(e, &test.head, test.server, test.body...)
			if out != test.out {
				t.Errorf("wrote\n%q, want\n%q", out, test.out)
			}
			if extra != test.extra || complete == test.short || e.Persist() != test.persist {
				t.Errorf("extra %d, complete %v, persist %v; want %d, %v, %v", extra, complete, e.Persist(), test.extra, !test.short, test.persist)
			}
		})
	}
}

func TestPersist(t *testing.T) {
	ok := exchange.Head{Status: 200}
	t.Run("before the end", func(t *testing.T) {
		e := ask(t, "GET")
		if e.Persist() {
			t.Error("persists without a response")
		}
		e.AppendHead(nil, &ok, nil, "")
		if e.Persist() {
			t.Error("persists before the end of the response")
		}
		e.AppendEnd(nil)
		if !e.Persist() {
			t.Error("does not persist after the end of the response")
		}
	})
	t.Run("SetClose before the head", func(t *testing.T) {
		e := ask(t, "GET")
		e.SetClose()
		out, _, _ := respond(e, &ok, "")
		if e.Persist() || !strings.Contains(out, "\r\nConnection: close\r\n") {
			t.Errorf("persists %v: %q", e.Persist(), out)
		}
	})
	t.Run("SetClose after the head", func(t *testing.T) {
		e := ask(t, "GET")
		respond(e, &ok, "")
		e.SetClose()
		if e.Persist() {
			t.Error("persists")
		}
	})
	t.Run("SetClose between requests", func(t *testing.T) {
		e := ask(t, "GET")
		respond(e, &ok, "")
		e.Reset()
		e.SetClose()
		e.Reset()
		var req exchange.Request
		if _, v := e.ParseHead([]byte(requestKinds["GET"]), &req); v != http1.OK {
			t.Fatalf("a request that was on its way: %v", v)
		}
		out, _, _ := respond(e, &ok, "")
		if e.Persist() || !strings.Contains(out, "\r\nConnection: close\r\n") {
			t.Errorf("persists %v: %q", e.Persist(), out)
		}
	})
	t.Run("body unread", func(t *testing.T) {
		limits := http1.DefaultLimits()
		var e http1.Engine
		var req exchange.Request
		e.Init(&limits)
		raw := []byte(requestKinds["POST"])
		n, _ := e.ParseHead(raw, &req)
		out, _, _ := respond(&e, &ok, "")
		if !e.Persist() || e.BodyDone() || strings.Contains(out, "Connection") {
			t.Errorf("persists %v, body done %v: %q", e.Persist(), e.BodyDone(), out)
		}
		if _, _, v := e.ParseBody(raw[n:]); v != http1.OK || !e.Persist() || !e.BodyDone() {
			t.Errorf("body %v, persists %v, body done %v", v, e.Persist(), e.BodyDone())
		}
	})
	t.Run("body refused after the head", func(t *testing.T) {
		limits := http1.DefaultLimits()
		var e http1.Engine
		var req exchange.Request
		e.Init(&limits)
		e.ParseHead([]byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), &req)
		respond(&e, &ok, "")
		e.ParseBody([]byte("x"))
		if e.Persist() {
			t.Error("persists")
		}
	})
	t.Run("response without a request", func(t *testing.T) {
		limits := http1.DefaultLimits()
		var e http1.Engine
		e.Init(&limits)
		out, _, _ := respond(&e, &ok, "")
		if e.Persist() || !strings.Contains(out, "\r\nConnection: close\r\n") {
			t.Errorf("persists %v: %q", e.Persist(), out)
		}
	})
}

// What a sink might do wrong must not look like a complete response.
func TestEnd(t *testing.T) {
	t.Run("without a head", func(t *testing.T) {
		if out, complete := ask(t, "GET").AppendEnd(nil); complete || len(out) > 0 {
			t.Errorf("%q, complete %v", out, complete)
		}
	})
	t.Run("within a chunk", func(t *testing.T) {
		e := ask(t, "GET")
		e.AppendHead(nil, &exchange.Head{Status: 200, ContentLength: -1}, nil, "")
		e.BodyPrefix(nil, 5)
		if out, complete := e.AppendEnd(nil); complete || len(out) > 0 {
			t.Errorf("%q, complete %v", out, complete)
		}
	})
	t.Run("twice", func(t *testing.T) {
		e := ask(t, "GET")
		out, _, _ := respond(e, &exchange.Head{Status: 200, ContentLength: -1}, "")
		if again, complete := e.AppendEnd([]byte(out)); !complete || string(again) != out {
			t.Errorf("%q, complete %v", again, complete)
		}
	})
}

func TestAppendContinue(t *testing.T) {
	if got := string(http1.AppendContinue([]byte("x"))); got != "xHTTP/1.1 100 Continue\r\n\r\n" {
		t.Errorf("%q", got)
	}
}

func TestAppendDate(t *testing.T) {
	zone := time.FixedZone("somewhere", 3*3600)
	for _, at := range []time.Time{time.Unix(0, 0), time.Date(1994, 11, 6, 11, 49, 37, 5, zone), time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC)} {
		got := string(http1.AppendDate([]byte("x"), at))
		if want := "x" + at.UTC().Format(http.TimeFormat); got != want || len(got) != 1+29 {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Status texts are those of net/http, which follows the same registry; where the
// two differ the registry's newer name is ours (RFC 9110 section 15).
func TestStatusText(t *testing.T) {
	renamed := map[int]string{413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
	for code := -1; code < 1100; code++ {
		want := http.StatusText(code)
		if s, ok := renamed[code]; ok {
			want = s
		}
		if got := http1.StatusText(code); got != want {
			t.Errorf("%d: %q, want %q", code, got, want)
		}
	}
}
