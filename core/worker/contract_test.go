package worker_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/core/lane"
)

// row is one way of answering and what comes of it.
type row struct {
	path    string
	status  string // "" if no HEAD comes
	body    string
	blocks  int
	failure string // start of the END's line
	exit    bool
	trace   string // part of what the worker logs, "" for nothing
	field   string // a field of the head
}

var contract = []row{
	// The iterable.
	{path: "/ok", status: "200 OK", body: "body", blocks: 1},
	{path: "/tuple", status: "200 OK", body: "body", blocks: 1},
	{path: "/list", status: "200 OK", body: "one two", blocks: 1},
	{path: "/empty", status: "200 OK"},
	{path: "/empty-item", status: "200 OK"},
	{path: "/generator", status: "200 OK", body: "one two", blocks: 2},
	{path: "/empty-generator", status: "200 OK"},
	{path: "/bytes-subclass", status: "200 OK", body: "body", blocks: 1},
	{path: "/late", status: "200 OK", body: "late", blocks: 1},
	{path: "/after-empty", failure: "AssertionError: the application gave a body before it called start_response()"},
	{path: "/never", failure: "AssertionError: the application never called start_response()"},
	{path: "/never-empty", failure: "AssertionError: the application never called start_response()"},
	{path: "/returns-none", failure: "TypeError: the application returned NoneType, not an iterable of bytes"},
	{path: "/returns-str", failure: "TypeError: the application returned str, not an iterable of bytes"},
	{path: "/returns-bytes", failure: "TypeError: the application returned bytes, not an iterable of bytes: return [body]"},
	{path: "/returns-int", failure: "TypeError: 'int' object is not iterable"},
	{path: "/returns-list-of-str", failure: "TypeError: the application's iterable must yield bytes, not str: 'text'"},
	{path: "/second-is-str", failure: "TypeError: the application's iterable must yield bytes, not str: 'b'"},
	{path: "/yields-str", failure: "TypeError: the application's iterable must yield bytes, not str: 'text'"},
	{path: "/yields-none", failure: "TypeError: the application's iterable must yield bytes, not NoneType"},
	{path: "/yields-bytearray", failure: "TypeError: the application's iterable must yield bytes, not bytearray"},
	{path: "/yields-memoryview", failure: "TypeError: the application's iterable must yield bytes, not memoryview"},
	{path: "/yields-str-second", status: "200 OK", body: "first", blocks: 1, failure: "TypeError: the application's iterable"},

	// start_response and write.
	{path: "/twice", failure: "AssertionError: start_response() was called again without exc_info"},
	{path: "/exc-info-before", status: "503 Replaced", body: "replaced", blocks: 1},
	{path: "/exc-info-after", status: "200 OK", body: "first", blocks: 1, failure: "ValueError: too late", trace: `raise ValueError("too late")`},
	{path: "/recovers", status: "200 OK", body: "body", blocks: 1},
	{path: "/swallows", failure: "AssertionError: the application went on after start_response() had refused its arguments"},
	{path: "/write", status: "200 OK", body: "one two three", blocks: 3},
	{path: "/write-only", status: "200 OK", body: "written", blocks: 1},
	{path: "/write-kept", status: "200 OK", body: "stolen", blocks: 1},
	{path: "/write-text", failure: "TypeError: write() takes bytes, not str"},

	// The status.
	{path: "/status-int", failure: "TypeError: the status must be a str, not int: 200"},
	{path: "/status-bytes", failure: "TypeError: the status must be a str, not bytes: b'200 OK'"},
	{path: "/status-none", failure: "TypeError: the status must be a str, not NoneType: None"},
	{path: "/status-no-reason", failure: "ValueError: the status must be three digits from 200 to 599, a space and a reason, as '200 OK': '200'"},
	{path: "/status-empty-reason", status: "200 ", body: "body", blocks: 1},
	{path: "/status-word", failure: "ValueError: the status must be three digits"},
	{path: "/status-empty", failure: "ValueError: the status must be three digits"},
	{path: "/status-short", failure: "ValueError: the status must be three digits"},
	{path: "/status-high", failure: "ValueError: the status must be three digits"},
	{path: "/status-100", failure: "ValueError: the status must be a final one, not an interim 1xx: '100 Continue'"},
	{path: "/status-crlf", failure: `ValueError: the status contains a control character: '200 OK\r\nX: 1'`},
	{path: "/status-lf", failure: `ValueError: the status contains a control character: '200 OK\n'`},
	{path: "/status-nul", failure: `ValueError: the status contains a control character: '200 O\x00K'`},
	{path: "/status-tab", failure: `ValueError: the status contains a control character: '200\tOK'`},
	{path: "/status-euro", failure: "ValueError: the status has characters outside of latin-1: '200 \u20ac'"},
	{path: "/status-latin", status: "200 caf\xe9", body: "body", blocks: 1},
	{path: "/status-subclass", status: "299 Mine", body: "body", blocks: 1},

	// The headers.
	{path: "/headers-none", failure: "TypeError: the headers must be a list, not NoneType"},
	{path: "/headers-dict", failure: "TypeError: the headers must be a list, not dict"},
	{path: "/header-list", failure: "TypeError: a header must be a tuple (name, value), not list: ['X', '1']"},
	{path: "/header-triple", failure: "ValueError: a header must be a tuple (name, value): ('X', '1', '2')"},
	{path: "/header-str", failure: "TypeError: a header must be a tuple (name, value), not str: 'ab'"},
	{path: "/header-subclasses", status: "200 OK", body: "body", blocks: 1, field: "X-A: b"},
	{path: "/value-crlf", failure: `ValueError: the value of the header X-Bad contains a control character: 'a\r\nb'`},
	{path: "/value-lf", failure: `ValueError: the value of the header X-Bad contains a control character: 'a\n'`},
	{path: "/value-nul", failure: `ValueError: the value of the header X-Bad contains a control character: 'a\x00'`},
	{path: "/value-del", failure: `ValueError: the value of the header X-Bad contains a control character: 'a\x7f'`},
	{path: "/value-tab", failure: `ValueError: the value of the header X-Bad contains a control character: 'a\tb'`},
	{path: "/status-tab-later", failure: `ValueError: the status contains a control character: '200 a\tb'`},
	{path: "/value-int", failure: "TypeError: the value of the header X-Bad must be a str, not int: 1"},
	{path: "/value-bytes", failure: "TypeError: the value of the header X-Bad must be a str, not bytes: b'1'"},
	{path: "/value-none", failure: "TypeError: the value of the header X-Bad must be a str, not NoneType: None"},
	{path: "/value-euro", failure: "ValueError: the value of the header X-Bad has characters outside of latin-1: '\u20ac'"},
	{path: "/value-latin", status: "200 OK", body: "body", blocks: 1, field: "X-Latin: caf\xe9"},
	{path: "/value-empty", status: "200 OK", body: "body", blocks: 1, field: "X-Empty: "},
	{path: "/name-space", failure: "ValueError: a header name must be an HTTP token: 'X Bad'"},
	{path: "/name-colon", failure: "ValueError: a header name must be an HTTP token: 'X:Bad'"},
	{path: "/name-empty", failure: "ValueError: a header name must be an HTTP token: ''"},
	{path: "/name-lf", failure: `ValueError: a header name must be an HTTP token: 'X\nY'`},
	{path: "/name-latin", failure: "ValueError: a header name must be an HTTP token: 'X-\u00e9'"},
	{path: "/name-bytes", failure: "TypeError: a header name must be a str, not bytes: b'X'"},
	{path: "/name-unhashable", failure: "TypeError: a header name must be a str, not list: []"},
	{path: "/hop-te", failure: "ValueError: the header transfer-ENCODING is hop-by-hop: it belongs to the server (PEP 3333)"},
	{path: "/hop-keep-alive", failure: "ValueError: the header Keep-Alive is hop-by-hop"},
	{path: "/hop-upgrade", failure: "ValueError: the header Upgrade is hop-by-hop"},
	{path: "/hop-trailer", failure: "ValueError: the header Trailer is hop-by-hop"},
	{path: "/hop-status", failure: "ValueError: the header Status is not allowed"},
	{path: "/connection-close", status: "200 OK", body: "body", blocks: 1, field: "Connection: close"},
	{path: "/length", status: "200 OK", body: "body", blocks: 1, field: "Content-Length: 4"},
	{path: "/length-word", failure: "ValueError: the header Content-Length must be a number: 'abc'"},
	{path: "/length-plus", failure: "ValueError: the header Content-Length must be a number: '+4'"},
	{path: "/length-empty", failure: "ValueError: the header Content-Length must be a number: ''"},
	{path: "/length-digits", failure: "ValueError: the value of the header Content-Length has characters outside of latin-1"},
	{path: "/length-huge", failure: "ValueError: the header Content-Length is too large"},
	{path: "/length-int", failure: "TypeError: the value of the header Content-Length must be a str, not int: 4"},
	{path: "/length-twice", failure: "ValueError: the header Content-Length is there twice"},
	{path: "/cookies", status: "200 OK", body: "body", blocks: 1, field: "Set-Cookie: b=2"},
	{path: "/big-head", failure: "ValueError: the headers take 301996 bytes, more than the limit of 262144"},

	// Exceptions.
	{path: "/raises", failure: "ValueError: at once", trace: "ValueError: at once\n"},
	{path: "/raises-lines", failure: "ValueError: two", trace: "ValueError: two\nlines\n"},
	{path: "/raises-after-start", failure: "ValueError: after start_response"},
	{path: "/raises-unprintable", failure: "contract.Unprintable: <", trace: "Unprintable"},
	{path: "/chained", failure: "ValueError: with a cause", trace: "The above exception was the direct cause"},
	{path: "/keyboard-interrupt", failure: "KeyboardInterrupt"},
	{path: "/generator-exit", failure: "GeneratorExit: odd"},
	{path: "/stop-iteration", failure: "StopIteration"},
	{path: "/memory", failure: "MemoryError"},
	{path: "/deep", failure: "RecursionError: maximum recursion depth exceeded"},
	{path: "/exit", failure: "SystemExit: 3", exit: true},
	{path: "/exit-none", failure: "SystemExit", exit: true},
	{path: "/exit-text", failure: "SystemExit: bye", exit: true},
	{path: "/errors-bytes", failure: "TypeError: wsgi.errors takes str, not bytes"},
}

