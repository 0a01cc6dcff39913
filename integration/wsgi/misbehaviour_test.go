package wsgi_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// How an answer ends.
const (
	whole   = iota // cleanly
	aborted        // cut off; where nothing had left yet, the 500 page instead
)

// What becomes of the connection.
const (
	announced = iota // kept, unless the answer says "Connection: close"
	kept
	closed // whether or not the answer could say so
)

// row is one way of misbehaving, and what the client and the log see of it.
type row struct {
	path   string
	method string // "": GET
	status int
	end    int
	conn   int
	body   string   // of an answer below 500
	has    []string // field lines of the answer
	hasNot []string // names of fields that it must not have
	logged string   // some line of the log has it, and some warning or error names the path
}

var misbehaviours = []row{
	// header fields
	{path: "/value-crlf", status: 500, hasNot: []string{"X-Injected"}, logged: "X-Bad"},
	{path: "/value-lf", status: 500, hasNot: []string{"X-Injected"}, logged: "X-Bad"},
	{path: "/value-cr", status: 500, hasNot: []string{"X-Injected"}, logged: "X-Bad"},
	{path: "/value-end-lf", status: 500, logged: "X-Bad"},
	{path: "/name-crlf", status: 500, hasNot: []string{"X-Injected"}, logged: "X-Bad"},
	{path: "/value-nul", status: 500, logged: "X-Bad"},
	{path: "/name-colon", status: 500, logged: "X:Bad"},
	{path: "/name-colon-end", status: 500, logged: "X-Bad:"},
	{path: "/name-space", status: 500, logged: "X Bad"},
	{path: "/name-space-end", status: 500, logged: "X-Bad "},
	{path: "/name-empty", status: 500, logged: "Traceback"},
	{path: "/name-euro", status: 500, logged: "Traceback"},
	{path: "/name-latin", status: 500, logged: "Traceback"},
	{path: "/name-bytes", status: 500, logged: "bytes"},
	{path: "/value-int", status: 500, logged: "int"},
	{path: "/value-none", status: 500, logged: "NoneType"},
	{path: "/value-bytes", status: 500, logged: "bytes"},
	{path: "/value-euro", status: 500, logged: "X-Bad"},
	{path: "/value-latin", status: 200, conn: kept, body: "body\n", has: []string{"X-Latin: caf\xe9"}},
	{path: "/value-empty", status: 200, conn: kept, body: "body\n", has: []string{"X-Empty: "}},
	{path: "/headers-none", status: 500, logged: "Traceback"},
	{path: "/headers-dict", status: 500, logged: "dict"},
	{path: "/header-triple", status: 500, logged: "Traceback"},
	{path: "/header-str", status: 500, logged: "Traceback"},
	{path: "/hop-te", status: 500, logged: "Transfer-Encoding"},
	{path: "/hop-te-case", status: 500, logged: "transfer-ENCODING"},
	{path: "/hop-keep-alive", status: 500, logged: "Keep-Alive"},
	{path: "/hop-upgrade", status: 500, logged: "Upgrade"},
	{path: "/hop-trailer", status: 500, logged: "Trailer"},
	{path: "/hop-connection-close", status: 200, conn: closed, body: "body\n", has: []string{"Connection: close"}},
	{path: "/hop-connection-keep", status: 200, conn: kept, body: "body\n", hasNot: []string{"Connection"}},
	// status
	{path: "/status-crlf", status: 500, hasNot: []string{"X-Injected"}, logged: "X-Injected"},
	{path: "/status-lf", status: 500, hasNot: []string{"X-Injected"}, logged: "X-Injected"},
	{path: "/status-end-lf", status: 500, logged: "200 OK"},
	{path: "/status-no-reason", status: 500, logged: "200"},
	{path: "/status-empty-reason", status: 200, conn: kept, body: "body\n"},
	{path: "/status-abc", status: 500, logged: "abc"},
	{path: "/status-empty", status: 500, logged: "Traceback"},
	{path: "/status-two-digits", status: 500, logged: "99 x"},
	{path: "/status-four-digits", status: 500, logged: "2000 x"},
	{path: "/status-high", status: 500, logged: "600"},
	{path: "/status-zero", status: 500, logged: "000 x"},
	{path: "/status-negative", status: 500, logged: "-20 x"},
	{path: "/status-tab", status: 500, logged: "200"},
	{path: "/status-space", status: 500, logged: " 200 OK"},
	{path: "/status-int", status: 500, logged: "int"},
	{path: "/status-bytes", status: 500, logged: "bytes"},
	{path: "/status-none", status: 500, logged: "NoneType"},
	{path: "/status-100", status: 500, logged: "100"},
	{path: "/status-101", status: 500, logged: "101"},
	{path: "/status-euro", status: 500, logged: "Traceback"},
	{path: "/status-latin", status: 200, conn: kept, body: "body\n"},
	{path: "/status-unknown", status: 299, conn: kept, body: "body\n"},
	// start_response
	{path: "/never-starts", status: 500, logged: "start_response"},
	{path: "/never-starts-empty", status: 500, logged: "start_response"},
	{path: "/starts-on-first-next", status: 200, conn: kept, body: "lazy\n"},
	{path: "/starts-on-second-next", status: 500, logged: "start_response"},
	{path: "/starts-after-empty-item", status: 500, logged: "start_response"},
	{path: "/starts-twice", status: 500, hasNot: []string{"X-First", "X-Second"}, logged: "start_response"},
	{path: "/exc-info-before", status: 503, conn: kept, body: "replaced\n", has: []string{"X-Second: 1"}, hasNot: []string{"X-First"}},
	{path: "/exc-info-after", status: 200, end: aborted, conn: closed, logged: "noticed too late"},
	{path: "/exc-info-after-write", status: 200, end: aborted, conn: closed, logged: "noticed too late"},
	{path: "/bad-exc-info", status: 500, logged: "Traceback"},
	{path: "/no-arguments", status: 500, logged: "Traceback"},
	// what it returns
	{path: "/returns-str", status: 500, logged: "str"},
	{path: "/returns-list-of-str", status: 500, logged: "str"},
	{path: "/returns-none", status: 500, logged: "NoneType"},
	{path: "/returns-int", status: 500, logged: "int"},
	{path: "/returns-object", status: 500, logged: "Uncallable"},
	{path: "/yields-int", status: 500, logged: "int"},
	{path: "/yields-none", status: 500, logged: "NoneType"},
	{path: "/yields-str-second", status: 200, end: aborted, conn: closed, logged: "str"},
	{path: "/writes-str", status: 500, logged: "str"},
	{path: "/writes-then-returns", status: 200, conn: kept, body: "written returned\n"},
	{path: "/empty-generator", status: 200, conn: kept, body: ""},
	{path: "/empty-list", status: 200, conn: kept, body: "", has: []string{"Content-Length: 0"}},
	// framing
	{path: "/length-short-list", status: 200, end: aborted, conn: closed, logged: "Content-Length"},
	{path: "/length-short", status: 200, end: aborted, conn: closed, logged: "Content-Length"},
	{path: "/length-short-empty", status: 200, end: aborted, conn: closed, logged: "Content-Length"},
	{path: "/length-long-list", status: 200, conn: closed, body: "12345", logged: "more body"},
	{path: "/length-long", status: 200, conn: closed, body: "12345", logged: "more body"},
	{path: "/length-long-later", status: 200, conn: closed, body: "12345", logged: "more body"},
	{path: "/length-long-write", status: 200, conn: closed, body: "12345", logged: "more body"},
	{path: "/length-zero-long", status: 200, conn: closed, body: "", logged: "more body"},
	{path: "/length-abc", status: 500, logged: "abc"},
	{path: "/length-negative", status: 500, logged: "-5"},
	{path: "/length-plus", status: 500, logged: "+5"},
	{path: "/length-empty", status: 500, logged: "Content-Length"},
	{path: "/length-list", status: 500, logged: "5, 5"},
	{path: "/length-huge", status: 500, logged: "Content-Length"},
	{path: "/length-two", status: 500, logged: "Content-Length"},
	{path: "/length-two-equal", status: 500, logged: "Content-Length"},
	{path: "/204-body", status: 204, conn: kept, body: "", has: []string{"X-Kept: yes"}, logged: "204"},
	{path: "/304-body", status: 304, conn: kept, body: "", has: []string{"X-Kept: yes"}}, // "log once": it was
	{path: "/204-length", status: 204, conn: kept, body: "", hasNot: []string{"Content-Length"}},
	{path: "/head-body", method: "HEAD", status: 200, conn: kept, has: []string{"Content-Length: 5"}},
	{path: "/length-long", method: "HEAD", status: 200, conn: kept, has: []string{"Content-Length: 5"}},
	{path: "/length-short", method: "HEAD", status: 200, conn: kept, has: []string{"Content-Length: 10"}},
	{path: "/writes-then-returns", method: "HEAD", status: 200, conn: kept},
	{path: "/raises-at-once", method: "HEAD", status: 500, logged: "raised before start_response"},
	// exceptions
	{path: "/raises-at-once", status: 500, logged: "ValueError: raised before start_response"},
	{path: "/raises-after-start", status: 500, logged: "ValueError: raised after start_response"},
	{path: "/raises-on-first-next", status: 500, logged: "ValueError: raised on the first next"},
	{path: "/raises-midstream", status: 200, end: aborted, conn: closed, logged: "ValueError: raised midstream"},
	{path: "/raises-midstream-length", status: 200, end: aborted, conn: closed, logged: "ValueError: raised midstream"},
	{path: "/keyboard-interrupt", status: 500, logged: "KeyboardInterrupt"},
	{path: "/generator-exit", status: 500, logged: "GeneratorExit"},
	// odd but legal
	{path: "/reads-everything", status: 200, conn: kept, body: "||||"},
	{path: "/clears-environ", status: 200, conn: kept, body: "cleared\n"},
	{path: "/cookies", status: 200, conn: kept, body: "cookies\n", has: []string{"Set-Cookie: a=1", "Set-Cookie: b=2"}},
}

