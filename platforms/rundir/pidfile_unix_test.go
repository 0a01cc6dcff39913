//go:build unix

package rundir_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/rundir"
)

// A lock is tested against another process: this binary again, which writes a
// pid file, says so and waits for its standard input to end.
const pidVariable = "RUNDIR_TEST_PIDFILE"

func TestMain(m *testing.M) {
	path := os.Getenv(pidVariable)
	if path == "" {
		os.Exit(m.Run())
	}
	if _, err := rundir.WritePID(path); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("written")
	_, _ = os.Stdin.Read(make([]byte, 1)) // its end is what is waited for
}

func TestPIDFile(t *testing.T) {
	path := filepath.Join(safe(t), "app.pid")
	p, err := rundir.WritePID(path)
	must(t, err)
	text, err := os.ReadFile(path)
	if want := fmt.Sprintf("%d\n", os.Getpid()); err != nil || string(text) != want {
		t.Errorf("got %q, %v", text, err)
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode() != 0o644 {
		t.Errorf("mode %v", info.Mode())
	}
	if pid, running, err := rundir.ReadPID(path); pid != os.Getpid() || !running || err != nil {
		t.Errorf("got %d %v %v", pid, running, err)
	}
	_, err = rundir.WritePID(path)
	if e, ok := errors.AsType[*rundir.RunningError](err); !ok || e.PID != os.Getpid() || !strings.Contains(e.Error(), path) {
		t.Errorf("a second one: %v", err)
	}
	must(t, p.Remove())
	if list, err := os.ReadDir(filepath.Dir(path)); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

func TestPIDFileOfOthersStays(t *testing.T) {
	path := filepath.Join(safe(t), "app.pid")
	p, err := rundir.WritePID(path)
	must(t, err)
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, []byte("1\n"), 0o644)) // a successor's
	must(t, p.Remove())
	if text, err := os.ReadFile(path); string(text) != "1\n" {
		t.Errorf("the successor's file: %q, %v", text, err)
	}
	p, err = rundir.WritePID(path)
	must(t, err)
	must(t, os.Remove(path))
	must(t, p.Remove()) // gone already is fine
}