// TestContract: every row, one after another in the same worker, which serves on
// after each of them.
func TestContract(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		for _, r := range contract {
			t.Run(strings.TrimPrefix(r.path, "/"), func(t *testing.T) {
				l := *p.lanes[0]
				l.t = t
				defer func() { l.t = p.t; *p.lanes[0] = l }()
				r.check(t, l.exchange(r.path, ""))
				if next := l.exchange("/ok", ""); next.body != "body" || next.flags != 0 {
					t.Errorf("the next response is %+v", next)
				}
			})
		}
	})
}

func (r row) check(t *testing.T, a answer) {
	t.Helper()
	if a.status != r.status || a.body != r.body || a.blocks != r.blocks {
		t.Errorf("status %q, body %q in %d blocks, expected %q, %q in %d", a.status, a.body, a.blocks, r.status, r.body, r.blocks)
	}
	wantFlags := uint8(0)
	if r.failure != "" {
		wantFlags |= lane.FlagError
	}
	if r.exit {
		wantFlags |= lane.FlagExit
	}
	if a.flags != wantFlags {
		t.Errorf("flags %d of the END, expected %d", a.flags, wantFlags)
	}
	if !strings.HasPrefix(a.failure, r.failure) || r.failure == "" && a.failure != "" || strings.Contains(a.failure, "\n") {
		t.Errorf("failure %q, expected %q", a.failure, r.failure)
	}
	if !strings.Contains(a.trace, r.trace) || (a.trace != "") != (r.failure != "") {
		t.Errorf("logged %q, expected %q", a.trace, r.trace)
	}
	if strings.Contains(a.trace, "modwsgi-express") && !strings.Contains(r.failure, "start_response") && strings.Contains(a.trace, "request.py") {
		t.Errorf("frames of the worker in the traceback:\n%s", a.trace)
	}
	if r.field != "" && !contains(a.fields, r.field) {
		t.Errorf("fields %q have no %q", a.fields, r.field)
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// TestOneFrame: a small response is one frame, and so one system call each way.
func TestOneFrame(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		for path, want := range map[string]string{
			"/ok": "[HEAD]", "/list": "[HEAD]", "/empty": "[HEAD]", "/empty-generator": "[HEAD]",
			"/generator": "[HEAD DATA END]", "/late": "[HEAD END]", "/write-only": "[HEAD END]",
		} {
			if a := p.lanes[0].exchange(path, ""); fmt.Sprint(a.frames) != want {
				t.Errorf("%s: frames %v, expected %s", path, a.frames, want)
			}
		}
	})
}

