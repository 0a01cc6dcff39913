package cli_test

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"

	"modwsgi-express/express/cli"
)

// TestExpand: how arguments are rewritten before flags are parsed.
func TestExpand(t *testing.T) {
	for in, want := range map[string]string{
		"app --proc 4":                   "app --processes=4",
		"--proc=4 app":                   "--processes=4 app",
		"--max-clients 4":                "--max-clients=4",
		"--max-cl 4":                     "--max-clients=4",
		"--setenv A B app":               "--setenv=A=B app",
		"--setenv A=B app":               "--setenv=A=B app",
		"--setenv=A=B app":               "--setenv=A=B app",
		"--setenv A":                     "--setenv=A",
		"--env A app":                    "--env=A app",
		"--access-log app":               "--access-log app",
		"--access-log=off":               "--access-log=off",
		"--request-buffering off app":    "--request-buffering=off app",
		"--port -1":                      "--port=-1",
		"--entry-point --port app":       "--entry-point=--port app",
		"app -- --port 80":               "app -- --port 80",
		"--help":                         "--help",
		"--json --port 1":                "--json --port=1",
		"--log 1":                        "cannot tell which option --log means",
		"--nonsense":                     "cannot use --nonsense",
		"--server-mpm event --nonsense":  "cannot use --server-mpm: it has no meaning without Apache\ncannot use --nonsense",
		"--server-mpm=event --nonsense":  "cannot use --server-mpm: it has no meaning without Apache\ncannot use --nonsense",
		"--with-cgi --nonsense":          "cannot use --with-cgi: it has no meaning without Apache\ncannot use --nonsense",
		"--add-handler .x y.py --nonsen": "cannot use --add-handler: it has no meaning without Apache\ncannot use --nonsen",
	} {
		out, err := cli.Expand(strings.Fields(in), []string{"json"})
		got := strings.Join(out, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want && !(err != nil && strings.HasPrefix(want, "cannot") && strings.HasPrefix(got, want)) {
			t.Errorf("%q becomes %q, expected %q", in, got, want)
		}
	}
}

// asked records what a server is asked for.
type asked struct {
	list  []string
	ready chan struct{}
	done  func() // called at a Stop
}

func (a *asked) Ready() <-chan struct{} { return a.ready }
func (a *asked) Reload()                { a.list = append(a.list, "reload") }
func (a *asked) Drain()                 { a.list = append(a.list, "drain") }
func (a *asked) ReopenLogs()            { a.list = append(a.list, "reopen") }
func (a *asked) Stop() {
	a.list = append(a.list, "stop")
	a.done()
}

// TestSignals: what each signal asks for, and which one cut the server short.
func TestSignals(t *testing.T) {
	skipOnWindows(t)
	for _, c := range []struct {
		signals []os.Signal
		loading bool
		want    string
		cut     syscall.Signal
		early   bool
	}{
		{[]os.Signal{syscall.SIGTERM, syscall.SIGTERM}, false, "drain stop", syscall.SIGTERM, false},
		{[]os.Signal{os.Interrupt}, false, "stop", syscall.SIGINT, false},
		{[]os.Signal{syscall.SIGTERM, os.Interrupt}, false, "drain stop", syscall.SIGINT, false},
		{[]os.Signal{syscall.SIGHUP, cli.ReopenSignal(), os.Interrupt}, false, "reload reopen stop", syscall.SIGINT, false},
		{[]os.Signal{syscall.SIGTERM}, true, "stop", 0, true},
		{[]os.Signal{os.Interrupt}, true, "stop", syscall.SIGINT, false},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		a := &asked{done: cancel, ready: make(chan struct{})}
		if !c.loading {
			close(a.ready)
		}
		signals := make(chan os.Signal, len(c.signals))
		for _, s := range c.signals {
			signals <- s
		}
		cut, early := cli.HandleSignals(ctx, signals, a)
		if got := strings.Join(a.list, " "); got != c.want || cut != c.cut || early != c.early {
			t.Errorf("%v: asked to %q, cut by %v, early %v", c.signals, got, cut, early)
		}
	}
}