func TestMisbehaviour(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := harness.Start(t, harness.Options{Target: script("misbehave"), Variant: v, Args: []string{"--keep-alive-timeout", "60"}})
		s.Allow(".") // errors of the application are what this test is about
		for _, r := range misbehaviours {
			if r.method == "" {
				r.method = "GET"
			}
			t.Run(r.method+r.path, func(t *testing.T) { r.check(t, s) })
		}
	})
}

func (r row) check(t *testing.T, s *harness.Server) {
	from := s.Log.Len()
	c := harness.Dial(t, s.Address())
	c.Send(harness.Compose(r.method, r.path, ""))
	res, err := c.Read(r.method)
	var cut *harness.TruncatedError
	switch {
	case r.end == aborted && errors.As(err, &cut):
		c.ExpectClosed()
	case r.end == aborted && err == nil && res.Status == 500:
		c.ExpectClosed() // nothing had left yet: this is better still
	case r.end == aborted:
		t.Errorf("expected the response to be cut off, got %+v, %v", res, err)
	case err != nil:
		t.Errorf("read response: %v", err)
	default:
		r.checkWhole(t, c, res)
	}
	if r.logged != "" {
		awaitLine(t, s, from, r.quoted())
		r.checkNamed(t, s, from)
	}
}

func (r row) checkWhole(t *testing.T, c *harness.Conn, res *harness.Response) {
	if res.Status != r.status {
		t.Errorf("status %d, expected %d; body %.200q", res.Status, r.status, res.Body)
	}
	if r.status < 500 && string(res.Body) != r.body {
		t.Errorf("body %q, expected %q", res.Body, r.body)
	}
	if r.status >= 500 && strings.Contains(string(res.Body), "Traceback") {
		t.Errorf("the client is shown a traceback: %q", res.Body)
	}
	for _, line := range r.has {
		name, value, _ := strings.Cut(line, ": ")
		if !contains(res.Values(name), value) {
			t.Errorf("no field %q in %q", line, res.Fields)
		}
	}
	for _, name := range r.hasNot {
		if v := res.Values(name); v != nil {
			t.Errorf("field %s: %q", name, v)
		}
	}
	if r.conn == kept && res.Closes() {
		t.Errorf("the response closes the connection: %q", res.Fields)
	}
	if r.conn == closed || res.Closes() {
		c.ExpectClosed()
		return
	}
	c.Send(harness.Compose("GET", "/ok", ""))
	if next := c.Expect("GET", 200); string(next.Body) != "ok\n" {
		t.Errorf("the next response on the connection has the body %q", next.Body)
	}
}

