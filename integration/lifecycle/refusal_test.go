package lifecycle_test

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Exit codes, as express/docs promises them.
const (
	usage       = 2
	config      = 3
	bind        = 4
	privilege   = 5
	application = 6
	interpreter = 7
)

// refusal is a start that must fail. In args, DIR is the directory of the test
// and PORT one that is taken.
type refusal struct {
	name string
	code int
	args string // after start-server; fields are separated by spaces
	env  string
	file string // content of the file that args name as DIR/file
	root bool   // only root can get this far
	own  bool   // args are all: nothing is added to make the rest right
}

var refusals = []refusal{
	// listeners
	{name: "port-in-use", code: bind, args: "app.py --host 127.0.0.1 --port PORT"},
	{name: "second-listener-in-use", code: bind, args: "app.py --listen unix:DIR/s --listen 127.0.0.1:PORT"},
	{name: "foreign-address", code: bind, args: "app.py --host 192.0.2.1 --port 0"},
	{name: "socket-directory-missing", code: bind, args: "app.py --listen unix:DIR/none/s"},
	{name: "socket-is-a-file", code: bind, args: "app.py --listen unix:DIR/file", file: "precious"},
	{name: "port-too-large", code: usage, args: "app.py --port 70000"},
	{name: "port-no-number", code: usage, args: "app.py --port http"},
	{name: "listen-and-port", code: usage, args: "app.py --listen 127.0.0.1:0 --port 8000"},
	// numbers and names
	{name: "threads-zero", code: usage, args: "app.py --threads 0"},
	{name: "processes-negative", code: usage, args: "app.py --processes -1"},
	{name: "timeout-no-time", code: usage, args: "app.py --request-timeout soon"},
	{name: "timeout-negative", code: usage, args: "app.py --request-timeout -1"},
	{name: "size-no-size", code: usage, args: "app.py --limit-request-body many"},
	{name: "mistyped-option", code: usage, args: "app.py --proceses 2"},
	{name: "unknown-option", code: usage, args: "app.py --frobnicate"},
	{name: "apache-option", code: usage, args: "app.py --server-mpm event"},
	{name: "two-targets", code: usage, args: "app.py other.py"},
	{name: "log-level-unknown", code: usage, args: "app.py --log-level loud"},
	{name: "environment-bad", code: config, args: "app.py", env: "MODWSGI_THREADS=many"},
	{name: "environment-unknown", code: config, args: "app.py", env: "MODWSGI_THREAD=2"},
	// files
	{name: "config-missing", code: config, args: "app.py --config DIR/none.toml"},
	{name: "config-syntax", code: config, args: "app.py --config DIR/file", file: "threads = = 2\n"},
	{name: "config-unknown-key", code: config, args: "app.py --config DIR/file", file: "thread = 2\n"},
	{name: "config-bad-value", code: config, args: "app.py --config DIR/file", file: "threads = \"many\"\n"},
	{name: "env-file-missing", code: config, args: "app.py --env-file DIR/none"},
	{name: "working-directory-missing", code: config, args: "app.py --working-directory DIR/none"},
	{name: "log-directory-missing", code: config, args: "app.py --log-directory DIR/none"},
	{name: "spool-directory-missing", code: config, args: "app.py --spool-directory DIR/none"},
	// the interpreter
	{name: "python-missing", code: interpreter, args: "app.py --python DIR/none"},
	{name: "python-no-program", code: interpreter, args: "app.py --python DIR/file", file: "no program"},
	{name: "virtualenv-missing", code: interpreter, args: "app.py --virtualenv DIR/none"},
	{name: "virtualenv-empty", code: interpreter, args: "app.py --virtualenv DIR"},
	// identity
	{name: "user-unknown", code: privilege, args: "app.py --user no-such-user", root: true, own: true},
	{name: "group-unknown", code: privilege, args: "app.py --user nobody --group no-such-group", root: true, own: true},
	{name: "user-root", code: privilege, args: "app.py --user root", root: true, own: true},
	{name: "root-without-user", code: privilege, args: "app.py", root: true, own: true},
	// the application
	{name: "file-missing", code: application, args: "none.py"},
	{name: "module-missing", code: application, args: "no_such_module"},
	{name: "attribute-missing", code: application, args: "app:nothing"},
	{name: "not-callable", code: application, args: "marker:VERSION"},
	{name: "no-callable", code: application, args: "marker"},
}

