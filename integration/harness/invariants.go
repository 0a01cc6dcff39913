package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// fdSlack is how far the number of open descriptors of a process may be from
// what it was: a log being reopened, a timer being made.
const fdSlack = 2

// process is one entry of the process table.
type process struct {
	pid, parent int
	state       byte // R, S, Z, …
	command     string
	descriptors int // open ones, -1 if they cannot be counted
}

// CheckInvariants checks I1 to I4 of the package comment. Processes and
// descriptors get some time to settle: a closed connection is closed on the
// server's side a moment later.
func (s *Server) CheckInvariants() {
	s.tb.Helper()
	if res := s.Get(s.probe); res.Status != 200 {
		s.tb.Errorf("I4: a fresh GET is answered with %d", res.Status)
	}
	if err := Eventually(Patience, s.processesSettled); err != nil {
		s.tb.Errorf("%v", err)
	}
	if bad := unexpectedLines(s.Log.Lines(), s.allowed); len(bad) > 0 {
		s.tb.Errorf("I3: unexpected lines in the log:\n%s", strings.Join(bad, "\n"))
	}
}

func (s *Server) processesSettled() error {
	if runtime.GOOS != "linux" || s.baseline == nil {
		return nil // no /proc to look at
	}
	now := s.snapshot()
	if len(now) != 1+s.processes {
		return fmt.Errorf("I1: %d processes, expected a front and %d workers: %v", len(now), s.processes, now)
	}
	for pid, p := range now {
		if p.state == 'Z' {
			return fmt.Errorf("I1: zombie %d (%s)", pid, p.command)
		}
		before, ok := s.baseline[pid]
		if !ok {
			before = s.anyWorker() // a replacement: it has to look like the one it replaces
		}
		if d := p.descriptors - before.descriptors; p.descriptors >= 0 && (d > fdSlack || d < -fdSlack) {
			return fmt.Errorf("I2: process %d (%s) has %d open descriptors, had %d: %s", pid, p.command, p.descriptors, before.descriptors, openDescriptors(pid))
		}
	}
	return nil
}

func (s *Server) anyWorker() process {
	for pid, p := range s.baseline {
		if pid != s.Pid() {
			return p
		}
	}
	return process{descriptors: -1}
}

// Rebase takes the processes as they are now for the invariants' baseline: for
// tests in which workers are replaced on purpose.
func (s *Server) Rebase() { s.baseline = s.snapshot() }

// Workers are the pids of the front's children.
func (s *Server) Workers() []int {
	var pids []int
	for pid, p := range s.snapshot() {
		if pid != s.Pid() && p.state != 'Z' {
			pids = append(pids, pid)
		}
	}
	return pids
}

// snapshot is the front and all its descendants.
func (s *Server) snapshot() map[int]process {
	all := processTable()
	family := map[int]process{}
	if front, ok := all[s.Pid()]; ok {
		family[front.pid] = front
	}
	for grown := true; grown; {
		grown = false
		for pid, p := range all {
			if _, known := family[pid]; known {
				continue
			}
			if _, child := family[p.parent]; child {
				family[pid], grown = p, true
			}
		}
	}
	for pid, p := range family {
		p.descriptors = countDescriptors(pid)
		family[pid] = p
	}
	return family
}

func processTable() map[int]process {
	table := map[int]process{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		if p, err := parseStat(string(text)); err == nil {
			table[p.pid] = p
		}
	}
	return table
}

// parseStat reads "pid (command) state ppid …"; the command may hold anything,
// parentheses and spaces too.
func parseStat(text string) (process, error) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 1 || end < open {
		return process{}, errors.New("malformed stat")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text[:open]))
	if err != nil {
		return process{}, err
	}
	fields := strings.Fields(text[end+1:])
	if len(fields) < 2 {
		return process{}, errors.New("short stat")
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return process{}, err
	}
	return process{pid: pid, parent: parent, state: fields[0][0], command: text[open+1 : end]}, nil
}

func countDescriptors(pid int) int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return -1
	}
	return len(entries)
}

func openDescriptors(pid int) string {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid)) // the pattern is well formed
	var open []string
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil {
			open = append(open, filepath.Base(link)+"="+to)
		}
	}
	return strings.Join(open, " ")
}

// Eventually looks again and again until check finds nothing wrong or the
// limit has passed, and returns what it found last. It is for what cannot be
// waited for otherwise: the state of other processes.
func Eventually(limit time.Duration, check func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