// TestLarge: bodies and environs beyond the buffers and beyond one frame.
func TestLarge(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		if a := l.exchange("/big", ""); a.body != strings.Repeat("0123456789", 300000) || a.blocks != 3 {
			t.Errorf("%d bytes in %d frames", len(a.body), a.blocks)
		}
		if a := l.exchange("/big-list", ""); a.body != strings.Repeat("0123456789", 10000)+strings.Repeat("abc", 1000) {
			t.Errorf("%d bytes", len(a.body))
		}
		e := environ("/reads")
		e["HTTP_X_LONG"] = strings.Repeat("x", 200<<10)
		l.request(e, strings.Repeat("y", 700<<10), true)
		if a := l.response(nil); a.body != fmt.Sprint(700<<10) {
			t.Errorf("answer %+v", a)
		}
		if a := l.exchange("/ok", ""); a.body != "body" {
			t.Errorf("answer %+v", a)
		}
	})
}

// TestCloseOnce: close() of the iterable is called once, whatever happens.
func TestCloseOnce(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		for _, c := range []struct {
			path, body, failure string
			flags               uint8
			trace               string
		}{
			{path: "/closing", body: "body"},
			{path: "/closing-empty"},
			{path: "/closing-204", body: "body"},
			{path: "/closing-first", flags: lane.FlagError, failure: "ValueError: first", trace: "ValueError: first"},
			{path: "/closing-later", flags: lane.FlagError, body: "block 0;block 1;", failure: "ValueError: later", trace: "ValueError: later"},
			{path: "/closing-exit", flags: lane.FlagError | lane.FlagExit, body: "block 0;", failure: "SystemExit: 1", trace: "SystemExit"},
			{path: "/closing-str", flags: lane.FlagError, failure: "TypeError", trace: "must yield bytes"},
			// What was sent is complete, so the response ends well.
			{path: "/closing-fails", body: "body", trace: "ValueError: in close"},
			{path: "/closing-exits", flags: lane.FlagError | lane.FlagExit, body: "body", failure: "SystemExit: 4", trace: "SystemExit: 4"},
			{path: "/closing-both", flags: lane.FlagError, body: "block 0;", failure: "ValueError: in the body", trace: "KeyError: 'in close'"},
			{path: "/closing-never", flags: lane.FlagError, failure: "AssertionError: the application gave a body", trace: "AssertionError"},
		} {
			a := l.exchange(c.path, "")
			if a.body != c.body || a.flags != c.flags || !strings.HasPrefix(a.failure, c.failure) {
				t.Errorf("%s: %q, flags %d, %q; expected %+v", c.path, a.body, a.flags, a.failure, c)
			}
			if !strings.Contains(a.trace, c.trace) || c.trace == "" && a.trace != "" {
				t.Errorf("%s: logged %q, expected %q", c.path, a.trace, c.trace)
			}
			if got := l.exchange("/closed", "").body; got != "[1]" {
				t.Errorf("%s: calls of close(): %s", c.path, got)
			}
		}
	})
}

