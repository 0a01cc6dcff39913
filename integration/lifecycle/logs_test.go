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

// TestReopenLogs renames the logs under load, as logrotate does, and asks for
// new ones: no line is lost, none is torn, none is in two files.
func TestReopenLogs(t *testing.T) {
	d := newSite(t)
	logs := t.TempDir()
	s := harness.Launch(t, d.options("--log-directory", logs, "--access-log", "--access-log-format", "%r %>s %B", "--keep-alive-timeout", "60",
		"--listen", "unix:"+filepath.Join(d.directory, "s")))
	err := harness.Eventually(harness.Patience, func() error {
		text, err := os.ReadFile(filepath.Join(logs, "error_log"))
		if err == nil && !strings.Contains(string(text), `"ready"`) {
			err = fmt.Errorf("not ready: %s", text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var served atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for n := range 3 {
		c := harness.Dial(t, "unix:"+filepath.Join(d.directory, "s"))
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				c.Send(harness.Compose("GET", fmt.Sprintf("/%d/%d", n, i), ""))
				if res, err := c.Read("GET"); err != nil || res.Status != 200 {
					t.Errorf("request %d/%d: %+v, %v", n, i, res, err)
					return
				}
				served.Add(1)
			}
		})
	}
	for n := range 4 {
		before := served.Load()
		err := harness.Eventually(harness.Patience, func() error {
			if served.Load() < before+100 {
				return fmt.Errorf("only %d requests were served", served.Load()-before)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		rotate(t, s, logs, n)
	}
	close(stop)
	wg.Wait()
	s.Signal(syscall.SIGTERM)
	if code := s.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	checkLines(t, logs, int(served.Load()))
}

// rotate renames both logs, signals, and waits for the new ones.
func rotate(t *testing.T, s *harness.Server, logs string, n int) {
	t.Helper()
	names := []string{"error_log", "access_log"}
	for _, name := range names {
		path := filepath.Join(logs, name)
		if err := os.Rename(path, fmt.Sprintf("%s.%d", path, n)); err != nil {
			t.Fatal(err)
		}
	}
	s.Signal(syscall.SIGUSR1)
	err := harness.Eventually(harness.Patience, func() error {
		for _, name := range names {
			if _, err := os.Stat(filepath.Join(logs, name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkLines(t *testing.T, logs string, served int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(logs, "access_log*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 5 {
		t.Errorf("access logs: %q", files)
	}
	seen := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var n, i, size int
			if _, err := fmt.Sscanf(line, "GET /%d/%d HTTP/1.1 200 %d\n", &n, &i, &size); err != nil {
				t.Errorf("torn line in %s: %q", filepath.Base(file), line)
			}
			seen[line]++
		}
	}
	if len(seen) != served {
		t.Errorf("%d requests were served, the logs have %d", served, len(seen))
	}
	for line, count := range seen {
		if count != 1 {
			t.Errorf("%d times in the logs: %q", count, line)
		}
	}
}
