package lifecycle_test

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestTermDrains: the running request is answered, new connections are refused,
// idle ones closed, and the exit code is 0.
func TestTermDrains(t *testing.T) {
	d := newSite(t)
	s := d.startProcesses(2)
	s.Unchecked()
	workers := s.Workers()
	idle, running := s.Dial(), s.Dial()
	idle.Send(harness.Compose("GET", "/", ""))
	idle.Expect("GET", 200)
	running.Send(harness.Compose("GET", "/hold?a", ""))
	d.gates.Await("a", 1)
	from := s.Log.Len()
	s.Signal(syscall.SIGTERM)
	awaitLine(t, s, from, "draining")
	idle.ExpectEOF()
	if err := harness.Eventually(harness.Patience, func() error { return refused(s) }); err != nil {
		t.Error(err)
	}
	d.gates.Open("a")
	res := running.Expect("GET", 200)
	if string(res.Body) != "released one" || !res.Closes() {
		t.Errorf("the running request: %q %q", res.Body, res.Fields)
	}
	running.ExpectEOF()
	if code := s.Exit(); code != 0 {
		t.Errorf("exit code %d, expected 0", code)
	}
	if err := allGone(workers); err != nil {
		t.Error(err)
	}
}

func refused(s *harness.Server) error {
	c, err := net.DialTimeout("tcp", s.Address(), harness.Patience)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	if err == nil {
		c.Close()
	}
	return fmt.Errorf("a new connection is not refused: %v", err)
}

// TestEnds: whatever runs, these end it; the client sees no clean answer, and
// no worker is left.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		name    string
		args    []string
		signals []syscall.Signal
		code    int
	}{
		{"second SIGTERM", nil, []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, 128 + 15},
		{"SIGINT during a drain", nil, []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}, 128 + 2},
		{"limit", []string{"--graceful-timeout", "300ms"}, []syscall.Signal{syscall.SIGTERM}, 1},
		{"SIGINT", nil, []syscall.Signal{syscall.SIGINT}, 128 + 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newSite(t)
			s := d.start(c.args...)
			s.Unchecked()
			workers := s.Workers()
			running := s.Dial()
			running.Send(harness.Compose("GET", "/hold?a", ""))
			d.gates.Await("a", 1)
			for i, sig := range c.signals {
				from := s.Log.Len()
				s.Signal(sig)
				if i < len(c.signals)-1 {
					awaitLine(t, s, from, "draining")
				}
			}
			// The gate is never opened: what ends the server is the signal or the limit.
			if code := s.Exit(); code != c.code {
				t.Errorf("exit code %d, expected %d", code, c.code)
			}
			if res, err := running.Read("GET"); err == nil && res.Status < 500 {
				t.Errorf("the request that was cut off has the answer %d %q", res.Status, res.Body)
			}
			if err := harness.Eventually(harness.Patience, func() error { return allGone(workers) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStopWhileLoading: an application that never finishes loading does not
// keep the server from being stopped.
func TestStopWhileLoading(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		d := newSite(t)
		d.write("marker.py", "import gates\ngates.wait('import')\nVERSION = 'late'\n")
		s := harness.Launch(t, d.options())
		d.gates.Await("import", 1)
		workers := s.Workers()
		s.Signal(sig)
		s.Exit()
		if err := harness.Eventually(harness.Patience, func() error { return allGone(workers) }); err != nil {
			t.Error(err)
		}
	}
}

// TestHarmlessSignals: a terminal that is resized sends SIGWINCH, a client that leaves
// may raise SIGPIPE; neither means anything (both have shut down servers).
func TestHarmlessSignals(t *testing.T) {
	d := newSite(t)
	s := d.start()
	for _, sig := range []syscall.Signal{syscall.SIGWINCH, syscall.SIGPIPE, syscall.SIGCONT} {
		s.Signal(sig)
		if got := body(s, "/version"); got != "one" {
			t.Errorf("after %v: %q", sig, got)
		}
	}
}
