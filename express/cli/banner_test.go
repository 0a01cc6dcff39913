package cli_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/core/server"
	"modwsgi-express/core/supervise"
	"modwsgi-express/core/worker"
	"modwsgi-express/express/cli"
	"modwsgi-express/express/settings"
)

// TestBanner: what a person sees when the server is ready.
func TestBanner(t *testing.T) {
	skipOnWindows(t)
	flask := server.ApplicationInfo{
		Target: "wsgi.py", Framework: "Flask 3.1.3", Implementation: "CPython", Python: "3.12.1", Interpreter: "/srv/shop/.venv/bin/python",
		InterpreterOrigin: ".venv in the working directory", Processes: 1, Threads: 5,
	}
	mounted := server.ApplicationInfo{
		Target: "shop:create_app()", MountPoint: "/shop", Implementation: "CPython", Python: "3.14.0", FreeThreaded: true,
		Interpreter: "/usr/bin/python3", InterpreterOrigin: "--python", Processes: 4, Threads: 1,
	}
	var b strings.Builder
	for _, info := range []server.Info{
		{PID: 4711, User: "www-data", Addresses: []string{"127.0.0.1:8000"}, Applications: []server.ApplicationInfo{flask}},
		{PID: 1, User: "shop", Addresses: []string{"[::]:80", "[::1]:8000", "0.0.0.0:81", "unix:/run/app.sock"}, Applications: []server.ApplicationInfo{mounted}},
	} {
		b.WriteString(cli.Banner(info))
	}
	golden(t, "banner.golden", b.String())
}

// TestReport: the form of errors from below, and their exit codes.
func TestReport(t *testing.T) {
	traceback := "Traceback (most recent call last):\n  File \"/srv/wsgi.py\", line 1, in <module>\n    import nothing\nModuleNotFoundError: No module named 'nothing'\n"
	cases := []error{
		&supervise.LoadError{Failed: worker.Failed{Reason: worker.ReasonImport, Message: "cannot import wsgi.py: No module named 'nothing'", Hint: "is it installed in this virtualenv?", Traceback: traceback}},
		&supervise.LoadError{Failed: worker.Failed{Message: "the worker died by SIGSEGV"}, Tail: []string{"Fatal Python error: Segmentation fault"}},
		&supervise.LoadError{Failed: worker.Failed{Reason: worker.ReasonVersion, Message: "cannot use Python 2.7.18: it is too old", Hint: "any Python from 3.8 on can be used"}},
		&supervise.LoadError{Failed: worker.Failed{Reason: supervise.ReasonStart, Message: "start worker: exec format error"}},
		&server.BindError{Address: "127.0.0.1:80", What: "cannot listen on 127.0.0.1:80: another program listens there", Hint: "stop it, or choose another --port"},
		&server.PrivilegeError{What: "cannot serve as root", Hint: "there are two ways:\n  type --user NAME\n  type --allow-root\x1b[1m"},
		&server.ConfigError{What: "cannot open the log /x/error_log", Err: errors.New("permission denied")},
		errors.New("read the control socket: broken\n\x1b[31mpipe"),
		errors.Join(&settings.Problem{Message: "cannot use a"}, &settings.Problem{Message: "cannot use b", Usage: true}),
		&settings.Problem{Message: "cannot find a Python interpreter", Interpreter: true},
		cli.Signalled(15),
	}
	var b strings.Builder
	for _, err := range cases {
		cli.Report(&b, err)
		fmt.Fprintf(&b, "=> %d\n\n", cli.ExitCode(err))
		if wrapped := fmt.Errorf("run: %w", err); cli.ExitCode(wrapped) != cli.ExitCode(err) && !strings.Contains(err.Error(), "cannot use a") {
			t.Errorf("%v: another exit code when it is wrapped", err)
		}
	}
	golden(t, "report.golden", b.String())
}

// TestCheckText: what check finds out.
func TestCheckText(t *testing.T) {
	text := cli.CheckText(cli.Checked(
		server.Application{Interpreter: "/usr/bin/python3", InterpreterOrigin: "python3 in PATH"},
		worker.Hello{Python: "3.12.1", Implementation: "CPython"},
		worker.Loaded{Target: "wsgi.py", Kind: "script", Callable: "application", File: "/srv/wsgi.py", Framework: "Django 5.2", Seconds: 0.214},
	))
	golden(t, "check.golden", text)
}
