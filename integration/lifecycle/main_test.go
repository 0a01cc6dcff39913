// Package lifecycle starts, stops, reloads and breaks the built program: real
// processes, real signals, and the invariants afterwards.
//
//	stop_test.go      SIGTERM, SIGINT, limits
//	reload_test.go    SIGHUP and --reload-on-changes
//	death_test.go     the end of workers, and of the front
//	logs_test.go      SIGUSR1
//	refusal_test.go   starts that must fail: exit code, one sentence, nothing left behind
package lifecycle_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"modwsgi-express/integration/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// site is a directory with the lifecycle application, which a test may edit.
type site struct {
	t         *testing.T
	directory string
	gates     *harness.Gates
}

func newSite(t *testing.T) *site {
	t.Helper()
	d := &site{t: t, directory: t.TempDir(), gates: harness.NewGates(t)}
	d.copy(filepath.Join(harness.App("lifecycle"), "app.py"), "app.py")
	d.copy(harness.App("gates.py"), "gates.py")
	d.version("one")
	return d
}

func (d *site) copy(from, name string) {
	d.t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		d.t.Fatal(err)
	}
	d.write(name, string(text))
}

func (d *site) read(name string) string {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.directory, name))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// write replaces a file as editors do: a new one is renamed over it.
func (d *site) write(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.directory, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		d.t.Fatal(err)
	}
}

// version changes what GET /version answers after a reload.
func (d *site) version(v string) { d.write("marker.py", fmt.Sprintf("VERSION = %q\n", v)) }

// options start the application. Without bytecode files: an edit of the same
// size within a second would not be seen by Python's own check of them.
func (d *site) options(args ...string) harness.Options {
	return harness.Options{Target: "app.py", Directory: d.directory, Args: args,
		Env: []string{d.gates.Env(), "PYTHONDONTWRITEBYTECODE=1"}}
}

func (d *site) start(args ...string) *harness.Server {
	d.t.Helper()
	return d.startProcesses(1, args...)
}

func (d *site) startProcesses(n int, args ...string) *harness.Server {
	d.t.Helper()
	o := d.options(append([]string{"--keep-alive-timeout", "60"}, args...)...)
	o.Processes = n
	return harness.Start(d.t, o)
}

func body(s *harness.Server, target string) string { return string(s.Get(target).Body) }

// awaitBody asks until the answer is the one expected.
func awaitBody(t *testing.T, s *harness.Server, target, want string) {
	t.Helper()
	err := harness.Eventually(harness.Patience, func() error {
		if got := body(s, target); got != want {
			return fmt.Errorf("%s answers %.200q, expected %q", target, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// awaitLine waits for a line of the log with all the parts.
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
		t.Fatalf("no line of the log holds %q", parts)
	}
	return line
}

// gone tells whether no process of that pid is left (a zombie is none: it has
// ended, and who has not waited for it is not this test's matter).
func gone(pid int) error {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		if _, rest, ok := strings.Cut(string(stat), ") "); ok && strings.HasPrefix(rest, "Z") {
			return nil
		}
	}
	return fmt.Errorf("process %d is alive", pid)
}

func allGone(pids []int) error {
	var errs []error
	for _, pid := range pids {
		errs = append(errs, gone(pid))
	}
	return errors.Join(errs...)
}