// TestAbort: the front gives up in the middle; the application is stopped at its
// next block, its iterable closed, and the lane serves on.
func TestAbort(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		for path, closed := range map[string]string{
			"/endless": "[1]", "/endless-quiet": "[1]", "/endless-write": `["ClientGone"]`,
		} {
			l.request(environ(path), "", true)
			if f := l.receive(); f.Type != lane.Head {
				t.Fatalf("%s: %v", path, f)
			}
			l.send(lane.Abort, 0, nil)
			if a := drain(l); a.flags != lane.FlagError || a.trace != "" {
				t.Errorf("%s: END flags %d, logged %q", path, a.flags, a.trace)
			}
			if got := l.exchange("/closed", "").body; got != closed {
				t.Errorf("%s: closed %s, expected %s", path, got, closed)
			}
		}
		// An ABORT that crosses the END is of no request.
		l.exchange("/ok", "")
		l.send(lane.Abort, 0, nil)
		if a := l.exchange("/ok", ""); a.body != "body" {
			t.Errorf("after a late ABORT: %+v", a)
		}
		// An ABORT in place of the body.
		l.request(environ("/reads-failing"), "", false)
		if f := l.receive(); f.Type != lane.Want {
			t.Fatalf("expected WANT, got %v", f)
		}
		l.send(lane.Abort, 0, nil)
		a := drain(l)
		if a.flags != 0 && a.flags != lane.FlagError {
			t.Errorf("END flags %d", a.flags)
		}
		if a := l.exchange("/ok", ""); a.body != "body" {
			t.Errorf("after an ABORT for a body: %+v", a)
		}
	})
}

