package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// loadGrace is how long a load generator may take beyond the length of its load.
const loadGrace = 60 * time.Second

// outcome is what a load generator reported, and the processor time it took
// itself.
type outcome struct {
	measured
	cpu time.Duration
}

// wrk makes the load of a workload for some seconds.
func (m *machine) wrk(ctx context.Context, w workload, port int, seconds float64) (outcome, error) {
	script, err := m.script(w.load)
	if err != nil {
		return outcome{}, err
	}
	threads := choose(w.allCores, min(2, w.connections), 1)
	// wrk counts whole seconds.
	command := []string{"wrk", "--latency", "-t", strconv.Itoa(threads), "-c", strconv.Itoa(w.connections),
		"-d", fmt.Sprintf("%ds", max(1, int(seconds+0.5))), "--timeout", "8s", "-s", script,
		fmt.Sprintf("http://127.0.0.1:%d%s", port, w.target())}
	out, cpu, err := m.execute(ctx, m.loadCore(w), command, seconds)
	if err != nil {
		return outcome{}, err
	}
	seen, err := parseReport(out)
	return outcome{seen, cpu}, err
}

// script is the file that wrk runs: what is special to the load, and the report
// at the end. wrk takes one file only.
func (m *machine) script(name string) (string, error) {
	var text []byte
	parts := []string{name, "report"}
	for _, part := range slices.Compact(parts) {
		more, err := os.ReadFile(filepath.Join(m.source, "lua", part+".lua"))
		if err != nil {
			return "", fmt.Errorf("read the script of a load: %w", err)
		}
		text = append(text, more...)
	}
	file := filepath.Join(m.work, name+".lua")
	return file, writeFile(file, text)
}

// parseReport finds the line of JSON that report.lua prints after wrk's own
// lines.
func parseReport(out []byte) (measured, error) {
	for _, line := range slices.Backward(bytes.Split(out, []byte("\n"))) {
		if !bytes.HasPrefix(line, []byte("{")) {
			continue
		}
		var seen measured
		if err := json.Unmarshal(line, &seen); err != nil {
			return measured{}, fmt.Errorf("read the load generator's report %.80q: %w", line, err)
		}
		// wrk counts refusals too, and a server can be very fast at those.
		seen.Requests -= seen.Errors.Status
		if seen.Requests <= 0 {
			return measured{}, fmt.Errorf("no request was answered: %+v", seen.Errors)
		}
		return seen, nil
	}
	return measured{}, fmt.Errorf("the load generator reported nothing: %s", lastLine(out))
}

// execute runs a load generator to its end, pinned if a core is given.
func (m *machine) execute(ctx context.Context, core string, command []string, seconds float64) ([]byte, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds*float64(time.Second))+loadGrace)
	defer cancel()
	if core != "" {
		command = slices.Concat([]string{"taskset", "-c", core}, command)
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && ctx.Err() == nil {
			return nil, 0, fmt.Errorf("the load generator failed: %s", lastLine(exit.Stderr))
		}
		return nil, 0, fmt.Errorf("run %s: %w", strings.Join(command, " "), errors.Join(err, ctx.Err()))
	}
	return out, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
