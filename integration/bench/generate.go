package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// generate makes the load of a workload for some seconds.
func (m *machine) generate(ctx context.Context, w workload, l launch, up *running, seconds float64, most *usage) (outcome, error) {
	name, ok := strings.CutPrefix(w.load, "go:")
	if !ok {
		return m.wrk(ctx, w, l.port, seconds)
	}
	command := []string{m.program, loadCommand, name, "--address", l.address(), "--path", w.target(),
		"--connections", strconv.Itoa(w.connections), "--seconds", fmt.Sprint(seconds)}
	switch w.judged {
	case grown:
		return m.holding(ctx, w, command, up, most)
	case peak:
		return m.watching(ctx, w, command, up, seconds, most)
	}
	out, cpu, err := m.execute(ctx, m.loadCore(w), command, seconds)
	if err != nil {
		return outcome{}, err
	}
	seen, err := parseReport(out)
	return outcome{seen, cpu}, err
}

// watching looks at the server's memory while the load lasts, and keeps the
// most.
func (m *machine) watching(ctx context.Context, w workload, command []string, up *running, seconds float64, most *usage) (outcome, error) {
	done := make(chan struct{})
	watched := make(chan usage)
	go func() {
		var top usage
		for {
			select {
			case <-done:
				watched <- top
				return
			case <-time.After(50 * time.Millisecond):
			}
			if all, front, err := kernel.footprint(up.pid); err == nil {
				top.memory, top.front = max(top.memory, all), max(top.front, front)
			}
		}
	}()
	out, cpu, err := m.execute(ctx, m.loadCore(w), command, seconds+uploadLimit.Seconds())
	close(done)
	*most = <-watched
	if err != nil {
		return outcome{}, err
	}
	seen, err := parseReport(out)
	return outcome{seen, cpu}, err
}

// holding looks at the server's memory while the generator holds its
// connections, and then lets it go.
func (m *machine) holding(ctx context.Context, w workload, command []string, up *running, most *usage) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, openLimit+settleLimit+loadGrace)
	defer cancel()
	if core := m.loadCore(w); core != "" {
		command = slices.Concat([]string{"taskset", "-c", core}, command)
	}
	command = slices.Concat([]string{"prlimit", fmt.Sprintf("--nofile=%d:%d", filesLimit, filesLimit)}, command)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return outcome{}, fmt.Errorf("make a pipe to the load generator: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return outcome{}, fmt.Errorf("make a pipe from the load generator: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return outcome{}, fmt.Errorf("start the load generator: %w", err)
	}
	lines := bufio.NewReader(out)
	var seen measured
	err = json.NewDecoder(lines).Decode(&seen)
	var looked error
	*most, looked = kernel.usage(up.pid)
	closing := in.Close()
	_, _ = io.Copy(io.Discard, lines) // the same line again
	if err := errors.Join(err, looked, closing, cmd.Wait()); err != nil {
		return outcome{}, fmt.Errorf("hold idle connections: %w: %s", err, lastLine(said.Bytes()))
	}
	if seen.Requests == 0 {
		return outcome{}, fmt.Errorf("no request was answered: %+v", seen.Errors)
	}
	return outcome{seen, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}