// A server that lives is not replaced; one that was killed is, whatever the
// number in its file belongs to by now.
func TestPIDFileOfAnotherProcess(t *testing.T) {
	path := filepath.Join(safe(t), "app.pid")
	self, err := os.Executable()
	must(t, err)
	other := exec.CommandContext(t.Context(), self)
	other.Env = append(os.Environ(), pidVariable+"="+path)
	stdin, err := other.StdinPipe()
	must(t, err)
	defer func() { _ = stdin.Close() }()
	stdout, err := other.StdoutPipe()
	must(t, err)
	must(t, other.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if line != "written\n" {
		t.Fatalf("the other process: %q, %v", line, err)
	}

	_, err = rundir.WritePID(path)
	if e, ok := errors.AsType[*rundir.RunningError](err); !ok || e.PID != other.Process.Pid {
		t.Errorf("while it lives: %v", err)
	}
	if pid, running, err := rundir.ReadPID(path); pid != other.Process.Pid || !running || err != nil {
		t.Errorf("while it lives: %d %v %v", pid, running, err)
	}
	must(t, other.Process.Kill())
	_ = other.Wait() // killed: an error of course
	if pid, running, err := rundir.ReadPID(path); pid != other.Process.Pid || running || err != nil {
		t.Errorf("when it is dead: %d %v %v", pid, running, err)
	}
	p, err := rundir.WritePID(path)
	must(t, err)
	must(t, p.Remove())
}

// Of many that start at once exactly one wins, over nothing and over a stale file.
func TestPIDFileRace(t *testing.T) {
	for _, stale := range []bool{false, true} {
		path := filepath.Join(safe(t), "app.pid")
		if stale {
			must(t, os.WriteFile(path, []byte("1\n"), 0o644))
		}
		var won atomic.Int32
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				p, err := rundir.WritePID(path)
				if err == nil {
					won.Add(1)
					t.Cleanup(func() { _ = p.Remove() })
					return
				}
				if _, ok := errors.AsType[*rundir.RunningError](err); !ok {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("stale %v: %d have won", stale, won.Load())
		}
	}
}

// R46: what another user may have put in the place of the pid file.
func TestPIDFileRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T, dir, secret string)
		want    string
	}{
		{"symbolic link", func(t *testing.T, d, s string) { must(t, os.Symlink(s, d+"/pid")) }, "symbolic link"},
		{"dangling link", func(t *testing.T, d, _ string) { must(t, os.Symlink("planted", d+"/pid")) }, "symbolic link"},
		{"hard link", func(t *testing.T, d, s string) { must(t, os.Link(s, d+"/pid")) }, "2 names"},
		{"FIFO", func(t *testing.T, d, _ string) { must(t, unix.Mkfifo(d+"/pid", 0o666)) }, "not a regular file"},
		{"directory", func(t *testing.T, d, _ string) { must(t, os.Mkdir(d+"/pid", 0o755)) }, "not a regular file"},
		{"foreign file", func(t *testing.T, d, _ string) {
			needRoot(t)
			must(t, os.WriteFile(d+"/pid", []byte("1\n"), 0o644))
			must(t, os.Chown(d+"/pid", strangerUID, strangerUID))
		}, "belongs to another user"},
		{"foreign directory", func(t *testing.T, d, _ string) {
			needRoot(t)
			must(t, os.WriteFile(d+"/pid", []byte("1\n"), 0o644))
			must(t, os.Chown(d, strangerUID, strangerUID))
		}, "belongs to another user"},
		{"open directory", func(t *testing.T, d, _ string) {
			must(t, os.WriteFile(d+"/pid", []byte("1\n"), 0o644))
			must(t, os.Chmod(d, 0o777))
		}, "replace what is in it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, secret := filepath.Join(safe(t), "dir"), filepath.Join(safe(t), "secret")
			must(t, os.Mkdir(dir, 0o755))
			must(t, os.WriteFile(secret, []byte("1"), 0o600))
			tc.prepare(t, dir, secret)
			before, err := os.Lstat(dir + "/pid")
			must(t, err)
			_, err = rundir.WritePID(dir + "/pid")
			checkRefusal(t, err, "cannot write pid file "+dir+"/pid", tc.want, "")
			if after, err := os.Lstat(dir + "/pid"); err != nil || !os.SameFile(before, after) || before.Mode() != after.Mode() {
				t.Errorf("%v has become %v, %v", before, after, err)
			}
			if _, _, err := rundir.ReadPID(dir + "/pid"); err == nil {
				t.Error("the number in it is trusted")
			}
			if text, err := os.ReadFile(secret); string(text) != "1" {
				t.Errorf("the target has become %q, %v", text, err)
			}
			if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
				t.Errorf("left behind: %v, %v", list, err)
			}
		})
	}
}

func TestReadPID(t *testing.T) {
	path := filepath.Join(safe(t), "pid")
	for text, want := range map[string]int{"12\n": 12, "12": 12, " 12 \n": 12, "": 0, "0\n": 0, "-1\n": 0, "12 13\n": 0, "99999999999\n": 0, "x\n": 0, strings.Repeat("1", 100): 0} {
		must(t, os.WriteFile(path, []byte(text), 0o644))
		got, running, err := rundir.ReadPID(path)
		if got != want || running || (err != nil) != (want == 0) {
			t.Errorf("%q: got %d %v %v", text, got, running, err)
		}
	}
	if _, _, err := rundir.ReadPID(path + "-gone"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func FuzzReadPID(f *testing.F) {
	f.Add("12\n")
	f.Add("4294967308\n")
	dir, err := filepath.EvalSymlinks(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, "pid")
	f.Fuzz(func(t *testing.T, text string) {
		must(t, os.WriteFile(path, []byte(text), 0o644))
		pid, running, err := rundir.ReadPID(path)
		if running || pid < 0 || (err == nil) != (pid > 0) {
			t.Fatalf("%q gave %d %v %v", text, pid, running, err)
		}
	})
}
