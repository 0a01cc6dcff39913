// Package wsgi checks PEP 3333 and the rules of behaviour towards applications
// that break it, through the built program and from outside: one application
// path per rule, a client in raw bytes, and the log.
//
//	misbehaviour_test.go  everything an application may do wrong
//	splitting_test.go     bytes that would split a response
//	midstream_test.go     failures after the first block: an abort, never a clean end
//	closing_test.go       close() exactly once
//	input_test.go         wsgi.input against io.BytesIO; bodies of all framings
//	environ_test.go       the whole environ
//	response_test.go      legal ways of answering
//	filewrapper_test.go   wsgi.file_wrapper
//	dispatch_test.go      threads, queue, limits, timeouts
//	isolation_test.go     nothing of one request in another
//	errors_test.go        wsgi.errors, stdout and stderr in the log
//	checked_test.go       the same applications inside wsgiref.validate and WebTest's lint
package wsgi_test

import (
	"path/filepath"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// script is the path of a test application's script.
func script(name string) string { return filepath.Join(harness.App(name), "app.py") }

// serve starts one of the test applications. Connections stay open for as long
// as a slow machine may need between two steps of a test.
func serve(t *testing.T, app string, args ...string) (*harness.Server, *harness.Gates) {
	t.Helper()
	gates := harness.NewGates(t)
	args = append([]string{"--keep-alive-timeout", "60"}, args...)
	return harness.Start(t, harness.Options{Target: script(app), Args: args, Env: []string{gates.Env()}}), gates
}

// get makes a GET request on a connection of its own.
func get(t *testing.T, s *harness.Server, target string) *harness.Response {
	t.Helper()
	return harness.Request(t, s, "GET", harness.Compose("GET", target, ""))
}

// awaitLine waits for a log line at or after from that holds all the parts.
func awaitLine(t *testing.T, s *harness.Server, from int, parts ...string) harness.Line {
	t.Helper()
	line, ok := s.Log.Wait(from, harness.Patience, func(l harness.Line) bool {
		for _, part := range parts {
			if !strings.Contains(l.Text, part) {
				return false
			}
		}
		return true
	})
	if !ok {
		t.Fatalf("no line of the log holds %q; since then it says:\n%s", parts, since(s, from))
	}
	return line
}

// since is the log from a place on.
func since(s *harness.Server, from int) string {
	var b strings.Builder
	for _, l := range s.Log.Lines()[from:] {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}
