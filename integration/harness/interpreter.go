package harness

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Interpreter is a Python found on this machine.
type Interpreter struct {
	Path    string // of the executable, as found
	Name    string // "CPython 3.11.7"
	Version string // "3.11.7"
	Major   int
	Minor   int
}

// Supported tells whether the server promises to work with this version.
func (i Interpreter) Supported() bool { return i.Major == 3 && i.Minor >= 8 }

// Interpreters are all Pythons found: those of MODWSGI_TEST_PYTHONS if it is
// set, else the virtualenv of build.sh, every python3.X and pypy3 on PATH, and
// pyenv's versions. One of each implementation and version, the virtualenv's
// first; those that do not start are left out.
func Interpreters(tb testing.TB) []Interpreter {
	tb.Helper()
	all := foundInterpreters()
	if len(all) == 0 {
		tb.Fatal("no Python found: put python3 on PATH or name some in MODWSGI_TEST_PYTHONS")
	}
	return all
}

// Python is the interpreter that a test uses which does not care: the one of
// the virtualenv, where the frameworks are, or the first found.
func Python(tb testing.TB) Interpreter {
	tb.Helper()
	for _, i := range Interpreters(tb) {
		if i.Supported() {
			return i
		}
	}
	tb.Fatal("no Python 3.8 or newer found")
	return Interpreter{}
}

// Virtualenv is the directory of the virtualenv that build.sh fills, whether or
// not it is there.
func Virtualenv() string { return filepath.Join(Root(), "build", "venv") }

var foundInterpreters = sync.OnceValue(func() []Interpreter {
	var found []Interpreter
	for _, path := range candidates() {
		i, err := ask(path)
		if err != nil {
			continue
		}
		same := func(o Interpreter) bool { return o.Name == i.Name }
		if !slices.ContainsFunc(found, same) {
			found = append(found, i)
		}
	}
	return found
})

func candidates() []string {
	if list := os.Getenv("MODWSGI_TEST_PYTHONS"); list != "" {
		return filepath.SplitList(list)
	}
	paths := []string{filepath.Join(Virtualenv(), "bin", "python")}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		for _, pattern := range []string{"python3", "python3.[0-9]*", "pypy3"} {
			matches, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are well formed
			paths = append(paths, slices.DeleteFunc(matches, isTool)...)
		}
	}
	if out, err := exec.Command("pyenv", "root").Output(); err == nil {
		matches, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "versions", "*", "bin", "python"))
		paths = append(paths, matches...)
	}
	return paths
}

// isTool is true for python3.11-config and its like.
func isTool(path string) bool { return strings.Contains(filepath.Base(path), "-") }

// ask starts the interpreter. Its own sys.executable is what is used later, for
// a shim on PATH is a script that may answer differently elsewhere.
func ask(path string) (Interpreter, error) {
	const program = "import sys, platform; print(sys.executable); print(platform.python_implementation()); print('%d.%d.%d' % sys.version_info[:3])"
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "-c", program).Output()
	if err != nil {
		return Interpreter{}, fmt.Errorf("start %s: %w", path, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 3 {
		return Interpreter{}, fmt.Errorf("ask %s for its version: it printed %q", path, out)
	}
	i := Interpreter{Path: lines[0], Version: lines[2], Name: lines[1] + " " + lines[2]}
	if _, err := fmt.Sscanf(lines[2], "%d.%d", &i.Major, &i.Minor); err != nil {
		return Interpreter{}, fmt.Errorf("read the version %q of %s: %w", lines[2], path, err)
	}
	return i, nil
}
