package settings_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"modwsgi-express/express/settings"
)

// TestInterpreter: who wins, and what is told of it.
func TestInterpreter(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the names of interpreters are those of Unix")
	}
	cases := []struct {
		name    string
		made    []string // virtualenvs
		environ []string
		args    []string
		path    string
		origin  string
		home    string // virtualenv
	}{
		{"in PATH", nil, []string{"PATH=$DIR/empty:relative:$DIR/bin"}, nil, "bin/python3", "python3 in PATH", ""},
		{"venv", []string{"venv"}, []string{"PATH=$DIR/bin"}, nil, "venv/bin/python", "venv in the working directory", "venv"},
		{".venv before venv", []string{"venv", ".venv"}, nil, nil, ".venv/bin/python", ".venv in the working directory", ".venv"},
		{"in the other working directory", []string{".venv", "site/.venv"}, nil, []string{"--working-directory=site"}, "site/.venv/bin/python", ".venv in the working directory", "site/.venv"},
		{"active", []string{".venv", "active"}, []string{"VIRTUAL_ENV=$DIR/active"}, nil, "active/bin/python", "$VIRTUAL_ENV", "active"},
		{"--virtualenv before active", []string{"named", "active"}, []string{"VIRTUAL_ENV=$DIR/active"}, []string{"--virtualenv=named"}, "named/bin/python", "--virtualenv", "named"},
		{"variable", []string{"named"}, []string{"MODWSGI_VIRTUALENV=named"}, nil, "named/bin/python", "$MODWSGI_VIRTUALENV", "named"},
		{"flag before variable", []string{"named", "other"}, []string{"MODWSGI_VIRTUALENV=named"}, []string{"--python=other/bin/python"}, "other/bin/python", "--python", "other"},
		{"python names a virtualenv", []string{"named"}, nil, []string{"--python=named"}, "named/bin/python", "--python", "named"},
		{"python by name", nil, []string{"PATH=$DIR/bin"}, []string{"--python=python3.99"}, "bin/python3.99", "--python", ""},
		{"python by path", []string{".venv"}, nil, []string{"--python=$DIR/bin/python3"}, "bin/python3", "--python", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := fixture{t, t.TempDir()}
			f.program("bin/python3")
			f.program("bin/python3.99")
			f.write("site/x", "")
			for _, name := range c.made {
				f.virtualenv(name)
			}
			s, err := settings.Resolve(f.input(c.environ, c.args...))
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Interpreter()
			if err != nil {
				t.Fatal(err)
			}
			want := settings.Interpreter{Path: f.path(c.path), Origin: c.origin}
			if c.home != "" {
				want.Virtualenv = f.path(c.home)
			}
			if got != want {
				t.Errorf("%+v, expected %+v", got, want)
			}
		})
	}
}

// TestBrokenVirtualenv: a virtualenv whose Python is gone is not passed over.
func TestBrokenVirtualenv(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	f := fixture{t, t.TempDir()}
	f.write(".venv/pyvenv.cfg", "")
	f.write(".venv/bin/activate", "")
	if err := os.Symlink("/nowhere/python3", f.path(".venv/bin/python")); err != nil {
		t.Fatal(err)
	}
	s, err := settings.Resolve(f.input([]string{"PATH=/bin"}))
	if err != nil {
		t.Fatal(err)
	}
	if i, err := s.Interpreter(); err == nil {
		t.Errorf("took %+v", i)
	}
}

