package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 20 * time.Second
	stopLimit  = 5 * time.Second // for a server to end by itself; then it is killed
	filesLimit = 16384           // open files of a server, enough for the idle connections
)

// running is a server that has been started, with all its processes.
type running struct {
	pid   int
	first *os.Process
	ended chan struct{} // closed when the first process is gone and waited for
	log   string        // file with what it printed
	out   *os.File
	grace time.Duration // for it to end by itself
}

// start runs a command in a session of its own, so that all its processes can be
// found, with stdout and stderr in a file.
func start(command []string, dir, log string, env []string, core string) (*running, error) {
	prefix := []string{"setsid", "prlimit", fmt.Sprintf("--nofile=%d:%d", filesLimit, filesLimit)}
	if core != "" {
		prefix = append(prefix, "taskset", "-c", core)
	}
	out, err := os.OpenFile(log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	words := slices.Concat(prefix, command)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, out, out
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", command[0], err), out.Close())
	}
	s := &running{pid: cmd.Process.Pid, first: cmd.Process, ended: make(chan struct{}), log: log, out: out, grace: stopLimit}
	go func() {
		defer close(s.ended)
		_ = cmd.Wait() // stop asks how it ended only by whether it did
	}()
	return s, nil
}

// ready waits until the server answers a request rightly.
func (s *running) ready(ctx context.Context, w workload, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := probe(ctx, w, address)
		if err == nil || !errors.Is(err, errNoAnswer) {
			return err
		}
		select {
		case <-s.ended:
			return fmt.Errorf("ended while starting: %s", s.lastLine())
		case <-ctx.Done():
			return fmt.Errorf("did not answer within %s (%w): %s", startLimit, err, s.lastLine())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// errNoAnswer is a connection that is refused or breaks off: the server may not
// be up yet.
var errNoAnswer = errors.New("no answer")

// probe sends one request and looks at the answer.
func probe(ctx context.Context, w workload, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	method := choose(w.body == nil, http.MethodGet, http.MethodPost)
	req, err := http.NewRequestWithContext(ctx, method, "http://"+address+w.target(), bytes.NewReader(w.body))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %v", errNoAnswer, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer: %w", err)
	case resp.StatusCode >= 502 && resp.StatusCode <= 504:
		return fmt.Errorf("%w: status %d", errNoAnswer, resp.StatusCode) // the front is up, its worker is not
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("answered status %d: %.80q", resp.StatusCode, body)
	}
	return w.want(body)
}

// stop ends all processes of the server: first as an operator would, then for
// good.
func (s *running) stop() error {
	defer s.out.Close()
	tree, err := kernel.tree(s.pid)
	if err != nil {
		return err
	}
	_ = s.first.Signal(syscall.SIGTERM) // it may have ended
	for limit := time.Now().Add(s.grace); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		if !slices.ContainsFunc(tree, kernel.alive) {
			<-s.ended
			return nil
		}
	}
	for range 20 {
		again, err := kernel.tree(s.pid)
		if err != nil {
			return err
		}
		kill(append(tree, again...))
		time.Sleep(50 * time.Millisecond)
		if !slices.ContainsFunc(append(tree, again...), kernel.alive) {
			<-s.ended
			return nil
		}
	}
	return fmt.Errorf("process %d and those that it started do not end", s.pid)
}

// kill ends processes that are still the ones that were found.
func kill(tree []process) {
	for _, one := range tree {
		if !kernel.alive(one) {
			continue
		}
		if p, err := os.FindProcess(one.pid); err == nil {
			_ = p.Kill() // it may just have ended
		}
	}
}

// lastLine is what the server said last.
func (s *running) lastLine() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return lastLine(text)
}

func lastLine(text []byte) string {
	lines := strings.FieldsFunc(string(text), func(c rune) bool { return c == '\n' || c == '\r' })
	for _, line := range slices.Backward(lines) {
		if line = strings.TrimSpace(line); line != "" {
			return fmt.Sprintf("%.200s", line)
		}
	}
	return "it printed nothing"
}

// ports are taken one after the other, below those that the kernel gives to
// connections.
type ports struct{ last int }

const firstPort, lastPort = 20000, 29999

func (p *ports) next() (int, error) {
	for range lastPort - firstPort {
		p.last++
		if p.last < firstPort || p.last > lastPort {
			p.last = firstPort
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p.last))
		if err == nil {
			return p.last, l.Close()
		}
	}
	return 0, errors.New("find a free port: all from 20000 to 29999 are taken")
}
