package worker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"modwsgi-express/core/lane"
	"modwsgi-express/core/worker"
)

// TestHello: what the interpreter says of itself.
func TestHello(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		h := p.hello
		if h.Implementation+"-"+h.Python != py.name || h.Protocol != lane.Version || h.PID != p.PID() || h.Executable == "" || h.Prefix == "" {
			t.Errorf("hello %+v", h)
		}
	})
}

// TestState: the process as the application finds it.
func TestState(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := spawn(t, py, worker.Config{Threads: 2, Start: worker.Start{Target: "contract.py", SwitchInterval: 0.025}})
		p.loaded()
		var got struct {
			Argv, Path, Main  []string
			Cwd, Name, Thread string
			Daemon            bool
			PID               int
			Switch            float64
		}
		if err := json.Unmarshal([]byte(p.lanes[1].exchange("/state", "").body), &got); err != nil {
			t.Fatal(err)
		}
		apps := testApps(t)
		if fmt.Sprint(got.Argv) != fmt.Sprint([]string{filepath.Join(apps, "contract.py")}) {
			t.Errorf("sys.argv %q", got.Argv)
		}
		if got.Path[0] != apps || contains(got.Path, "") {
			t.Errorf("sys.path %q", got.Path)
		}
		if got.Cwd != apps || got.Name != "contract" || got.Thread != "modwsgi-1" || !got.Daemon || got.PID != p.PID() {
			t.Errorf("state %+v", got)
		}
		if got.Switch != 0.025 {
			t.Errorf("switch interval %v", got.Switch)
		}
		for _, name := range got.Main {
			if name != "sys" && name != "json" && name != "os" && name != "socket" {
				t.Errorf("__main__ has %s", name)
			}
		}
	})
}

// TestCheck: without lanes the worker loads, reports and exits.
func TestCheck(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := spawn(t, py, worker.Config{Start: worker.Start{Target: "contract.py"}})
		p.loaded()
		if e := p.exited(); e.Code != 0 || e.Signal != "" || e.Breach != nil || e.MaxRSS == 0 || e.UserTime == 0 {
			t.Errorf("exited %+v", e)
		}
	})
}

// TestStop: running requests end, one that nobody has looked at yet is served,
// and the interpreter is left in the regular way.
func TestStop(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "lifecycle.py")
		p.lanes[0].request(environ("/wait"), "", true)
		p.awaitStack(0, "wait_here")
		if err := p.Stop("reload"); err != nil {
			t.Fatal(err)
		}
		if ev := p.next(); !ev.Stopping {
			t.Fatalf("expected stopping, got %s", show(ev))
		}
		if a := p.lanes[1].exchange("/open", ""); a.body != "done" {
			t.Errorf("answer %+v", a)
		}
		if a := p.lanes[0].response(nil); a.body != "done" {
			t.Errorf("answer %+v", a)
		}
		if e := p.exited(); e.Code != 0 || e.Signal != "" {
			t.Errorf("exited %v", e)
		}
		for _, line := range []string{"atexit ran", "a thread of its own ended"} {
			if !contains(p.Tail(), line) {
				t.Errorf("stderr %q has no %q", p.Tail(), line)
			}
		}
		if err := p.Stop("again"); err != nil {
			t.Errorf("a second Stop: %v", err)
		}
		if _, err := p.Stacks(short(t), -1); !errors.Is(err, worker.ErrGone) {
			t.Errorf("Stacks of a dead worker: %v", err)
		}
		p.Kill() // does nothing
	})
}

// TestStopAtOnce: a request that was sent just before the stop is served.
func TestStopAtOnce(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		for range 5 {
			p := serve(t, py, "contract.py")
			for _, l := range p.lanes {
				l.request(environ("/ok"), "", true)
			}
			if err := p.Stop("shutdown"); err != nil {
				t.Fatal(err)
			}
			for _, l := range p.lanes {
				if a := l.response(nil); a.body != "body" {
					t.Errorf("answer %+v", a)
				}
			}
			p.exited()
		}
	})
}

