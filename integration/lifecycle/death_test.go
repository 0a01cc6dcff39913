package lifecycle_test

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"modwsgi-express/integration/harness"
)

// TestFrontKilled: nothing survives the front by more than a second: not an
// idle worker, not one in the middle of a request, and not one whose
// interpreter is locked.
func TestFrontKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks for workers in /proc")
	}
	for _, target := range []string{"", "/hold?a", "/keep-lock?a"} {
		t.Run("serving "+target, func(t *testing.T) {
			d := newSite(t)
			s := d.startProcesses(2)
			s.Unchecked()
			workers := s.Workers()
			if len(workers) != 2 {
				t.Fatalf("%d workers", len(workers))
			}
			if target != "" {
				c := s.Dial()
				c.Send(harness.Compose("GET", target, ""))
				d.gates.Await("a", 1)
			}
			s.Signal(syscall.SIGKILL)
			s.Exit()
			if err := harness.Eventually(time.Second, func() error { return allGone(workers) }); err != nil {
				t.Error(err)
			}
			if err := refused(s); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWorkerKilled: only what it was running is lost, and that is said; another
// one takes its place.
func TestWorkerKilled(t *testing.T) {
	d := newSite(t)
	s := d.start("--threads", "2")
	s.Allow("worker died")
	pid, err := strconv.Atoi(body(s, "/pid"))
	if err != nil {
		t.Fatal(err)
	}
	c := s.Dial()
	c.Send(harness.Compose("GET", "/hold?a", ""))
	d.gates.Await("a", 1)
	from := s.Log.Len()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.Expect("GET", 502)
	// This one comes while there is no worker: it waits for the next.
	if now := body(s, "/pid"); now == strconv.Itoa(pid) {
		t.Errorf("process %d answers after its death", pid)
	}
	line := awaitLine(t, s, from, `"worker died"`)
	for _, part := range []string{"SIGKILL", "GET /hold?a", strconv.Itoa(pid)} {
		if !strings.Contains(line.Text, part) {
			t.Errorf("the obituary does not hold %q: %s", part, line.Text)
		}
	}
}

// TestIdleWorkerKilled: no request notices.
func TestIdleWorkerKilled(t *testing.T) {
	d := newSite(t)
	s := d.startProcesses(2)
	s.Allow("worker died")
	victim := s.Workers()[0]
	from := s.Log.Len()
	if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if res := s.Get("/"); res.Status != 200 {
			t.Errorf("status %d", res.Status)
		}
	}
	awaitLine(t, s, from, `"worker died"`, strconv.Itoa(victim))
	err := harness.Eventually(harness.Patience, func() error {
		if now := s.Workers(); len(now) != 2 || slices.Contains(now, victim) {
			return fmt.Errorf("workers %v after the death of %d", now, victim)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestExitCodes: whatever code an application exits with, it is a death of one
// worker and nothing else.
func TestExitCodes(t *testing.T) {
	d := newSite(t)
	s := d.startProcesses(6, "--threads", "1")
	s.Unchecked() // the number of workers is still recovering at the end
	for _, code := range []int{0, 1, 2, 3, 4, 5, 6, 70, 127, 128, 137, 255} {
		from := s.Log.Len()
		if res := s.Get(fmt.Sprintf("/exit?%d", code)); res.Status != 502 {
			t.Errorf("code %d: status %d, expected 502", code, res.Status)
		}
		line := awaitLine(t, s, from, `"worker died"`, fmt.Sprintf("exiting with %d", code), fmt.Sprintf("/exit?%d", code))
		if how := line.String("how"); !strings.HasSuffix(how, fmt.Sprint(" ", code)) {
			t.Errorf("code %d: the log says %q", code, how)
		}
		awaitOK(t, s)
	}
}

// awaitOK waits until the server answers with 200; 503 with Retry-After is what
// it may say before.
func awaitOK(t *testing.T, s *harness.Server) {
	t.Helper()
	err := harness.Eventually(harness.Patience, func() error {
		res := s.Get("/")
		if res.Status != 200 && (res.Status != 503 || res.Get("Retry-After") == "") {
			t.Errorf("status %d, Retry-After %q", res.Status, res.Get("Retry-After"))
		}
		if res.Status != 200 {
			return fmt.Errorf("still status %d", res.Status)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLastWords: the obituary has the end of what the worker wrote.
func TestLastWords(t *testing.T) {
	d := newSite(t)
	s := d.start()
	s.Allow("worker died")
	from := s.Log.Len()
	s.Get("/stderr")
	line := awaitLine(t, s, from, `"worker died"`)
	for _, part := range []string{"stderr line 39", "stderr line 38", "GET /stderr", "7"} {
		if !strings.Contains(line.Text, part) {
			t.Errorf("the obituary does not hold %q: %s", part, line.Text)
		}
	}
	awaitOK(t, s)
}

// TestCrashLoop: a worker that dies as soon as it serves is started again, each
// time after a longer wait, and clients are told to come back.
func TestCrashLoop(t *testing.T) {
	d := newSite(t)
	d.write("marker.py", "import os, threading\nVERSION = 'dying'\n\n\ndef die():\n    import gates\n    gates.arrive('start')\n"+
		"    if gates.os.path.exists(gates._path('dying.open')):\n        os._exit(1)\n    gates.wait('dying')\n    os._exit(1)\n\n\n"+
		"threading.Thread(target=die, daemon=True).start()\n")
	s := d.start()
	s.Unchecked()
	s.Allow("worker died")
	begin := time.Now()
	d.gates.Open("dying")
	d.gates.Await("start", 5) // the first and four more
	// 0.1 s, 1 s, 2 s and 4 s, each a fifth shorter at most: a slow machine can only
	// make it longer.
	if took, least := time.Since(begin), 5600*time.Millisecond; took < least {
		t.Errorf("four more starts within %v, expected at least %v", took, least)
	}
	saw := false
	err := harness.Eventually(harness.Patience, func() error {
		if res := s.Get("/"); res.Status == 503 && res.Get("Retry-After") != "" {
			saw = true
			return nil
		}
		return fmt.Errorf("no 503 with Retry-After while no worker is up")
	})
	if !saw {
		t.Error(err)
	}
}
