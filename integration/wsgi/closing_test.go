package wsgi_test

import (
	"errors"
	"syscall"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestCloseOnce: the iterable's close() is called exactly once, whatever
// happens to the response.
func TestCloseOnce(t *testing.T) {
	s, gates := serve(t, "closing", "--threads", "2")
	s.Allow(".")
	cases := []string{"normal", "length", "empty", "204", "204-body", "304", "raises-first", "raises-later",
		"raises-in-iter", "raises-in-close", "raises-in-close-chunked", "str-item", "str-item-later", "too-long",
		"too-short", "write", "starts-late", "never-starts", "file", "file-memory"}
	for _, name := range cases {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(method+"-"+name, func(t *testing.T) {
				token := method + "-" + name
				c := harness.Dial(t, s.Address())
				c.Send(harness.Compose(method, "/"+name+"?token="+token, ""))
				_, err := c.Read(method)
				var cut *harness.TruncatedError
				if err != nil && !errors.As(err, &cut) {
					t.Fatal(err)
				}
				expectClosedOnce(t, s, gates, token)
			})
		}
	}
}

// expectClosedOnce waits for the close() and then makes two more requests, one
// for each thread, before it counts.
func expectClosedOnce(t *testing.T, s *harness.Server, gates *harness.Gates, token string) {
	t.Helper()
	gates.Await(token+"-closed", 1)
	get(t, s, "/")
	get(t, s, "/")
	if n := gates.Arrivals(token + "-closed"); n != 1 {
		t.Errorf("close() was called %d times", n)
	}
}

// TestCloseWhenClientLeaves: before the response, between two blocks, and in
// the middle of an endless one.
func TestCloseWhenClientLeaves(t *testing.T) {
	s, gates := serve(t, "closing", "--threads", "2")
	s.Allow(".")
	t.Run("endless", func(t *testing.T) {
		c := harness.Dial(t, s.Address())
		c.Send(harness.Compose("GET", "/endless?token=endless", ""))
		c.Stream("GET").Until("xxx")
		c.Reset()
		expectClosedOnce(t, s, gates, "endless")
	})
	t.Run("between blocks", func(t *testing.T) {
		c := harness.Dial(t, s.Address())
		c.Send(harness.Compose("GET", "/gated?token=between", ""))
		c.Stream("GET").Until("first block\n")
		c.Reset()
		gates.Open("between")
		expectClosedOnce(t, s, gates, "between")
	})
}

// TestCloseOnSystemExit: the worker is replaced, after the iterable was closed.
func TestCloseOnSystemExit(t *testing.T) {
	s, gates := serve(t, "closing", "--threads", "2")
	s.Allow(".")
	c := s.Dial()
	c.Send(harness.Compose("GET", "/system-exit?token=exit", ""))
	if res, err := c.Read("GET"); err == nil && res.Status != 500 {
		t.Errorf("the response ended cleanly: %d %q", res.Status, res.Body)
	}
	expectClosedOnce(t, s, gates, "exit")
}

// TestCloseOnDrain: SIGTERM lets the running request end, close() included.
func TestCloseOnDrain(t *testing.T) {
	s, gates := serve(t, "closing", "--threads", "2")
	s.Unchecked()
	c := s.Dial()
	c.Send(harness.Compose("GET", "/gated?token=drain", ""))
	stream := c.Stream("GET")
	stream.Until("first block\n")
	from := s.Log.Len()
	s.Signal(syscall.SIGTERM)
	awaitLine(t, s, from, "draining")
	gates.Open("drain")
	if err := stream.Rest(); err != nil {
		t.Errorf("the running response was cut off: %v", err)
	}
	if code := s.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if n := gates.Arrivals("drain-closed"); n != 1 {
		t.Errorf("close() was called %d times", n)
	}
}

// TestCloseAfterTimeout: the front has given up on the request, and its worker
// is being replaced, when the iterable comes back.
func TestCloseAfterTimeout(t *testing.T) {
	s, gates := serve(t, "closing", "--threads", "2", "--request-timeout", "500ms")
	s.Allow(".")
	c := s.Dial()
	c.Send(harness.Compose("GET", "/gated?token=late", ""))
	stream := c.Stream("GET")
	stream.Until("first block\n")
	stream.ExpectAbort()
	gates.Open("late")
	expectClosedOnce(t, s, gates, "late")
}