// TestStopWhileLoading: there is nothing to finish.
func TestStopWhileLoading(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := spawn(t, py, worker.Config{Threads: 1, Start: worker.Start{Target: "hangs.py"}})
		p.awaitStack(-1, "stuck_while_importing")
		if err := p.Stop("shutdown"); err != nil {
			t.Fatal(err)
		}
		if e := p.exited(); e.Code != 0 {
			t.Errorf("exited %v", e)
		}
	})
}

// awaitStack asks for stacks until one has the text.
func (p *proc) awaitStack(thread int, text string) string {
	p.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		stacks, err := p.Stacks(short(p.t), thread)
		if err != nil {
			p.t.Fatal(err)
		}
		if strings.Contains(stacks, text) {
			return stacks
		}
	}
	p.t.Fatalf("no stack with %q", text)
	return ""
}

// TestStacks: what a lane's thread does, without the worker's own frames; and
// all threads, while they serve and while the application is imported.
func TestStacks(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "lifecycle.py")
		p.lanes[1].request(environ("/wait"), "", true)
		one := p.awaitStack(1, "wait_here")
		if !strings.HasPrefix(one, "Thread modwsgi-1 (most recent call last):\n  File \""+testApps(t)) || strings.Contains(one, "modwsgi-express") {
			t.Errorf("stack of the thread:\n%s", one)
		}
		if idle, err := p.Stacks(short(t), 0); err != nil || idle != "Thread modwsgi-0: no request\n" {
			t.Errorf("stack of an idle thread: %q, %v", idle, err)
		}
		all, err := p.Stacks(short(t), -1)
		if err != nil || !strings.Contains(all, "wait_here") || !strings.Contains(all, "Thread modwsgi-0: no request") || strings.Contains(all, "modwsgi-control") {
			t.Errorf("all stacks: %v\n%s", err, all)
		}
		if none, err := p.Stacks(short(t), 99); err != nil || none != "" {
			t.Errorf("stack of a thread that is none: %q, %v", none, err)
		}
		h := spawn(t, py, worker.Config{Threads: 1, Start: worker.Start{Target: "hangs.py"}})
		if s := h.awaitStack(-1, "stuck_while_importing"); !strings.Contains(s, "Thread MainThread") || strings.Contains(s, "importlib") {
			t.Errorf("stacks while importing:\n%s", s)
		}
	})
}

// TestControlEOF: the front is dead; so is the worker, at once, whether it
// serves, waits, imports or runs a request that does not end.
func TestControlEOF(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		for _, target := range []string{"lifecycle.py", "hangs.py"} {
			p := spawn(t, py, worker.Config{Threads: 1, Start: worker.Start{Target: target}})
			if target == "hangs.py" {
				p.awaitStack(-1, "stuck_while_importing")
			} else {
				p.loaded()
				p.lanes[0].request(environ("/wait"), "", true)
				p.awaitStack(0, "wait_here")
			}
			worker.CloseControl(p.Process)
			if e := p.exited(); e.Code != 1 || e.Breach != nil {
				t.Errorf("%s: exited %v", target, e)
			}
			if contains(p.Tail(), "atexit ran") {
				t.Errorf("%s: left in the regular way: %q", target, p.Tail())
			}
		}
	})
}

