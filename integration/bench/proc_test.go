package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakeProc makes a /proc of files.
func fakeProc(t *testing.T, files map[string]string) procfs {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return procfs(dir)
}

// stat is a /proc/PID/stat; user and system time come first of what varies.
func stat(pid int, name, state string, parent, session, user, system, started int) string {
	return fmt.Sprintf("%d (%s) %s %d %d %d 0 -1 4194304 1 2 3 4 %d %d 0 0 20 0 1 0 %d 1000 2\n",
		pid, name, state, parent, session, session, user, system, started)
}

func TestParseStat(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       process
		ok         bool
	}{
		{"plain", stat(7, "python", "S", 1, 7, 3, 4, 99), process{7, 1, 7, 99, 70 * time.Millisecond, false}, true},
		{"name like the rest of a line", stat(7, "a) R 9 (b", "Z", 1, 7, 0, 0, 99), process{7, 1, 7, 99, 0, true}, true},
		{"cut", "7 (python) S 1 7", process{}, false},
		{"no number", strings.Replace(stat(7, "p", "S", 1, 7, 3, 4, 99), " 99 ", " x ", 1), process{}, false},
		{"empty", "", process{}, false},
	} {
		if got, ok := parseStat([]byte(c.text)); got != c.want || ok != c.ok {
			t.Errorf("%s: got %+v %v, expected %+v %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestUsage(t *testing.T) {
	rollup := func(kib int) string {
		return fmt.Sprintf("00400000-7ffd ---p [rollup]\nRss: 9999 kB\nPss: %d kB\n", kib)
	}
	status := func(own, forced int) string {
		return fmt.Sprintf("Name:\tp\nvoluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t%d\n", own, forced)
	}
	p := fakeProc(t, map[string]string{
		"10/stat": stat(10, "front", "S", 1, 10, 1, 0, 1), "10/smaps_rollup": rollup(100), "10/task/10/status": status(1, 2), "10/task/11/status": status(3, 4),
		"20/stat": stat(20, "worker", "S", 10, 20, 2, 0, 1), "20/smaps_rollup": rollup(30), // a session of its own
		"30/stat": stat(30, "grandchild", "S", 20, 20, 4, 0, 1), "30/smaps_rollup": "",
		"40/stat": stat(40, "orphan", "S", 1, 10, 8, 0, 1), "40/smaps_rollup": rollup(7),
		"50/stat": stat(50, "stranger", "S", 1, 50, 16, 0, 1), "50/smaps_rollup": rollup(1000), "50/task/50/status": status(500, 500),
		"self/stat": "", "uptime": "1 1",
	})
	got, err := p.usage(10)
	want := usage{memory: 137 << 10, front: 100 << 10, switches: 10, cpu: 150 * time.Millisecond, processes: 4}
	if err != nil || got != want {
		t.Errorf("got %+v %v, expected %+v", got, err, want)
	}
}

func TestAlive(t *testing.T) {
	p := fakeProc(t, map[string]string{
		"10/stat": stat(10, "p", "S", 1, 10, 1, 0, 500),
		"20/stat": stat(20, "p", "Z", 1, 10, 1, 0, 500),
	})
	for _, c := range []struct {
		name string
		one  process
		want bool
	}{
		{"there", process{pid: 10, started: 500}, true},
		{"another one of that number", process{pid: 10, started: 400}, false},
		{"zombie", process{pid: 20, started: 500}, false},
		{"gone", process{pid: 30, started: 500}, false},
	} {
		if p.alive(c.one) != c.want {
			t.Errorf("%s: got %v", c.name, !c.want)
		}
	}
}

func TestBusy(t *testing.T) {
	p := fakeProc(t, map[string]string{"stat": "cpu  1 2 4 1000 2000 8 16 32 64 128\ncpu0 9 9 9 9\n"})
	if got, want := p.busy(), 63*tick; got != want {
		t.Errorf("got %s, expected %s: all but idle, waiting and what guests had twice", got, want)
	}
}

func TestParseCores(t *testing.T) {
	for list, want := range map[string][]int{"0": {0}, "0-3": {0, 1, 2, 3}, "1,4-5,9": {1, 4, 5, 9}, "": nil, "x": nil, "0-999999": nil, "1-": nil} {
		if got := parseCores(list); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, expected %v", list, got, want)
		}
	}
}

// TestStartStop is with real processes: a shell that ignores SIGTERM, and its
// child in another session.
func TestStartStop(t *testing.T) {
	for _, c := range []struct {
		name, script string
		grace        time.Duration
	}{
		{"ends when asked", "trap 'kill $!' TERM; sleep 60 & wait", stopLimit},
		{"has to be killed", "trap '' TERM; setsid sleep 60 & sleep 60 & wait; wait", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := start([]string{"sh", "-c", "echo up; " + c.script}, dir, filepath.Join(dir, "log"), os.Environ(), "")
			if err != nil {
				t.Fatal(err)
			}
			s.grace = c.grace
			for limit := time.Now().Add(10 * time.Second); s.lastLine() != "up" && time.Now().Before(limit); {
				time.Sleep(5 * time.Millisecond) // polls for the file that the shell writes
			}
			tree, err := kernel.tree(s.pid)
			if err != nil || len(tree) == 0 {
				t.Fatalf("tree %v, error %v", tree, err)
			}
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(tree, kernel.alive) {
				t.Error("a process is left")
			}
		})
	}
}