// TestRefusals: the exit code, the text of one sentence with what to do, and
// nothing started.
func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, r := range refusals {
		t.Run(r.name, func(t *testing.T) { r.check(t, taken.Addr().(*net.TCPAddr).Port) })
	}
}

func (r refusal) check(t *testing.T, port int) {
	if r.root && os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	d := newSite(t)
	d.write("marker.py", "import gates\ngates.arrive('import')\nVERSION = 'one'\n")
	if r.file != "" {
		d.write("file", r.file)
	}
	replace := strings.NewReplacer("DIR", d.directory, "PORT", fmt.Sprint(port))
	args := append([]string{"start-server"}, strings.Fields(replace.Replace(r.args))...)
	if !r.own && os.Geteuid() == 0 {
		args = append(args, "--allow-root")
	}
	if !strings.Contains(r.args, "--p") && !strings.Contains(r.args, "--listen") {
		args = append(args, "--port", "0")
	}
	if !strings.Contains(r.args, "--python") && !strings.Contains(r.args, "--virtualenv") {
		args = append(args, "--python", harness.Python(t).Path)
	}
	env := []string{d.gates.Env(), "PYTHONDONTWRITEBYTECODE=1"}
	if r.env != "" {
		env = append(env, r.env)
	}
	stdout, stderr, code := harness.Run(t, d.directory, env, args...)
	if code != r.code {
		t.Errorf("exit code %d, expected %d", code, r.code)
	}
	if stdout != "" {
		t.Errorf("standard output: %q", stdout)
	}
	said := withoutRecords(stderr)
	said = strings.NewReplacer(d.directory, "DIR", fmt.Sprint(port), "PORT", harness.Binary(t), "modwsgi-express", harness.Python(t).Path, "PYTHON").Replace(said)
	for _, v := range varying {
		said = v.pattern.ReplaceAllString(said, v.shown)
	}
	compareGolden(t, r.name+".golden", said)
	if n := d.gates.Arrivals("import"); n != 0 && r.code != application {
		t.Errorf("the application was imported %d times", n)
	}
	if _, err := os.Stat(filepath.Join(d.directory, "s")); err == nil {
		t.Error("the socket of a listener was left behind")
	}
	if r.name == "socket-is-a-file" && d.read("file") != r.file {
		t.Error("the file in the place of the socket is gone")
	}
}

// varying is what depends on the machine and the run.
var varying = []struct {
	pattern *regexp.Regexp
	shown   string
}{
	{regexp.MustCompile(`pid \d+ \([^)]*\)`), "pid PID (PROGRAM)"},
	{regexp.MustCompile(`\(kill \d+\)`), "(kill PID)"},
	{regexp.MustCompile(`owner \d+:\d+`), "owner UID:GID"},
	{regexp.MustCompile(`the path DIR:\S+`), "the path DIR:SYS.PATH"},
	{regexp.MustCompile(`(--user|--group) [a-z][a-z0-9_-]*`), "$1 NAME"}, // whom this machine has
}

// withoutRecords leaves out what went to the log: records of JSON.
func withoutRecords(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "{") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (write it anew with -update if this is meant):\ngot:\n%s\nexpected:\n%s", path, got, want)
	}
}