// TestDeath: how a process ended, and its last words.
func TestDeath(t *testing.T) {
	p := serve(t, anyPython(t), "lifecycle.py")
	p.lanes[0].request(environ("/die"), "", true)
	if e := p.exited(); e.Code != 7 || e.Signal != "" || e.String() != "exited with code 7" {
		t.Errorf("exited %+v", e)
	}
	if _, err := p.lanes[0].tryReceive(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the lane of a dead worker: %v", err)
	}
	p = serve(t, anyPython(t), "lifecycle.py")
	p.lanes[0].request(environ("/segfault"), "", true)
	if e := p.exited(); e.Code != -1 || e.Signal != "SIGSEGV" || !strings.HasPrefix(e.String(), "was killed by SIGSEGV") {
		t.Errorf("exited %+v", e)
	}
	if tail := p.Tail(); len(tail) == 0 || tail[len(tail)-1] != "last words" && tail[len(tail)-1] != "a thread of its own ended" {
		t.Errorf("stderr %q", tail)
	}
}

// TestKill: the process, and what it started.
func TestKill(t *testing.T) {
	for _, how := range []string{"kill", "death"} {
		p := serve(t, anyPython(t), "lifecycle.py")
		path := filepath.Join(t.TempDir(), "pid")
		e := environ("/child")
		e["test.path"] = path
		p.lanes[0].request(e, "", true)
		p.lanes[0].response(nil)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if how == "kill" {
			p.Kill()
		} else {
			p.lanes[0].request(environ("/die"), "", true)
		}
		p.exited()
		child := filepath.Join("/proc", strings.TrimSpace(string(text)), "stat")
		for deadline := time.Now().Add(patience); ; {
			stat, err := os.ReadFile(child)
			if err != nil || strings.Contains(string(stat), ") Z ") {
				break // gone, or waiting for init
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: the worker's child lives on", how)
			}
		}
	}
}

// TestBreach: a worker that says what it may not is killed, and the reason told.
func TestBreach(t *testing.T) {
	for _, c := range []struct{ path, query, want string }{
		{"/control", "garbage", "read control message"},
		{"/control", `{"type":"dance"}`, `unknown type "dance"`},
		{"/control", `{"type":"loaded"}`, "told twice"},
		{"/control", `{"type":"hello","protocol":1}`, "second hello"},
		{"/control", `{"type":"stopping"}`, "nobody asked for"},
		{"/control", `[]`, "read control message"},
		{"/long-line", "", "more than 1048576 bytes"},
	} {
		p := serve(t, anyPython(t), "lifecycle.py")
		e := environ(c.path)
		e["QUERY_STRING"] = c.query
		p.lanes[0].request(e, "", true)
		got := p.exited()
		if got.Breach == nil || !strings.Contains(got.Breach.Error(), c.want) || got.Signal != "SIGKILL" {
			t.Errorf("%s %s: exited %v (%v), expected %q", c.path, c.query, got, got.Signal, c.want)
		}
	}
}

// TestLaneBreach: the worker does not go on with a front that makes no sense,
// and a lane that ends is the end.
func TestLaneBreach(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		for name, raw := range map[string][]byte{
			"too long":           {0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 0, 1, 1, 0, 0},
			"number 0":           {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0},
			"reserved":           {0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0},
			"BODY for nobody":    {0, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0},
			"type of the worker": {0, 0, 0, 0, 1, 0, 0, 0, 17, 0, 0, 0},
		} {
			p := serve(t, py, "contract.py")
			if _, err := p.lanes[0].nc.Write(raw); err != nil {
				t.Fatal(err)
			}
			if e := p.exited(); e.Code != 1 {
				t.Errorf("%s: exited %v", name, e)
			}
			if tail := strings.Join(p.Tail(), "\n"); !strings.Contains(tail, "the server broke the lane protocol") {
				t.Errorf("%s: stderr %q", name, tail)
			}
		}
		p := serve(t, py, "contract.py")
		p.lanes[1].nc.Close()
		if e := p.exited(); e.Code != 1 {
			t.Errorf("lane closed: exited %v", e)
		}
	})
}

