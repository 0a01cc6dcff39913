package wsgi_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// death is a way for an application to end in the middle of a response.
type death struct {
	how   string
	code  int
	named string // what the log calls it
	last  bool   // it takes the process along: its last words are in the obituary
}

var deaths = []death{
	{how: "exception", named: `ValueError: died midstream`},
	{how: "sysexit", code: 0, named: `SystemExit`},
	{how: "sysexit", code: 3, named: `SystemExit`},
	{how: "sysexit", code: 5, named: `SystemExit`},
	{how: "os-exit", code: 0, named: `\b(exit(ed)?|code|status)\b\D{0,20}0\b`, last: true},
	{how: "os-exit", code: 3, named: `\b(exit(ed)?|code|status)\b\D{0,20}3\b`, last: true},
	{how: "sigkill", named: `(?i)SIGKILL|signal: killed`, last: true},
	{how: "sigsegv", named: `(?i)SIGSEGV|segmentation fault`, last: true},
	{how: "sigabrt", named: `(?i)SIGABRT|aborted`, last: true},
}

// TestDeathMidstream: the client has the first block when the application, its
// worker or its process goes. It sees an abort and never a clean end, the log
// says what died, how, and over which request, and the server serves on.
func TestDeathMidstream(t *testing.T) {
	for _, d := range deaths {
		t.Run(fmt.Sprintf("%s-%d", d.how, d.code), func(t *testing.T) {
			s, gates := serve(t, "misbehave", "--threads", "2")
			s.Allow(".")
			for _, framing := range []string{"chunked", "length"} {
				t.Run(framing, func(t *testing.T) { d.check(t, s, gates, framing) })
			}
		})
	}
}

func (d death) check(t *testing.T, s *harness.Server, gates *harness.Gates, framing string) {
	from := s.Log.Len()
	target := fmt.Sprintf("/die?how=%s&code=%d&framing=%s&gate=%s", d.how, d.code, framing, framing)
	c := harness.Dial(t, s.Address())
	c.Send(harness.Compose("GET", target, ""))
	stream := c.Stream("GET")
	if string(stream.Framing) != framing {
		t.Errorf("framing %s, expected %s", stream.Framing, framing)
	}
	stream.Until("first block\n")
	gates.Open(framing)
	stream.ExpectAbort()
	if got := string(stream.Body); got != "first block\n" {
		t.Errorf("body %q, expected the first block only", got)
	}
	awaitObituary(t, s, from, d, "/die")
	recovers(t, s)
}

// recovers waits until the server answers again; while no worker is there it
// says when to come back.
func recovers(t *testing.T, s *harness.Server) {
	t.Helper()
	err := harness.Eventually(harness.Patience, func() error {
		res := get(t, s, "/ok")
		if res.Status == 503 && res.Get("Retry-After") == "" || res.Status != 200 && res.Status != 503 {
			t.Errorf("the request after it: %d %q", res.Status, res.Fields)
		}
		if res.Status != 200 {
			return fmt.Errorf("still status %d", res.Status)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// awaitObituary waits for the error line: what died, its last words where it was
// the process, and the request.
func awaitObituary(t *testing.T, s *harness.Server, from int, d death, request string) {
	t.Helper()
	named := regexp.MustCompile(d.named)
	line, ok := s.Log.Wait(from, harness.Patience, func(l harness.Line) bool {
		if d.last && l.String("message") != "worker died" {
			return false
		}
		return l.String("level") == "error" && named.MatchString(l.Text)
	})
	if !ok {
		t.Fatalf("no error names %s; the log says:\n%s", d.named, since(s, from))
	}
	if !d.last {
		awaitLine(t, s, from, request)
		return
	}
	for _, part := range []string{"last words before " + d.how, request} {
		if !strings.Contains(line.Text, part) {
			t.Errorf("the obituary does not hold %q: %s", part, line.Text)
		}
	}
}

// TestDeathBeforeHead: nothing has left, so the client can be told.
func TestDeathBeforeHead(t *testing.T) {
	for _, d := range deaths {
		if !d.last {
			continue // exceptions before the head are rows of TestMisbehaviour
		}
		t.Run(fmt.Sprintf("%s-%d", d.how, d.code), func(t *testing.T) {
			s, _ := serve(t, "misbehave", "--threads", "2")
			s.Allow(".")
			from := s.Log.Len()
			res := get(t, s, fmt.Sprintf("/die?how=%s&code=%d&when=head", d.how, d.code))
			if res.Status != 502 {
				t.Errorf("status %d, expected 502", res.Status)
			}
			awaitObituary(t, s, from, d, "/die")
			recovers(t, s)
		})
	}
}

// TestDeathMidBody: the worker goes while the client still sends its body.
func TestDeathMidBody(t *testing.T) {
	s, _ := serve(t, "misbehave", "--threads", "2", "--request-buffering=off")
	s.Allow(".")
	from := s.Log.Len()
	c := s.Dial()
	c.Send("POST /die?how=sigkill&when=read HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n0123456789")
	if res := c.Final("POST"); res.Status != 502 {
		t.Errorf("status %d, expected 502", res.Status)
	}
	c.ExpectClosed()
	awaitObituary(t, s, from, death{how: "sigkill", named: `(?i)SIGKILL|signal: killed`, last: true}, "/die")
	recovers(t, s)
}