// drain takes what is left of a response whose head has come or is not wanted.
func drain(l *wire) answer {
	l.t.Helper()
	var a answer
	for {
		f := l.receive()
		switch {
		case f.Type == lane.Errors:
			a.trace += string(f.payload)
		case f.Type == lane.End:
			a.flags, a.failure = f.Flags, string(f.payload)
			return a
		case f.Flags&lane.FlagEnd != 0:
			return a
		}
	}
}

// TestErrors: wsgi.errors, line by line, and to stderr after its request.
func TestErrors(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		a := l.exchange("/errors", "")
		if want := "one line\nin parts\ntwo\nlines\nprinted \u20ac \\udc80\nflushedno newline"; a.log != want {
			t.Errorf("logged %q, expected %q", a.log, want)
		}
		if n := strings.Count(fmt.Sprint(a.frames), "ERRORS"); n != 7 {
			t.Errorf("%d ERRORS frames, expected 7: %v", n, a.frames)
		}
		if a := l.exchange("/errors-after", ""); a.log != "" || a.body != "ok" {
			t.Errorf("answer %+v", a)
		}
		if a := l.exchange("/errors-long", ""); a.log != strings.Repeat("x", 200000)+"\n" {
			t.Errorf("%d bytes were logged", len(a.log))
		}
		if err := p.Stop("test"); err != nil {
			t.Fatal(err)
		}
		p.exited()
		if tail := p.Tail(); !contains(tail, "after its request") {
			t.Errorf("stderr %q", tail)
		}
	})
}

// TestNothingKept: what a request made is freed when it is over, without the
// help of the garbage collector.
func TestNothingKept(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		for range 5 {
			l.exchange("/tracked", "")
			l.exchange("/tracked-fails", "")
		}
		if a := l.exchange("/count-tracked", ""); a.body != "10" {
			t.Errorf("%s of 10 objects were freed", a.body)
		}
	})
}

// TestEnviron: what the front sent arrives, with the three keys that are
// Python's, and nothing else.
func TestEnviron(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		e := environ("/state")
		e["HTTP_X_LATIN"], e["QUERY_STRING"] = "caf\u00e9", strings.Repeat("q", 300)
		p.lanes[0].request(e, "", true)
		var got struct {
			Environ []string
			Values  map[string]any
		}
		if err := json.Unmarshal([]byte(p.lanes[0].response(nil).body), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Environ) != len(e) {
			t.Errorf("%d keys came of %d: %q", len(got.Environ), len(e), got.Environ)
		}
		for k, v := range e {
			if _, ok := v.([]int); !ok && got.Values[k] != v {
				t.Errorf("%s is %#v, expected %#v", k, got.Values[k], v)
			}
		}
		if v := fmt.Sprint(got.Values["wsgi.version"]); v != "[1 0]" {
			t.Errorf("wsgi.version is %s", v)
		}
	})
}
