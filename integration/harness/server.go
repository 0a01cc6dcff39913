package harness

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Options say how to start the server.
type Options struct {
	// Target is the application as on the command line; "": none is given.
	Target string
	// Args are further arguments. Without a --host, --port or --listen among
	// them the server listens on a free port of 127.0.0.1.
	Args []string
	// Python is the interpreter; "": the one of [Python]; "-": no --python is
	// given and the program has to find one.
	Python string
	// Directory to start in; "": a new empty one.
	Directory string
	// Env is added to the environment.
	Env []string
	// Variant selects driver and transport; the zero value is the default.
	Variant Variant
	// Processes is how many workers are expected; 0: one.
	Processes int
	// Probe is the target that the application answers with 200; "": "/".
	Probe string
}

// Server is a running program under test.
type Server struct {
	tb        testing.TB
	cmd       *exec.Cmd
	exited    chan struct{} // closed when the process has been waited for
	exitError error         // of Wait, valid after exited
	processes int
	probe     string
	allowed   []*regexp.Regexp
	unchecked bool
	baseline  map[int]process // what ran when the server was ready
	addresses []string

	// Log is standard error and standard output together.
	Log *Log
	// Directory is where the server was started.
	Directory string
}

// Start starts the server, waits until it is ready, and at the end of the test
// checks the invariants and stops it.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	s := Launch(tb, o)
	s.AwaitReady()
	if res := s.Get(s.probe); res.Status != 200 {
		tb.Fatalf("the first request, GET %s, is answered with %d: %.300q", s.probe, res.Status, res.Body)
	}
	s.baseline = s.snapshot()
	tb.Cleanup(func() {
		if !s.unchecked && !s.hasExited() {
			s.CheckInvariants()
		}
		s.Stop()
	})
	return s
}

// Launch starts the program and does not wait for anything: for tests of
// starts that fail. The process is gone at the end of the test.
func Launch(tb testing.TB, o Options) *Server {
	tb.Helper()
	if o.Directory == "" {
		o.Directory = tb.TempDir()
	}
	s := &Server{tb: tb, Log: newLog(), exited: make(chan struct{}), processes: max(1, o.Processes), probe: cmp.Or(o.Probe, "/"), Directory: o.Directory}
	s.cmd = exec.Command(Binary(tb), arguments(tb, o)...)
	s.cmd.Dir = o.Directory
	s.cmd.Env = append(environment(), o.Env...)
	r, w, err := os.Pipe()
	if err != nil {
		tb.Fatalf("make a pipe for the log: %v", err)
	}
	s.cmd.Stdout, s.cmd.Stderr = w, w
	if err := s.cmd.Start(); err != nil {
		tb.Fatalf("start the program: %v", err)
	}
	w.Close()
	go s.Log.read(r)
	go func() {
		s.exitError = s.cmd.Wait()
		close(s.exited)
	}()
	tb.Cleanup(func() {
		s.kill()
		// A worker that outlived the front would keep the pipe open: the wait
		// has a limit, and closing ends the reader.
		if !s.within(Patience, s.Log.done) {
			tb.Error("a process of the server still holds its log open after its end")
		}
		r.Close()
		if tb.Failed() {
			tb.Logf("log of the server:\n%s", tail(s.Log.Text(), 20000))
		}
	})
	return s
}

func arguments(tb testing.TB, o Options) []string {
	args := []string{"start-server"}
	if o.Target != "" {
		args = append(args, o.Target)
	}
	listens := func(a string) bool {
		return strings.HasPrefix(a, "--host") || strings.HasPrefix(a, "--port") || strings.HasPrefix(a, "--listen")
	}
	if !slices.ContainsFunc(o.Args, listens) {
		args = append(args, "--host", "127.0.0.1", "--port", "0")
	}
	switch o.Python {
	case "-":
	case "":
		args = append(args, "--python", Python(tb).Path)
	default:
		args = append(args, "--python", o.Python)
	}
	if os.Geteuid() == 0 && !slices.ContainsFunc(o.Args, func(a string) bool { return strings.HasPrefix(a, "--user") }) {
		// The interpreters of a developer's root account are often readable by
		// root alone.
		args = append(args, "--allow-root")
	}
	args = append(args, "--log-format", "json", "--log-level", "info")
	if o.Processes > 0 {
		args = append(args, "--processes", fmt.Sprint(o.Processes))
	}
	if o.Variant.Name == "" && o.Python == "" { // not every other interpreter has every variant
		o.Variant = chosen(tb)
	}
	return append(append(args, o.Variant.Args...), o.Args...)
}

