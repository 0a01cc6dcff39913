package cli_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/express/cli"
	"modwsgi-express/express/docs"
)

var update = flag.Bool("update", false, "write the golden files")

// result is what a command line did.
type result struct {
	stdout, stderr string
	code           int
}

// run runs a command line in an empty directory with an interpreter.
func run(t *testing.T, directory string, environ []string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := cli.Main(cli.Process{
		Program: "modwsgi-express", Args: args, Environ: append([]string{"PATH=" + filepath.Join(directory, "bin")}, environ...), Directory: directory,
		Stdout: &stdout, Stderr: &stderr,
	})
	clean := strings.NewReplacer(directory, "$DIR", runtime.Version(), "$GO", runtime.GOOS+"/"+runtime.GOARCH, "$PLATFORM")
	return result{clean.Replace(stdout.String()), clean.Replace(stderr.String()), code}
}

// workplace is a directory with an interpreter in PATH.
func workplace(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	if err := os.Mkdir(filepath.Join(directory, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "bin", "python3"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	return directory
}

func skipOnWindows(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the golden files have the paths of Unix")
	}
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

// TestHelp: the help of every command, as a person reads it. "-h", "--help" and
// "help COMMAND" are the same.
func TestHelp(t *testing.T) {
	directory := workplace(t)
	for _, command := range []string{"", "start-server", "check", "show-config", "version", "help", "completion"} {
		forms := [][]string{{command, "--help"}, {command, "-h"}, {"help", command}}
		name := "help-" + command + ".golden"
		if command == "" {
			forms, name = [][]string{{}, {"--help"}, {"-h"}, {"help"}}, "help.golden"
		}
		for i, args := range forms {
			got := run(t, directory, nil, args...)
			if got.code != 0 || got.stderr != "" {
				t.Errorf("%q: exit code %d, standard error %q", args, got.code, got.stderr)
			}
			if i == 0 {
				golden(t, name, got.stdout)
				checkWidth(t, command, got.stdout)
			} else if first := run(t, directory, nil, forms[0]...); got.stdout != first.stdout {
				t.Errorf("%q and %q print different things", args, forms[0])
			}
		}
	}
}

func checkWidth(t *testing.T, name, text string) {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		// Code is shown as it is typed.
		if len([]rune(line)) > 80 && !strings.HasPrefix(line, "    ") {
			t.Errorf("help %s: a line of %d characters: %s", name, len([]rune(line)), line)
		}
	}
}

// TestTopics: every page can be shown, fits the terminal, and has no marks of
// Markdown left.
func TestTopics(t *testing.T) {
	directory := workplace(t)
	for _, topic := range docs.Topics() {
		got := run(t, directory, nil, "help", topic.Name)
		if got.code != 0 || got.stdout == "" {
			t.Errorf("help %s: exit code %d, %s", topic.Name, got.code, got.stderr)
		}
		checkWidth(t, topic.Name, got.stdout)
		for _, mark := range []string{"```", "**", "| ---", "<!--", "\n#"} {
			if strings.Contains(got.stdout, mark) {
				t.Errorf("help %s shows %q", topic.Name, mark)
			}
		}
	}
	for _, name := range []string{"limits", "environment", "from-gunicorn"} {
		golden(t, "topic-"+name+".golden", run(t, directory, nil, "help", name).stdout)
	}
	golden(t, "topic-option.golden", run(t, directory, nil, "help", "--max-clients").stdout)
	if got := run(t, directory, nil, "help", "exit", "codes"); got.code != 0 {
		t.Errorf("a topic in two words: %s", got.stderr)
	}
}

// TestErrors: what a person reads when the command line or a setting is wrong,
// and the exit code.
func TestErrors(t *testing.T) {
	skipOnWindows(t)
	directory := workplace(t)
	if err := os.WriteFile(filepath.Join(directory, "site.toml"), []byte("threds = 3\nport = 0.5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		environ []string
		args    string
	}{
		{nil, "strat-server"},
		{nil, "wsgi.py"},
		{nil, "serve"},
		{nil, "module-config"},
		{nil, "--port 80"},
		{nil, "version now"},
		{nil, "version --jso"},
		{nil, "version --port 80"},
		{nil, "version --nonsense"},
		{nil, "--nonsense"},
		{nil, "completion"},
		{nil, "completion tcsh"},
		{nil, "help me"},
		{nil, "help sigals"},
		{nil, "help server-mpm"},
		{nil, "start-server --prot 80 --server-mpm event --with-cgi --add-handler .x y app"},
		{nil, "start-server --re"},
		{nil, "start-server --https-port 443"},
		{nil, "start-server -p 80"},
		{nil, "start-server --"},
		{nil, "start-server ---port"},
		{nil, "start-server --port"},
		{nil, "start-server a b"},
		{nil, "start-server a --entry-point b"},
		{nil, "start-server --port eighty --processes 0 --group www"},
		{nil, "start-server --request-buffering"},
		{nil, "start-server --access-log=perhaps"},
		{nil, "start-server --setenv NAME"},
		{nil, "start-server --setenv =x"},
		{nil, "start-server --json"},
		{nil, "check --json=3"},
		{nil, "check --config site.toml --prot 8"},
		{nil, "check --config site.toml"},
		{[]string{"MODWSGI_PROCESES=2", "MODWSGI_PORT=-1"}, "check"},
		{[]string{"MODWSGI_PORT=-1"}, "check --port x"},
		{nil, "check --virtualenv missing"},
		{nil, "check --python missing"},
		{[]string{"PATH="}, "check"},
	}
	var b strings.Builder
	for _, c := range cases {
		if c.args == "start-server --" {
			continue // means "no options follow", which is no error
		}
		got := run(t, directory, c.environ, strings.Fields(c.args)...)
		fmt.Fprintf(&b, "$ %s\n%s%s=> %d\n\n", strings.Join(append(c.environ, c.args), " "), got.stdout, got.stderr, got.code)
	}
	golden(t, "errors.golden", b.String())
}

// TestShowConfig: every option with its value and origin, in both forms, also
// beside what is wrong.
func TestShowConfig(t *testing.T) {
	skipOnWindows(t)
	directory := workplace(t)
	file := "processes = 3\nlisten = [\":80\", \"unix:app.sock\"]\n[env]\nA = \"1\"\n"
	if err := os.WriteFile(filepath.Join(directory, "modwsgi-express.toml"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	environ := []string{"MODWSGI_THREADS=7", "MODWSGI_PROCESSES=2"}
	args := []string{"show-config", "--setenv", "NAME", "a value", "app:app", "--proc", "4", "--setenv=B=2", "--server-header", "", "--max-clients", "9"}
	got := run(t, directory, environ, args...)
	if got.code != 0 {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	golden(t, "show-config.golden", got.stdout)
	golden(t, "show-config-json.golden", run(t, directory, environ, append(args, "--json")...).stdout)

	wrong := run(t, directory, []string{"MODWSGI_THREADS=many"}, "show-config")
	if wrong.code != 3 || !strings.Contains(wrong.stdout, "many") || !strings.Contains(wrong.stderr, "MODWSGI_THREADS=many") {
		t.Errorf("with a bad value: %+v", wrong)
	}
}

func TestVersion(t *testing.T) {
	directory := workplace(t)
	if got := run(t, directory, nil, "version"); !strings.HasPrefix(got.stdout, "modwsgi-express "+cli.Version+"\n$GO $PLATFORM\n") {
		t.Errorf("version: %q", got.stdout)
	}
	if got := run(t, directory, nil, "version", "--json"); !strings.Contains(got.stdout, `"platform": "$PLATFORM"`) {
		t.Errorf("version --json: %q", got.stdout)
	}
}

// TestCompletion: scripts for all shells, and what they ask the program.
func TestCompletion(t *testing.T) {
	directory := workplace(t)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := run(t, directory, nil, "completion", shell); got.code != 0 || !strings.Contains(got.stdout, "modwsgi-express") {
			t.Errorf("completion %s: %+v", shell, got)
		}
	}
	for args, want := range map[string]string{
		"__complete|start-server|--log-l":              "--log-level\t",
		"__complete|start-server|--log-level|":         "debug\ninfo\nwarn\nerror\n",
		"__complete|start-server|--request-bufferi":    "--request-buffering",
		"__complete|start-server|--request-buffering|": "on\noff\n",
		"__complete|help|sig":                          "signals\n",
		"__complete|completion|":                       "bash\nzsh\nfish\npowershell\n",
		"__complete|sta":                               "start-server\t",
	} {
		if got := run(t, directory, nil, strings.Split(args, "|")...); !strings.Contains(got.stdout, want) {
			t.Errorf("%s: %q, expected %q", args, got.stdout, want)
		}
	}
}

// brokenPipe is an output that takes nothing.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestOutputFails: a result that cannot be written is a failure.
func TestOutputFails(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"show-config"}, {"help", "limits"}} {
		var stderr bytes.Buffer
		code := cli.Main(cli.Process{Args: args, Directory: workplace(t), Stdout: brokenPipe{}, Stderr: &stderr})
		if code != 1 || !strings.Contains(stderr.String(), "cannot write the result") {
			t.Errorf("%q: exit code %d, %q", args, code, stderr.String())
		}
	}
}
