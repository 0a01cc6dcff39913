package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, d)
	}
}

// measuredRun is a small run with one of everything: rounds that differ, a peer
// that is better, one that is left out, one that failed, one not installed.
func measuredRun() result {
	r := result{
		Machine: facts{Processor: "A Processor", Cores: 2, ServerCore: "0", LoadCore: "1", MemoryBytes: 8e9, Kernel: "6.1",
			Python: "CPython 3.13.0", Wrk: "wrk 4.1.0", Own: "modwsgi-express 1.0", Packages: []string{"a==1", "b==2"},
			Date: "2026-01-02", LoadBefore: "0.00 0.01 0.05"},
		Rounds: 3, Seconds: 4, Servers: []string{own, "granian", "gunicorn-sync", "cheroot"}, Apps: []string{"hello", "pipeline", "idle"},
		Absent:      map[string]string{"bjoern": "the packages libev-dev are missing: install them as root"},
		Interpreter: map[string]int64{"plain": 9e6},
		Commands:    map[string]string{own: "modwsgi-express start-server plain:hello", "granian": "granian plain:hello"},
	}
	for round, rate := range []int64{1000, 3000, 2000} {
		r.Samples = append(r.Samples,
			sample{Server: own, Load: "hello", Round: round, measured: measured{Requests: rate, Duration: 1e6, P50: 100, P99: 20000},
				Memory: 20e6, Front: 10e6, Switches: 0.5, CPU: 8, Elsewhere: 0.1},
			sample{Server: "granian", Load: "hello", Round: round, measured: measured{Requests: 1600, Duration: 1e6, P50: 90, P99: 10000, Errors: faults{Read: 1, Timeout: 2}},
				Memory: 40e6, Front: 30e6, Elsewhere: 0.2},
			sample{Server: "gunicorn-sync", Load: "hello", Round: round, measured: measured{Requests: 100, Duration: 1e6}},
			sample{Server: "gunicorn-sync", Load: "pipeline", Round: round, Failure: noKeepAlive, LeftOut: true},
			sample{Server: "cheroot", Load: "hello", Round: round, Failure: "ended while starting: boom"},
			sample{Server: "granian", Load: "idle", Round: round, measured: measured{Requests: 10000, Duration: 1e6, Held: 10000}, Memory: 140e6, Added: 100e6, Front: 7e6})
	}
	r.Samples = append(r.Samples,
		sample{Server: own, Load: "pipeline", measured: measured{Requests: 5000, Duration: 1e6}},
		sample{Server: own, Load: "pipeline", Round: 1, Failure: "no request was answered"},
		sample{Server: own, Load: "idle", Failure: "held only 20 of 10000 connections"})
	return r
}

func TestPage(t *testing.T) { golden(t, "page.md", page(measuredRun())) }

func TestInsert(t *testing.T) {
	first, err := insert("", "ONE\n")
	if err != nil || !strings.HasPrefix(first, "# Benchmarks\n") || !strings.Contains(first, "ONE") {
		t.Fatalf("%v: %q", err, first)
	}
	second, err := insert("Before.\n"+first+"After.\n", "TWO\n")
	if err != nil || strings.Contains(second, "ONE") || !strings.Contains(second, "TWO") {
		t.Fatalf("%v: %q", err, second)
	}
	if !strings.HasPrefix(second, "Before.\n# Benchmarks\n") || !strings.HasSuffix(second, pageEnd+"\nAfter.\n") {
		t.Errorf("what stands around was changed: %q", second)
	}
	for _, old := range []string{"text of a person\n", pageBegin + "\n", pageEnd + "\n"} {
		if text, err := insert(old, "X"); err == nil {
			t.Errorf("%q became %q", old, text)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}},
		{[]float64{3}, spread{3, 3, 3, 1}},
		{[]float64{9, 1, 3}, spread{3, 1, 9, 3}},
		{[]float64{4, 1, 3, 2}, spread{2.5, 1, 4, 4}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("%v: got %+v, expected %+v", c.values, got, c.want)
		}
	}
}