// TestPatched: an application that patches the standard library for greenlets.
func TestPatched(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := spawn(t, py, worker.Config{Threads: 2, Start: worker.Start{Target: "patched.py", ReloadFiles: true}})
		for ev := p.next(); ev.Loaded == nil; ev = p.next() {
			if ev.Failed != nil || ev.Exited != nil {
				t.Fatal(show(ev), p.Tail())
			}
		}
		for _, l := range p.lanes {
			if a := l.exchange("/", ""); a.body != "patched and serving" {
				t.Errorf("answer %+v", a)
			}
		}
		if err := p.Stop("shutdown"); err != nil {
			t.Fatal(err)
		}
		if e := p.exited(); e.Signal != "" {
			t.Errorf("exited %v: %q", e, p.Tail())
		}
	})
}

// TestSignals: those that a service manager or a terminal sends to everyone do
// not end a worker.
func TestSignals(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "lifecycle.py")
		for range 2 {
			if a := p.lanes[0].exchange("/signal", ""); a.body != "done" {
				t.Errorf("answer %+v", a)
			}
		}
	})
}

// TestDescriptors: children of the application inherit none of the sockets,
// whether they are forked or executed.
func TestDescriptors(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("no /proc/self/fd to look at")
	}
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		e := environ("/subprocess")
		e["test.path"] = filepath.Join(t.TempDir(), "fds")
		p.lanes[0].request(e, "", true)
		if a := p.lanes[0].response(nil); a.body != "[]" {
			t.Errorf("an executed child has %s %s", a.body, a.trace)
		}
		if strings.HasPrefix(py.name, "CPython-3.6") {
			return // has no os.register_at_fork
		}
		if a := p.lanes[0].exchange("/forks", ""); a.body != "[]" {
			t.Errorf("a forked child has %s %s", a.body, a.trace)
		}
		if a := p.lanes[0].exchange("/ok", ""); a.body != "body" {
			t.Errorf("answer %+v", a)
		}
	})
}

// TestReloadFiles: the modules, the script and the templates, and again when
// more was imported.
func TestReloadFiles(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"site.wsgi": "import helper\n" + readApp(t, "lifecycle.py"), "helper.py": "", "late_module.py": "",
			"templates/page.html": "",
		} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p := spawn(t, py, worker.Config{Threads: 1, Start: worker.Start{Target: "site.wsgi", WorkingDirectory: dir, ReloadFiles: true}})
		p.loaded()
		paths := p.next().Files
		for _, name := range []string{"site.wsgi", "helper.py", "templates"} {
			if !contains(paths, filepath.Join(dir, name)) {
				t.Errorf("no %s in %q", name, paths)
			}
		}
		late := filepath.Join(dir, "late_module.py")
		if contains(paths, late) {
			t.Errorf("%s before it is imported", late)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, ".pyc") || !filepath.IsAbs(path) || strings.Contains(path, "modwsgi-express>") {
				t.Errorf("path %q", path)
			}
		}
		p.lanes[0].exchange("/import", "")
		if again := p.next().Files; !contains(again, late) || len(again) <= len(paths) {
			t.Errorf("no %s in %q", late, again)
		}
	})
}

// TestReloadFilesOfFailure: also an application that could not be loaded says
// what to watch.
func TestReloadFilesOfFailure(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		dir := t.TempDir()
		for name, text := range map[string]string{"wsgi.py": "import helper", "helper.py": "import broken", "broken.py": "return"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p := spawn(t, py, worker.Config{Threads: 1, Start: worker.Start{WorkingDirectory: dir, ReloadFiles: true}})
		paths := p.next().Files
		p.failed()
		for _, name := range []string{"wsgi.py", "helper.py", "broken.py"} {
			if !contains(paths, filepath.Join(dir, name)) {
				t.Errorf("no %s in %q", name, paths)
			}
		}
		if e := p.exited(); e.Code != 1 {
			t.Errorf("exited %v", e)
		}
	})
}

