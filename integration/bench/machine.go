package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// machine is where everything runs: directories, cores, and what is installed.
type machine struct {
	source  string // integration/bench of the checkout
	work    string // build/bench: logs and scripts of this run
	venv    string
	program string // this program, to be started again as a load generator
	python  string // outside of the virtualenv
	root    bool
	apache  account
	server  string // core that servers are pinned to, as taskset takes it; empty: none
	load    string // core of the load
	facts   facts
	absent  map[string]string
	ports   ports
	log     io.Writer
}

// facts are what a reader has to know to compare numbers.
type facts struct {
	Processor   string   `json:"processor"`
	Cores       int      `json:"cores"`
	ServerCore  string   `json:"server_core"`
	LoadCore    string   `json:"load_core"`
	MemoryBytes int64    `json:"memory_bytes"`
	Kernel      string   `json:"kernel"`
	Python      string   `json:"python"`
	Go          string   `json:"go"`
	Wrk         string   `json:"wrk"`
	Own         string   `json:"own"` // what our binary says of its version
	Packages    []string `json:"packages"`
	Date        string   `json:"date"`
	LoadBefore  string   `json:"load_before"` // load averages when the run began
}

// newMachine prepares everything that a run needs.
func newMachine(ctx context.Context, o options, log io.Writer) (*machine, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("cannot measure on %s: cores, memory and context switches are read as Linux shows them", runtime.GOOS)
	}
	m := &machine{
		source: filepath.Join(o.root, "integration", "bench"), work: filepath.Join(o.root, "build", "bench"),
		venv: filepath.Join(o.root, "build", "bench-venv"), program: program, root: os.Geteuid() == 0,
		absent: map[string]string{}, log: log,
	}
	if err := os.MkdirAll(m.work, 0o755); err != nil {
		return nil, fmt.Errorf("make the directory of the run: %w", err)
	}
	if err := m.tools(ctx); err != nil {
		return nil, err
	}
	if m.root {
		if m.apache, err = nobody(); err != nil {
			return nil, err
		}
	}
	if m.python, err = interpreter(ctx, o.python); err != nil {
		return nil, err
	}
	if err := m.install(ctx, o); err != nil {
		return nil, err
	}
	m.server, m.load = twoCores(affinity())
	m.gather(ctx, o.binary)
	return m, nil
}

// tools sees to the programs that every run uses.
func (m *machine) tools(ctx context.Context) error {
	for program, pkg := range map[string]string{"wrk": "wrk", "taskset": "util-linux", "setsid": "util-linux", "prlimit": "util-linux", "setpriv": "util-linux"} {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if err := m.debian(ctx, pkg); err != nil {
			return fmt.Errorf("cannot find %s, and cannot install it (%w)", program, err)
		}
	}
	return nil
}

// affinity is the list of cores that this process may use.
func affinity() []int {
	text, err := os.ReadFile(string(kernel) + "/self/status")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		if list, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return parseCores(strings.TrimSpace(list))
		}
	}
	return nil
}

// parseCores reads a list such as "0-3,8".
func parseCores(list string) []int {
	var cores []int
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := strconv.Atoi(first)
		if err != nil {
			return nil
		}
		to := from
		if isRange {
			if to, err = strconv.Atoi(last); err != nil || to-from > 4096 {
				return nil
			}
		}
		for c := from; c <= to; c++ {
			cores = append(cores, c)
		}
	}
	return cores
}

// twoCores are one for the servers and one for the load: two that do not share
// their execution units, if there are such.
func twoCores(cores []int) (server, load string) {
	if len(cores) < 2 {
		return "", ""
	}
	first, second := cores[0], cores[1]
	siblings, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", first))
	if err == nil {
		together := parseCores(strings.TrimSpace(string(siblings)))
		if i := slices.IndexFunc(cores, func(c int) bool { return !slices.Contains(together, c) }); i >= 0 {
			second = cores[i]
		}
	}
	return strconv.Itoa(first), strconv.Itoa(second)
}

func (m *machine) serverCore(w workload) string { return choose(w.allCores, "", m.server) }
func (m *machine) loadCore(w workload) string   { return choose(w.allCores, "", m.load) }

// gather collects the facts. One that cannot be found out is left empty.
func (m *machine) gather(ctx context.Context, binary string) {
	info, _ := os.ReadFile(string(kernel) + "/meminfo")
	total, _ := field(info, "MemTotal:")
	release, _ := os.ReadFile(string(kernel) + "/sys/kernel/osrelease")
	averages, _ := os.ReadFile(string(kernel) + "/loadavg")
	m.facts = facts{
		Processor: processor(), Cores: len(affinity()), ServerCore: m.server, LoadCore: m.load,
		MemoryBytes: total << 10, Kernel: strings.TrimSpace(string(release)), Go: runtime.Version(),
		Python:     firstLine(ctx, filepath.Join(m.venv, "bin", "python"), "-c", "import platform as p; print(p.python_implementation(), p.python_version(), 'by', p.python_compiler())"),
		Wrk:        strings.Split(firstLine(ctx, "wrk", "-v"), " [")[0],
		Own:        firstLine(ctx, binary, "version"),
		Packages:   strings.Fields(output(ctx, filepath.Join(m.venv, "bin", "python"), "-m", "pip", "freeze")),
		Date:       time.Now().UTC().Format(time.DateOnly),
		LoadBefore: strings.Join(strings.Fields(string(averages))[:min(3, len(strings.Fields(string(averages))))], " "),
	}
}

func processor() string {
	text, _ := os.ReadFile(string(kernel) + "/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// output is what a short command prints, whatever it exits with.
func output(ctx context.Context, name string, args ...string) string {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	out, _ := exec.CommandContext(ctx, name, args...).CombinedOutput() // wrk -v exits with 1
	return string(out)
}

func firstLine(ctx context.Context, name string, args ...string) string {
	line, _, _ := strings.Cut(output(ctx, name, args...), "\n")
	return strings.TrimSpace(line)
}

// account is the user that Apache runs as when this was started as root.
type account struct{ uid, gid int }

func nobody() (account, error) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return account{}, fmt.Errorf("find the user that Apache can run as: %w", err)
	}
	uid, errUID := strconv.Atoi(u.Uid)
	gid, errGID := strconv.Atoi(u.Gid)
	return account{uid, gid}, errors.Join(errUID, errGID)
}
