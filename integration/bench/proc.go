package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// procfs reads what the kernel says of processes; the root is /proc but in
// tests.
type procfs string

const kernel = procfs("/proc")

// tick is the unit of processor times in /proc. Linux fixes USER_HZ at 100 for
// every architecture that Go runs on.
const tick = 10 * time.Millisecond

// process is a line of the process table.
type process struct {
	pid, parent, session int
	started              int           // ticks after boot: with the pid it names one process for good
	cpu                  time.Duration // user and system, of all its threads, ended ones too
	zombie               bool          // ended, and its parent has not asked for it
}

// processes is the process table. Processes that end meanwhile are left out.
func (p procfs) processes() ([]process, error) {
	entries, err := os.ReadDir(string(p))
	if err != nil {
		return nil, fmt.Errorf("read the process table: %w", err)
	}
	var all []process
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(string(p), e.Name(), "stat"))
		if err != nil {
			continue
		}
		if one, ok := parseStat(text); ok {
			all = append(all, one)
		}
	}
	return all, nil
}

// parseStat takes a /proc/PID/stat apart. The name of the program is in
// parentheses and may hold anything, parentheses too, so the fields are counted
// from the last one.
func parseStat(text []byte) (process, bool) {
	end := bytes.LastIndexByte(text, ')')
	head, _, ok := bytes.Cut(text, []byte(" "))
	if end < 0 || !ok {
		return process{}, false
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 20 {
		return process{}, false
	}
	var n [6]int
	for i, field := range []string{string(head), fields[1], fields[3], fields[11], fields[12], fields[19]} {
		var err error
		if n[i], err = strconv.Atoi(field); err != nil {
			return process{}, false
		}
	}
	return process{
		pid: n[0], parent: n[1], session: n[2], cpu: time.Duration(n[3]+n[4]) * tick, started: n[5], zombie: fields[0] == "Z",
	}, true
}

// alive is true as long as this very process runs.
func (p procfs) alive(one process) bool {
	text, err := os.ReadFile(filepath.Join(string(p), strconv.Itoa(one.pid), "stat"))
	if err != nil {
		return false
	}
	now, ok := parseStat(text)
	return ok && now.started == one.started && !now.zombie
}

// tree is the process with all that it started: its descendants, and those in
// its session whose parent has ended.
func (p procfs) tree(root int) ([]process, error) {
	all, err := p.processes()
	if err != nil {
		return nil, err
	}
	in := map[int]bool{root: true}
	for grew := true; grew; {
		grew = false
		for _, one := range all {
			if !in[one.pid] && (in[one.parent] || one.session == root) {
				in[one.pid], grew = true, true
			}
		}
	}
	var found []process
	for _, one := range all {
		if in[one.pid] {
			found = append(found, one)
		}
	}
	return found, nil
}

// memory is the proportional set size of a process, in bytes: pages that it
// shares with others count in parts, so that the sum over a tree is what the
// tree takes. A process that has ended takes nothing.
func (p procfs) memory(pid int) (int64, error) {
	text, err := os.ReadFile(filepath.Join(string(p), strconv.Itoa(pid), "smaps_rollup"))
	if errors.Is(err, fs.ErrNotExist) || err != nil && gone(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	kib, ok := field(text, "Pss:")
	if !ok {
		return 0, nil // a process that has ended and waits for its parent has no memory
	}
	return kib << 10, nil
}

// gone is true for the error of a process that ended while it was looked at
// (ESRCH).
func gone(err error) bool { return strings.Contains(err.Error(), "no such process") }

// switches is how often the threads of a process gave up the processor or lost
// it. Those of threads that have ended are not known any more.
func (p procfs) switches(pid int) int64 {
	tasks, _ := filepath.Glob(filepath.Join(string(p), strconv.Itoa(pid), "task", "*", "status")) // the pattern is well formed
	var sum int64
	for _, name := range tasks {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		own, _ := field(text, "voluntary_ctxt_switches:")
		forced, _ := field(text, "nonvoluntary_ctxt_switches:")
		sum += own + forced
	}
	return sum
}

// busy is the time that all processors together have not been idle.
func (p procfs) busy() time.Duration {
	text, err := os.ReadFile(filepath.Join(string(p), "stat"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	var sum int64
	for i, f := range fields {
		// user nice system idle iowait irq softirq steal; guest times are in user.
		if i == 0 || i == 4 || i == 5 || i > 8 {
			continue
		}
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0
		}
		sum += n
	}
	return time.Duration(sum) * tick
}

// field is the number behind a name at the beginning of a line.
func field(text []byte, name string) (int64, bool) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			word, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			n, err := strconv.ParseInt(word, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// usage is what a tree of processes has used so far, and takes now.
type usage struct {
	memory, front int64 // bytes: of all, and of the first process
	switches      int64
	cpu           time.Duration
	processes     int
}

func (p procfs) usage(root int) (usage, error) {
	var u usage
	var err error
	if u.memory, u.front, err = p.footprint(root); err != nil {
		return usage{}, err
	}
	tree, err := p.tree(root)
	if err != nil {
		return usage{}, err
	}
	u.processes = len(tree)
	for _, one := range tree {
		u.switches += p.switches(one.pid)
		u.cpu += one.cpu
	}
	return u, nil
}

// footprint is the memory of a tree of processes, and of its first one.
func (p procfs) footprint(root int) (all, front int64, err error) {
	tree, err := p.tree(root)
	if err != nil {
		return 0, 0, err
	}
	for _, one := range tree {
		pss, err := p.memory(one.pid)
		if err != nil {
			return 0, 0, err
		}
		all += pss
		if one.pid == root {
			front = pss
		}
	}
	return all, front, nil
}