// environment is this process's without what would configure the server or
// its Python.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "MODWSGI_") || strings.HasPrefix(v, "PYTHON") || strings.HasPrefix(v, "VIRTUAL_ENV=")
	})
}

// AwaitReady waits for the line that says where the server listens and that
// its workers have loaded the application.
func (s *Server) AwaitReady() {
	s.tb.Helper()
	line, ok := s.Log.Wait(0, 2*Patience, isReady)
	if !ok {
		s.tb.Fatalf("the server did not become ready")
	}
	s.addresses = readyAddresses(line)
	if len(s.addresses) == 0 {
		s.tb.Fatalf("the ready line names no address: %s", line.Text)
	}
}

// Address is the first address, Addresses are all that the server listens on.
func (s *Server) Address() string     { return s.addresses[0] }
func (s *Server) Addresses() []string { return s.addresses }

// Dial opens a raw connection to the server's first address.
func (s *Server) Dial() *Conn {
	s.tb.Helper()
	return Dial(s.tb, s.Address())
}

// Get makes one request on a connection of its own.
func (s *Server) Get(target string) *Response {
	s.tb.Helper()
	c := s.Dial()
	defer c.Close()
	c.Send("GET " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
	return c.Final("GET")
}

// Allow excuses error lines that match, for tests which provoke them.
func (s *Server) Allow(pattern string) {
	s.allowed = append(s.allowed, regexp.MustCompile(pattern))
}

// Unchecked turns the invariants off, for tests that end the server or its
// workers themselves.
func (s *Server) Unchecked() { s.unchecked = true }

// Pid is the process id of the front.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Signal sends a signal to the front.
func (s *Server) Signal(sig syscall.Signal) {
	s.tb.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.tb.Fatalf("send %v to the server: %v", sig, err)
	}
}

// Exit waits for the program's end and returns its exit code, -1 for a death
// by signal.
func (s *Server) Exit() int {
	s.tb.Helper()
	if !s.within(2*Patience, s.exited) {
		s.tb.Fatalf("the server has not ended after %v", 2*Patience)
	}
	s.within(Patience, s.Log.done)
	return s.cmd.ProcessState.ExitCode()
}

// Stop ends the server with SIGTERM and fails the test unless it exits with 0.
func (s *Server) Stop() {
	s.tb.Helper()
	if s.hasExited() {
		return
	}
	s.Signal(syscall.SIGTERM)
	if !s.within(Patience, s.exited) {
		s.cmd.Process.Signal(syscall.SIGQUIT) // goroutine stacks into the log; it may have ended by now
		s.within(5*time.Second, s.exited)
		s.tb.Errorf("the server has not ended %v after SIGTERM", Patience)
		return
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.tb.Errorf("the server ended with %d (%v) after SIGTERM, expected 0", code, s.exitError)
	}
}

func (s *Server) kill() {
	if !s.hasExited() {
		s.cmd.Process.Kill() // it may have ended by now
		<-s.exited
	}
}

func (s *Server) hasExited() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

func (s *Server) within(limit time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// Run runs the program to its end with these arguments and no input, for
// commands that are no servers.
func Run(tb testing.TB, directory string, env []string, args ...string) (stdout, stderr string, code int) {
	tb.Helper()
	cmd := exec.Command(Binary(tb), args...)
	cmd.Dir, cmd.Env = directory, append(environment(), env...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = io.Writer(&out), io.Writer(&errs)
	timer := time.AfterFunc(2*Patience, func() { cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		tb.Fatalf("run %s: %v", filepath.Base(cmd.Path), err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func tail(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return "…" + text[len(text)-n:]
}