func readApp(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/apps", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOutput: both streams are in the log, line by line and bounded, and the
// end of stderr is kept.
func TestOutput(t *testing.T) {
	observed, logs := observer.New(zap.InfoLevel)
	p := spawn(t, anyPython(t), worker.Config{Threads: 1, Log: zap.New(observed), Label: "1.2", Start: worker.Start{Target: "prints.py"}})
	p.loaded()
	p.lanes[0].exchange("/", "")
	if err := p.Stop("test"); err != nil {
		t.Fatal(err)
	}
	p.exited()

	for _, c := range []struct{ line, stream string }{
		{"to stdout", "stdout"}, {"to stderr", "stderr"}, {strings.Repeat("x", 8192), "stderr"},
		{strings.Repeat("x", 20000-2*8192), "stderr"}, {"not UTF-8: \uFFFD", "stderr"}, {"no newline", "stderr"},
	} {
		found := logs.FilterMessage(c.line).All()
		if len(found) == 0 {
			t.Errorf("no line %.50q in the log", c.line)
			continue
		}
		f := found[0].ContextMap()
		if f["stream"] != c.stream || f["worker"] != "1.2" || f["pid"] != int64(p.PID()) {
			t.Errorf("fields of %.50q: %v", c.line, f)
		}
	}
	many := logs.FilterMessage("many").Len()
	dropped := int64(0)
	for _, e := range logs.FilterMessage("worker writes too much, lines dropped").All() {
		dropped += e.ContextMap()["dropped"].(int64)
	}
	if int64(many)+dropped != 20000 {
		t.Errorf("%d lines logged and %d dropped, expected 20000 in all", many, dropped)
	}
	tail := p.Tail()
	if len(tail) != 20 || tail[19] != "no newline" || tail[18] != "line 99" || tail[0] != "line 81" {
		t.Errorf("tail %q", tail)
	}
}

// TestSpawnFails: nothing is left behind, and the reason is told.
func TestSpawnFails(t *testing.T) {
	before := openFiles(t)
	for name, cfg := range map[string]worker.Config{
		"no such file":   {Interpreter: "/no/such/python", Threads: 3},
		"no executable":  {Interpreter: "/dev/null", Threads: 3},
		"no directory":   {Interpreter: anyPython(t).path, Dir: "/no/such/directory", Threads: 3},
		"many threads":   {Interpreter: anyPython(t).path, Threads: 1 << 20},
		"large settings": {Interpreter: anyPython(t).path, Start: worker.Start{Target: strings.Repeat("x", 1<<20)}},
	} {
		if p, err := worker.Spawn(cfg); err == nil {
			p.Kill()
			t.Errorf("%s: no error", name)
		} else if !strings.HasPrefix(err.Error(), "start worker: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d open files, %d before", after, before)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc/self/fd to count")
	}
	return len(entries)
}

// TestNoPython: an interpreter that is none ends without a hello.
func TestNoPython(t *testing.T) {
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho no Python here >&2\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p, err := worker.Spawn(worker.Config{Interpreter: path, Threads: 1, Env: environment()})
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(p.Lanes())
	var last worker.Event
	for ev := range p.Events() {
		last = ev
	}
	if last.Exited == nil || last.Exited.Code != 3 || !contains(p.Tail(), "no Python here") {
		t.Errorf("%s; stderr %q", show(last), p.Tail())
	}
}

// TestOldPython: a Python that cannot run the worker says so in a sentence.
func TestOldPython(t *testing.T) {
	path := os.Getenv("MODWSGI_TEST_OLD_PYTHON")
	if path == "" {
		t.Skip("MODWSGI_TEST_OLD_PYTHON names no Python before 3.6")
	}
	p := spawn(t, python{path: path}, worker.Config{Threads: 1, Start: worker.Start{Target: "contract.py"}})
	if f := p.failed(); f.Reason != worker.ReasonVersion || !strings.Contains(f.Message, "is too old") {
		t.Errorf("failed %+v", f)
	}
	p.exited()
}

func closeAll[C io.Closer](all []C) {
	for _, c := range all {
		c.Close()
	}
}