// checkNamed wants a warning or an error that names the request.
func (r row) checkNamed(t *testing.T, s *harness.Server, from int) {
	_, ok := s.Log.Wait(from, harness.Patience, func(l harness.Line) bool {
		level := l.String("level")
		return (level == "warn" || level == "error") && strings.Contains(l.Text, r.path)
	})
	if !ok {
		t.Errorf("no warning or error names %s; the log says:\n%s", r.path, since(s, from))
	}
}

// quoted is the text as it stands inside a line of JSON.
func (r row) quoted() string {
	q := strconv.Quote(r.logged)
	return q[1 : len(q)-1]
}

func contains(values []string, want string) bool {
	for _, v := range values {
		if v == want {
			return true
		}
	}
	return false
}

// TestReturnedBytes: a bytes object as the result is an iterable of integers,
// so a server may refuse it or send it whole; it must not send half a response.
func TestReturnedBytes(t *testing.T) {
	s, _ := serve(t, "misbehave")
	s.Allow("returns-bytes|Traceback|TypeError")
	for _, path := range []string{"/returns-bytes", "/returns-bytearray"} {
		if res := get(t, s, path); res.Status != 500 && (res.Status != 200 || string(res.Body) != "bytes\n") {
			t.Errorf("%s: %d %q", path, res.Status, res.Body)
		}
	}
}