func TestParseReport(t *testing.T) {
	const line = `{"requests":10,"duration":2000000,"p50":5,"p90":6,"p99":7,"max":8,"errors":{"connect":1,"read":2,"write":3,"timeout":4,"status":4}}`
	got, err := parseReport([]byte("Running 2s test\n  10 requests in 2.00s\n" + line + "\n"))
	if err != nil || got.Requests != 6 || got.rate() != 3 || got.Errors.sum() != 14 || got.P99 != 7 {
		t.Errorf("got %+v %v: refusals are no answers", got, err)
	}
	for _, out := range []string{"", "unable to connect\n", "{broken\n", strings.Replace(line, `"requests":10`, `"requests":4`, 1)} {
		if got, err := parseReport([]byte(out)); err == nil {
			t.Errorf("%q: %+v", out, got)
		}
	}
}

// TestCommands: how each server is started, in all the ways that a workload can
// ask for.
func TestCommands(t *testing.T) {
	var b strings.Builder
	plain := launch{venv: "/venv", apps: "/apps", scratch: "/scratch", apache: "/scratch/apache", target: "plain:hello", port: 20000,
		processes: 1, binary: "/bin/modwsgi-express"}
	root, all := plain, plain
	root.root, root.account = true, account{65534, 65533}
	all.threads, all.processes, all.accessLog, all.idle, all.upload = 8, 2, "/scratch/access.log", true, true
	for _, s := range servers {
		for _, l := range []launch{plain, root, all} {
			fmt.Fprintf(&b, "%s: %s\n", s.name, strings.Join(s.command(l), " "))
		}
		fmt.Fprintln(&b)
	}
	golden(t, "commands.txt", b.String())
}

// TestCatalogue: what the tables say of each other, and of the files, is true.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range workloads {
		if seen[w.name] {
			t.Errorf("%s is there twice", w.name)
		}
		seen[w.name] = true
		module, callable := splitTarget(w.app)
		text, err := os.ReadFile(filepath.Join("apps", module+".py"))
		if err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
		if s := string(text); !strings.Contains(s, "\ndef "+callable+"(") && !strings.Contains(s, "\n"+callable+" = ") {
			t.Errorf("%s: %s.py has no %s", w.name, module, callable)
		}
		if name, ok := strings.CutPrefix(w.load, "go:"); ok {
			if generators[name] == nil {
				t.Errorf("%s: there is no generator %s", w.name, name)
			}
		} else if _, err := os.Stat(filepath.Join("lua", w.load+".lua")); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	}
	for _, g := range goals {
		if !seen[g.load] {
			t.Errorf("a goal for the workload %s, which is not there", g.load)
		}
	}
	names := map[string]bool{}
	for _, s := range servers {
		if names[s.name] {
			t.Errorf("%s is there twice", s.name)
		}
		names[s.name] = true
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		args   string
		output string
		fails  string
	}{
		{"", "express/docs/benchmarks.md", ""},
		{"--quick", "build/benchmarks.md", ""},
		{"--peers granian --apps hello,flask", "build/benchmarks.md", ""},
		{"--apps hello --output x.md", "x.md", ""},
		{"--peers grainian", "", `cannot find the server "grainian": there are modwsgi-express, gunicorn-sync`},
		{"--apps helo", "", `cannot find the workload "helo"`},
		{"--rounds 1000", "", "cannot measure 1000 rounds"},
		{"--seconds 0.1", "", "cannot measure"},
		{"hello", "", "all arguments are options"},
	} {
		o, err := parseOptions(strings.Fields(c.args))
		switch {
		case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%q: error %v, expected %q", c.args, err, c.fails)
		case c.fails == "" && (err != nil || !strings.HasSuffix(filepath.ToSlash(o.output), c.output)):
			t.Errorf("%q: output %s, error %v", c.args, o.output, err)
		}
	}
}

func TestLogged(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("access.log", strings.Repeat("a line\n", 90))
	printed := write("printed", strings.Repeat("x", 3<<20)+"\n") // longer than any buffer
	if err := logged(90, filepath.Join(dir, "nothing"), printed); err == nil {
		t.Error("one line passed for 90 requests")
	}
	if err := logged(91, dir, filepath.Join(dir, "nothing")); err != nil {
		t.Error(err)
	}
	if err := logged(100, dir, filepath.Join(dir, "nothing")); err == nil {
		t.Error("91 lines passed for 100 requests")
	}
}
