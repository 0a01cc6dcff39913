package settings_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/express/settings"
)

var update = flag.Bool("update", false, "write the golden files")

// TestProblems: what a user reads when something is wrong.
func TestProblems(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths in the golden file are those of Unix")
	}
	cases := []struct {
		name    string
		file    string
		environ []string
		args    []string
	}{
		{name: "bad values of all layers", file: "threads = \"many\"\n\nsocket-mode = 660\n", environ: []string{"MODWSGI_PROCESSES=0"}, args: []string{"--port=eighty", "--request-timeout=soon"}},
		{name: "unknown names", file: "thread = 3\nserver-mpm = \"event\"\nworkers = 2\n", environ: []string{"MODWSGI_PROT=80", "MODWSGI_SERVER_MPM=event"}},
		{name: "names that belong to others", environ: []string{"MODWSGI_EXPRESS_BINARY=x", "MODWSGI_TEST_PYTHONS=y", "MODWSGI_PORT="}},
		{name: "file syntax", file: "port = 80\nthreads = = 3\n"},
		{name: "file types", file: "threads = [1]\nport = {a = 1}\nenv = 3\nlisten = [1979-05-27]\naccess-log = \"maybe\"\n"},
		{name: "key that cannot stand in a file", file: "config = \"x\"\n"},
		{name: "alias beside its name", file: "max-clients = 3\nmax-connections = 4\n"},
		{name: "aliases in the environment", environ: []string{"MODWSGI_MAX_CLIENTS=3", "MODWSGI_MAX_CONNECTIONS=4"}},
		{name: "lower case variable", environ: []string{"MODWSGI_port=80"}},
		{name: "open quote in the environment", environ: []string{`MODWSGI_LISTEN=":80`}},
		{name: "no such configuration file", args: []string{"--config=missing.toml"}},
		{name: "configuration file is a directory", args: []string{"--config=.venv"}},
		{name: "listen with host and port", args: []string{"--listen=:80", "--port=81"}},
		{name: "listen in the file, port as a flag", file: "listen = [\":80\"]\n", args: []string{"--port=81"}},
		{name: "bad addresses", args: []string{"--listen=localhost", "--listen=/run/a.sock", "--listen=[::1:80", "--listen=1.2.3:80", "--listen=:99999", "--listen=unix:", "--listen=unix:@x", "--listen=unix:a,mode=9"}},
		{name: "the same address twice", args: []string{"--listen=127.0.0.1:80", "--listen=127.0.0.1:80", "--listen=127.0.0.1:0", "--listen=127.0.0.1:0"}},
		{name: "bad host", args: []string{"--host=a b"}},
		{name: "socket mode without a socket", args: []string{"--socket-mode=0666"}},
		{name: "mount point", args: []string{"--mount-point=shop"}},
		{name: "mount point with dots", args: []string{"--mount-point=/a/../b"}},
		{name: "mount point with a query", args: []string{"--mount-point=/a?b"}},
		{name: "cap below start", args: []string{"--header-max-timeout=3", "--body-timeout=20", "--body-max-timeout=10"}},
		{name: "start above the default cap", args: []string{"--header-timeout=40"}},
		{name: "line larger than head", args: []string{"--limit-request-line=100k"}},
		{name: "both interpreters", args: []string{"--python=python3", "--virtualenv=.venv"}},
		{name: "virtualenv without python", args: []string{"--virtualenv=empty"}},
		{name: "no such virtualenv", args: []string{"--virtualenv=missing"}},
		{name: "no such python", args: []string{"--python=./missing"}},
		{name: "python not in PATH", args: []string{"--python=python9"}},
		{name: "python not executable", args: []string{"--python=./notes.txt"}},
		{name: "stale VIRTUAL_ENV", environ: []string{"VIRTUAL_ENV=$DIR/gone"}},
		{name: "group without user", args: []string{"--group=www"}},
		{name: "two places for logs", args: []string{"--log-directory=empty", "--log-to-terminal"}},
		{name: "log names without directory", args: []string{"--error-log-name=e", "--access-log-name=a"}},
		{name: "log name with directory", args: []string{"--log-directory=empty", "--error-log-name=../e"}},
		{name: "both logs in one file", args: []string{"--log-directory=empty", "--error-log-name=log", "--access-log-name=log", "--access-log"}},
		{name: "log directory missing", args: []string{"--log-directory=missing"}},
		{name: "format without access log", args: []string{"--access-log-format=json"}},
		{name: "format with the access log switched off", args: []string{"--access-log-format=json", "--access-log=off"}},
		{name: "key of the request", args: []string{"--setenv=PATH_INFO=/x", "--setenv=wsgi.input=y", "--setenv=OK=1"}},
		{name: "env file", args: []string{"--env-file=bad.env", "--env-file=missing.env"}},
		{name: "directories", args: []string{"--spool-directory=missing", "--working-directory=missing"}},
		{name: "server header", args: []string{"--server-header=a\r\nb"}},
	}
	var got strings.Builder
	for _, c := range cases {
		f := newFixture(t)
		f.write("empty/.keep", "")
		f.write("notes.txt", "")
		f.write("bad.env", "A=1\nhunter2\n")
		if c.file != "" {
			f.write(settings.FileName, c.file)
		}
		s, resolveError := settings.Resolve(f.input(c.environ, c.args...))
		_, buildError := s.Build()
		fmt.Fprintf(&got, "-- %s --\n%s", c.name, strings.ReplaceAll(describe(t, errors.Join(resolveError, buildError)), f.directory, "$DIR"))
	}
	golden(t, "problems.golden", got.String())
}

// describe lists problems as the command line does, with their kind.
func describe(t *testing.T, err error) string {
	var b strings.Builder
	var walk func(err error)
	walk = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				walk(e)
			}
			return
		}
		var p *settings.Problem
		if !errors.As(err, &p) {
			t.Errorf("%v is a %T, not a Problem", err, err)
			return
		}
		kind := "config"
		if p.Usage {
			kind = "usage"
		}
		if p.Interpreter {
			kind = "interpreter"
		}
		fmt.Fprintf(&b, "%s: %s\n", kind, p.Message)
		if p.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", p.Hint)
		}
	}
	if err == nil {
		return "nothing wrong\n"
	}
	walk(err)
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (write it with -update):\n%s", name, diff)
	}
}

// TestUntrustedFile: as root, a file that others can write to is used only when
// it is named.
func TestUntrustedFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no root on Windows")
	}
	f := newFixture(t)
	path := f.write(settings.FileName, "port = 1\n")
	in := f.input(nil)
	in.Root = true
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := settings.Resolve(in); err == nil || !strings.Contains(err.Error(), "cannot trust modwsgi-express.toml as root") {
		t.Errorf("a file that everybody can write to: %v", err)
	}
	named := f.input(nil, "--config="+settings.FileName)
	named.Root = true
	if s, err := settings.Resolve(named); err != nil || s.Get("port").Value.Int != 1 {
		t.Errorf("named by the user: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if _, err := settings.Resolve(in); err != nil {
			t.Errorf("root's own file: %v", err)
		}
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Skipf("change the owner: %v", err)
		}
	}
	if _, err := settings.Resolve(in); err == nil || !strings.Contains(err.Error(), "it belongs to user") {
		t.Errorf("another user's file: %v", err)
	}
}