// TestWorkerEnvironment: what the application's process gets, and what not.
func TestWorkerEnvironment(t *testing.T) {
	f := newFixture(t)
	f.write("a.env", "A=file\nB=file\nC=file\n")
	f.write("b.env", "B=second\n")
	environ := []string{
		"A=ours", "KEPT=1", "PATH=/bin", "HOME=/root", "SUDO_USER=me", "XDG_RUNTIME_DIR=/run/user/0", "MODWSGI_THREADS=3", "PYTHONHOME=/x",
		"NOTIFY_SOCKET=/run/x", "LISTEN_FDS=1", "PYTHONINSPECT=1", "VIRTUAL_ENV_PROMPT=(x)", "HTTP_X=1",
	}
	list := func(args ...string) []string { return f.build(environ, args...).Applications[0].Environment }
	got := list("--env-file=a.env", "--env-file=b.env", "--env=C=flag", "--locale=de_DE.UTF-8", "--setenv=S=1", "--passenv=KEPT")
	for _, want := range []string{
		"A=file", "B=second", "C=flag", "KEPT=1", "HOME=/root", "SUDO_USER=me", "LANG=de_DE.UTF-8", "LC_ALL=de_DE.UTF-8", "VIRTUAL_ENV=" + f.path(".venv"),
		"PATH=" + f.path(".venv/"+bin()) + string(filepath.ListSeparator) + "/bin",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not there", want)
		}
	}
	for _, unwanted := range []string{"MODWSGI_", "NOTIFY_SOCKET", "LISTEN_FDS", "PYTHONINSPECT", "PYTHONHOME", "S="} {
		if slices.ContainsFunc(got, func(v string) bool { return strings.HasPrefix(v, unwanted) }) {
			t.Errorf("%s is there", unwanted)
		}
	}
	if !slices.IsSorted(got) {
		t.Error("the order is not the same every time")
	}

	other := list("--user=www", "--env=HOME=/srv")
	if !slices.Contains(other, "HOME=/srv") || slices.Contains(other, "SUDO_USER=me") || slices.Contains(other, "XDG_RUNTIME_DIR=/run/user/0") {
		t.Errorf("as another user: %q", other)
	}
	if slices.Contains(list("--user=www"), "HOME=/root") {
		t.Error("another user has root's HOME")
	}

	if runtime.GOOS != "windows" {
		f.program("bin/python3")
		system := f.build(append(environ, "VIRTUAL_ENV="+f.path(".venv")), "--python="+f.path("bin/python3")).Applications[0].Environment
		if slices.ContainsFunc(system, func(v string) bool { return strings.HasPrefix(v, "VIRTUAL_ENV=") }) || !slices.Contains(system, "PATH=/bin") || !slices.Contains(system, "PYTHONHOME=/x") {
			t.Errorf("with the system's Python: %q", system)
		}
	}
}

// TestEnviron: --setenv and --passenv fill the WSGI environ.
func TestEnviron(t *testing.T) {
	f := newFixture(t)
	environ := f.build([]string{"A=1", "B=2"}, "--passenv=A", "--passenv=B", "--passenv=MISSING", "--setenv=B=3", "--setenv=C=x=y").Applications[0].Environ
	want := map[string]string{"A": "1", "B": "3", "C": "x=y"}
	if len(environ) != len(want) {
		t.Errorf("%q", environ)
	}
	for name, value := range want {
		if environ[name] != value {
			t.Errorf("%s is %q, expected %q", name, environ[name], value)
		}
	}
}

// TestTarget: a file that is only where the command was typed is meant there.
func TestTarget(t *testing.T) {
	f := newFixture(t)
	f.write("site/wsgi.py", "")
	f.write("both.py", "")
	f.write("site/both.py", "")
	for target, want := range map[string]string{
		"site/wsgi.py":     f.path("site/wsgi.py"),
		"site/wsgi.py:app": f.path("site/wsgi.py") + ":app",
		"wsgi.py":          "wsgi.py",
		"both.py":          "both.py",
		"mysite.wsgi:app":  "mysite.wsgi:app",
		"":                 "",
	} {
		got := f.build([]string{"VIRTUAL_ENV=$DIR/.venv"}, "--working-directory=site", "--entry-point="+target).Applications[0].Target
		if got != want {
			t.Errorf("%q is %q, expected %q", target, got, want)
		}
	}
}