// TestCannotLoad: an application that fails to load ends the first start with
// its traceback as Python prints it, the failing line last, then the sentence.
func TestCannotLoad(t *testing.T) {
	for _, c := range []struct{ name, code, target, last string }{
		{"import", "import no_such_module\n", "broken.py", "ModuleNotFoundError: No module named 'no_such_module'"},
		{"syntax", "def application(:\n    pass\n", "broken.py", "SyntaxError: invalid syntax"},
		{"exception", "def f():\n    return 1 / 0\n\n\nf()\n", "broken.py", "ZeroDivisionError: division by zero"},
		{"module", "raise ValueError('a reason')\n", "broken", "ValueError: a reason"},
		{"module in a module", "import deeper\n", "broken", "KeyError: 'deep inside'"},
		{"factory", "def create_app():\n    raise RuntimeError('no database')\n", "broken:create_app()", "RuntimeError: no database"},
		{"exit", "import sys\nsys.exit('missing setting')\n", "broken.py", "SystemExit: missing setting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newSite(t)
			d.write("broken.py", c.code)
			d.write("deeper.py", "{}['deep inside']\n")
			said := d.fails(t, c.target)
			lines := strings.Split(strings.TrimSpace(said), "\n")
			at := -1
			for i, line := range lines {
				if strings.HasPrefix(line, "modwsgi-express: cannot load the application") {
					at = i
				}
			}
			if at < 1 || lines[at-1] != c.last {
				t.Errorf("the traceback does not end with %q right above the sentence:\n%s", c.last, said)
			}
			if !strings.Contains(said, "broken.py") {
				t.Errorf("the file is not named:\n%s", said)
			}
			for _, own := range []string{"worker.py", "<string>", "importlib"} {
				if strings.Contains(said, own) {
					t.Errorf("the traceback shows frames of the server (%s):\n%s", own, said)
				}
			}
		})
	}
}

// fails starts the server, which has to end with the code for applications.
func (d *site) fails(t *testing.T, target string, args ...string) string {
	t.Helper()
	all := append([]string{"start-server", target, "--host", "127.0.0.1", "--port", "0", "--python", harness.Python(t).Path}, args...)
	if os.Geteuid() == 0 {
		all = append(all, "--allow-root")
	}
	_, stderr, code := harness.Run(t, d.directory, []string{d.gates.Env(), "PYTHONDONTWRITEBYTECODE=1"}, all...)
	if code != application {
		t.Errorf("exit code %d, expected %d", code, application)
	}
	return withoutRecords(stderr)
}

// TestDiesWhileLoading: no traceback, so its last words and how it died.
func TestDiesWhileLoading(t *testing.T) {
	for name, c := range map[string]struct{ code, named string }{
		"exit":    {"import os, sys\nprint('last words', file=sys.stderr, flush=True)\nos._exit(3)\n", "3"},
		"signal":  {"import os, sys\nprint('last words', file=sys.stderr, flush=True)\nos.kill(os.getpid(), 9)\n", "SIGKILL"},
		"timeout": {"import sys, gates\nprint('last words', file=sys.stderr, flush=True)\ngates.wait('never')\n", "--startup-timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newSite(t)
			d.write("broken.py", c.code)
			said := d.fails(t, "broken.py", "--startup-timeout", "1")
			for _, part := range []string{"last words", "cannot load the application", c.named} {
				if !strings.Contains(said, part) {
					t.Errorf("%q is not in:\n%s", part, said)
				}
			}
		})
	}
}

// TestOldInterpreter: a Python that is too old is refused in a sentence. 3.6 and
// 3.7 are not promised, but serve (see integration/frameworks).
func TestOldInterpreter(t *testing.T) {
	for _, i := range harness.Interpreters(t) {
		if i.Major == 3 && i.Minor >= 6 {
			continue
		}
		d := newSite(t)
		args := []string{"start-server", "app.py", "--port", "0", "--python", i.Path}
		if os.Geteuid() == 0 {
			args = append(args, "--allow-root")
		}
		_, stderr, code := harness.Run(t, d.directory, []string{d.gates.Env()}, args...)
		if said := withoutRecords(stderr); code != interpreter || !strings.Contains(said, "cannot") || strings.Contains(said, "Traceback") {
			t.Errorf("%s: exit code %d:\n%s", i.Name, code, said)
		}
	}
}