// TestSystemExit: the client gets a 500, the worker is replaced, and the code
// means nothing to the front.
func TestSystemExit(t *testing.T) {
	s, _ := serve(t, "misbehave", "--threads", "2")
	s.Allow("SystemExit|system-exit")
	for _, path := range []string{"/system-exit", "/system-exit-text", "/system-exit-none"} {
		before := string(get(t, s, "/process").Body)
		from := s.Log.Len()
		if res := get(t, s, path); res.Status != 500 {
			t.Errorf("%s: status %d, expected 500", path, res.Status)
		}
		awaitLine(t, s, from, "SystemExit")
		err := harness.Eventually(harness.Patience, func() error {
			if pid := string(get(t, s, "/process").Body); pid == before {
				return errors.New("the worker that raised SystemExit still serves: " + pid)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestLengthAgainstException: all announced bytes had left when it failed, so
// the client has a whole body; but the connection is not used again.
func TestLengthAgainstException(t *testing.T) {
	s, _ := serve(t, "misbehave")
	s.Allow("raises-after-whole-body|Traceback|ValueError")
	c := s.Dial()
	from := s.Log.Len()
	c.Send(harness.Compose("GET", "/raises-after-whole-body", "") + harness.Compose("GET", "/ok", ""))
	res, err := c.Read("GET")
	var cut *harness.TruncatedError
	if err != nil && !errors.As(err, &cut) {
		t.Fatal(err)
	}
	if err == nil && res.Status == 200 && string(res.Body) != "first block\n" {
		t.Errorf("body %q", res.Body)
	}
	c.ExpectClosed()
	awaitLine(t, s, from, "raised after the last byte")
}
