package wsgi_test

import (
	"testing"

	"modwsgi-express/integration/harness"
)

// TestErrorsStream: wsgi.errors is in the log with the id of its request, which
// is the one that the application sees. A line is one record however it was
// written, and lines of one write, as a traceback, stay together.
func TestErrorsStream(t *testing.T) {
	s, _ := serve(t, "contract")
	from := s.Log.Len()
	id := string(get(t, s, "/errors").Body)
	for _, text := range []string{"one line of wsgi.errors", "split over three writes", "two lines\nin one write", "no newline at its end: \u20ac"} {
		line, ok := s.Log.Wait(from, harness.Patience, func(l harness.Line) bool { return l.String("message") == text })
		if !ok {
			t.Errorf("no line %q; the log says:\n%s", text, since(s, from))
			continue
		}
		if line.String("request_id") != id {
			t.Errorf("line %q has the request id %q, the application saw %q", text, line.String("request_id"), id)
		}
	}
}

// TestStandardStreams: what is printed is in the log too, and is no error.
func TestStandardStreams(t *testing.T) {
	s, _ := serve(t, "contract")
	from := s.Log.Len()
	get(t, s, "/stdout")
	for _, text := range []string{"printed to stdout", "printed to stderr"} {
		if line := awaitLine(t, s, from, text); line.String("level") != "info" {
			t.Errorf("%q has the level %q, expected info", text, line.String("level"))
		}
	}
}

// TestTracebackInLog: as Python prints it, with the request, and not with the
// client.
func TestTracebackInLog(t *testing.T) {
	s, _ := serve(t, "misbehave")
	s.Allow("raises-at-once")
	from := s.Log.Len()
	get(t, s, "/raises-at-once?secret")
	line := awaitLine(t, s, from, "Traceback (most recent call last)", "ValueError: raised before start_response", "/raises-at-once?secret")
	if line.String("level") != "error" || line.String("request_id") == "" {
		t.Errorf("level %q, request id %q", line.String("level"), line.String("request_id"))
	}
	awaitLine(t, s, from, "raises_at_once", "app.py")
}
