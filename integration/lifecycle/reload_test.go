package lifecycle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestReload: new code is served, and a request that was running is answered by
// the old one.
func TestReload(t *testing.T) {
	d := newSite(t)
	s := d.start("--threads", "2")
	old := body(s, "/pid")
	running := s.Dial()
	running.Send(harness.Compose("GET", "/hold?a", ""))
	d.gates.Await("a", 1)
	d.version("two")
	from := s.Log.Len()
	s.Signal(syscall.SIGHUP)
	awaitLine(t, s, from, `"reloaded"`)
	if got := body(s, "/version"); got != "two" {
		t.Errorf("after the reload: version %q", got)
	}
	if pid := body(s, "/pid"); pid == old {
		t.Errorf("process %s still serves new requests", pid)
	}
	d.gates.Open("a")
	if res := running.Expect("GET", 200); string(res.Body) != "released one" {
		t.Errorf("the running request: %q", res.Body)
	}
}

// TestReloadUnderLoad: several reloads while clients of both kinds ask without
// a pause; nothing fails.
func TestReloadUnderLoad(t *testing.T) {
	d := newSite(t)
	s := d.startProcesses(2, "--threads", "2")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var served atomic.Int64
	for n := range 6 {
		keep := n%2 == 0
		wg.Go(func() {
			if err := ask(t, s, keep, stop, &served); err != nil {
				t.Errorf("keep-alive %v: %v", keep, err)
			}
		})
	}
	for n := range 4 {
		version := fmt.Sprintf("reload %d", n)
		d.version(version)
		before, from := served.Load(), s.Log.Len()
		s.Signal(syscall.SIGHUP)
		awaitLine(t, s, from, `"reloaded"`)
		awaitBody(t, s, "/version", version)
		err := harness.Eventually(harness.Patience, func() error {
			if served.Load() < before+50 {
				return fmt.Errorf("%d requests were served around reload %d", served.Load()-before, n)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}

// ask makes requests until stop, on one connection or on one each.
func ask(t *testing.T, s *harness.Server, keep bool, stop <-chan struct{}, served *atomic.Int64) error {
	var c *harness.Conn
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if c == nil {
			c = harness.Dial(t, s.Address())
		}
		c.Send(harness.Compose("GET", "/version", ""))
		res, err := c.Read("GET")
		if err != nil {
			return err
		}
		if res.Status != 200 {
			return fmt.Errorf("status %d %q", res.Status, res.Body)
		}
		served.Add(1)
		if !keep || res.Closes() {
			c.Close()
			c = nil
		}
	}
}

// TestBrokenReload: the old code goes on serving, the log has the traceback,
// and the next good version is loaded.
func TestBrokenReload(t *testing.T) {
	for name, c := range map[string]struct{ code, logged string }{
		"syntax":    {"def broken(:\n", "SyntaxError"},
		"import":    {"import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"},
		"exception": {"VERSION = 1 / 0\n", "ZeroDivisionError: division by zero"},
		"exit":      {"import sys\nsys.exit(3)\n", "SystemExit"},
		"death":     {"import os\nos._exit(3)\n", "exit"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newSite(t)
			s := d.start()
			s.Allow(".")
			pid := body(s, "/pid")
			d.write("marker.py", c.code)
			from := s.Log.Len()
			s.Signal(syscall.SIGHUP)
			awaitLine(t, s, from, "reload failed")
			awaitLine(t, s, from, c.logged)
			if got := body(s, "/version"); got != "one" {
				t.Errorf("after the broken reload: version %q", got)
			}
			if now := body(s, "/pid"); now != pid {
				t.Errorf("process %s was replaced by %s", pid, now)
			}
			d.version("repaired")
			from = s.Log.Len()
			s.Signal(syscall.SIGHUP)
			awaitLine(t, s, from, `"reloaded"`)
			awaitBody(t, s, "/version", "repaired")
		})
	}
}

// TestReloadOnChanges: an edit is served without a signal; a broken one shows
// its traceback in the browser, and the next good one is served again.
func TestReloadOnChanges(t *testing.T) {
	d := newSite(t)
	s := d.start("--reload-on-changes")
	s.Allow(".")
	d.version("two")
	awaitBody(t, s, "/version", "two")
	d.write("marker.py", "VERSION = undefined_name\n")
	var page *harness.Response
	err := harness.Eventually(harness.Patience, func() error {
		if page = s.Get("/version"); page.Status != 500 {
			return fmt.Errorf("status %d %q, expected the error page", page.Status, page.Body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"Traceback", "undefined_name", "NameError", "marker.py"} {
		if !strings.Contains(string(page.Body), part) {
			t.Errorf("the error page does not hold %q: %s", part, page.Body)
		}
	}
	d.version("three")
	awaitBody(t, s, "/version", "three")
	d.version("four")
	awaitBody(t, s, "/version", "four")
}

// TestWhatCountsAsChange: the script itself, a template and a module that was
// imported late reload; a file that is nobody's code does not.
func TestWhatCountsAsChange(t *testing.T) {
	d := newSite(t)
	if err := os.Mkdir(filepath.Join(d.directory, "templates"), 0o755); err != nil {
		t.Fatal(err)
	}
	d.write("templates/page.html", "<p>one</p>")
	d.write("late.py", "TEXT = 'late one'\n")
	s := d.start("--reload-on-changes")
	if got := body(s, "/late"); got != "late one" {
		t.Fatalf("the module imported by a request: %q", got)
	}
	for _, change := range []struct{ file, text string }{
		{"templates/page.html", "<p>two</p>"},
		{"app.py", strings.Replace(d.read("app.py"), `"hello"`, `"changed"`, 1)},
		{"late.py", "TEXT = 'late two'\n"},
	} {
		// The worker that is there now has to have loaded it.
		body(s, "/late")
		pid := body(s, "/pid")
		d.write("data.txt", "nobody's code\n")
		d.write(change.file, change.text)
		err := harness.Eventually(harness.Patience, func() error {
			if body(s, "/pid") == pid {
				return fmt.Errorf("process %s still serves after a change of %s", pid, change.file)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if got := body(s, "/") + " " + body(s, "/late"); got != "changed late two" {
		t.Errorf("after all changes: %q", got)
	}
}

// TestNoTracebackByDefault: without --reload-on-changes nobody sees why a reload
// failed but who reads the log.
func TestNoTracebackByDefault(t *testing.T) {
	d := newSite(t)
	s := d.start()
	s.Allow(".")
	d.write("marker.py", "raise ValueError('secret')\n")
	from := s.Log.Len()
	s.Signal(syscall.SIGHUP)
	awaitLine(t, s, from, "reload failed")
	if got := body(s, "/version"); got != "one" {
		t.Errorf("version %q", got)
	}
}
