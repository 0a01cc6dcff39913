//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package process_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"modwsgi-express/platforms/process"
)

// patience bounds every wait of these tests.
const patience = 30 * time.Second

// TestMain lets the test binary also be the parent that dies; see TestOrphan.
func TestMain(m *testing.M) {
	if os.Getenv("PROCESS_TEST_PARENT") == "1" {
		beParent()
	}
	os.Exit(m.Run())
}

// shell is a child that runs a script. What it writes is read from out.
func shell(t *testing.T, script string, inherit ...*os.File) (*process.Child, *bufio.Reader) {
	t.Helper()
	c, out, err := startShell(script, inherit...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return c, bufio.NewReader(out)
}

func startShell(script string, inherit ...*os.File) (*process.Child, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	c, err := process.Start(&process.Command{
		Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: []string{"PATH=" + os.Getenv("PATH"), "X=y"},
		Dir: "/", Stdout: w, Stderr: w, Inherit: inherit,
	})
	return c, r, err
}

func line(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	s, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(s, "\n")
}

func TestExit(t *testing.T) {
	for _, c := range []struct {
		script, text string
		code         int
		signal       string
	}{
		{"exit 0", "exited with code 0", 0, ""},
		{"exit 3", "exited with code 3", 3, ""},
		{"kill -TERM $$", "was killed by SIGTERM", -1, "SIGTERM"},
		{"kill -KILL $$", "was killed by SIGKILL", -1, "SIGKILL"},
	} {
		child, _ := shell(t, c.script)
		e, err := child.Wait()
		if err != nil || e.Code != c.code || e.Signal != c.signal || e.String() != c.text {
			t.Errorf("%s: %+v, %q, %v", c.script, e, e.String(), err)
		}
		if e.MaxRSS < 100<<10 || e.MaxRSS > 1<<30 {
			t.Errorf("%s: maximum memory of %d bytes", c.script, e.MaxRSS)
		}
		if err := child.Kill(); !errors.Is(err, process.ErrGone) {
			t.Errorf("%s: kill after the end: %v", c.script, err)
		}
	}
}

// TestSurroundings: environment, directory, stdin and descriptors are those that
// were named.
func TestSurroundings(t *testing.T) {
	conn, end, err := process.SocketPair()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	child, out := shell(t, `echo $X $(pwd); cat; echo hello >&3; read line <&3; echo "got $line"; ps -o pgid= -p $$`, end)
	end.Close()
	if got := line(t, out); got != "y /" {
		t.Errorf("environment and directory: %q", got)
	}
	if n := process.InheritedNumber(end, 0); n != 3 {
		t.Errorf("the inherited file is %d", n)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if got := line(t, bufio.NewReader(conn)); got != "hello" {
		t.Errorf("through the socket: %q", got)
	}
	if _, err := io.WriteString(conn, "answer\n"); err != nil {
		t.Fatal(err)
	}
	if got := line(t, out); got != "got answer" {
		t.Errorf("through the socket: %q", got)
	}
	if got := strings.TrimSpace(line(t, out)); got != strconv.Itoa(child.PID()) {
		t.Errorf("process group %s, expected that of the child, %d", got, child.PID())
	}
	if _, err := child.Wait(); err != nil {
		t.Error(err)
	}
}

// TestDescriptors: the child has no others than those that were named, not even
// one that this process inherited itself.
func TestDescriptors(t *testing.T) {
	stray, err := syscall.Dup(0) // not marked to be closed
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(stray)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, err := process.Start(&process.Command{Path: "/bin/ls", Args: []string{"ls", "/dev/fd"}, Stdout: w, Stderr: w})
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out)); len(got) != 4 { // 3 is the directory
		t.Errorf("the child has the descriptors %q", got)
	}
	if _, err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// TestKill: the whole group, while others wait for the child.
func TestKill(t *testing.T) {
	child, out := shell(t, `sleep 1000 & echo $!; wait`)
	grandchild := line(t, out)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { _ = child.Kill() })
	}
	e, err := child.Wait()
	wg.Wait()
	if err != nil || e.Signal != "SIGKILL" {
		t.Errorf("%+v, %v", e, err)
	}
	expectGone(t, grandchild)
}

// TestGroupEnds: what the child left running ends with it.
func TestGroupEnds(t *testing.T) {
	child, out := shell(t, `sleep 1000 & echo $!`)
	grandchild := line(t, out)
	if e, err := child.Wait(); err != nil || e.Code != 0 {
		t.Errorf("%+v, %v", e, err)
	}
	expectGone(t, grandchild)
}

func expectGone(t *testing.T, pid string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		out, _ := exec.Command("ps", "-o", "stat=", "-p", pid).Output() // fails if there is none
		if s := strings.TrimSpace(string(out)); s == "" || strings.HasPrefix(s, "Z") {
			return
		}
	}
	t.Errorf("process %s lives on", pid)
}

// TestStartFails: the reason is told.
func TestStartFails(t *testing.T) {
	_, err := process.Start(&process.Command{Path: "/no/such/program", Args: []string{"x"}, Stdout: os.Stdout, Stderr: os.Stderr})
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "start /no/such/program: ") {
		t.Errorf("%v", err)
	}
}

// TestManyThreads: children live on when the goroutines that started them, and
// the threads these ran on, have ended.
func TestManyThreads(t *testing.T) {
	var wg sync.WaitGroup
	children := make([]*process.Child, 8)
	outs := make([]*os.File, len(children))
	for i := range children {
		wg.Go(func() {
			var err error
			if children[i], outs[i], err = startShell("read x; exit 5"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, c := range children {
		if e, err := c.Wait(); err != nil || e.Signal != "" {
			t.Errorf("child %d: %+v, %v", i, e, err)
		}
		outs[i].Close()
	}
}

// beParent starts a child, tells its number and waits for the end of stdin.
func beParent() {
	c, _, err := startShell("sleep 1000")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(c.PID())
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// TestOrphan: killing the parent, which cannot say goodbye, ends the child.
func TestOrphan(t *testing.T) {
	if !diesWithParent {
		t.Skip("this system has no parent-death signal")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PROCESS_TEST_PARENT=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := line(t, bufio.NewReader(stdout))
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // by the signal
	expectGone(t, pid)
}
