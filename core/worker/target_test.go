package worker_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/core/worker"
)

var update = flag.Bool("update", false, "write the expected outcomes of testdata/targets")

// TestTarget runs the cases of testdata/targets. Each is an archive: lines
// "key: value" of the start message, the files of an application, and "want",
// what has to come of it.
func TestTarget(t *testing.T) {
	cases, err := filepath.Glob("testdata/targets/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases in testdata/targets (%v)", err)
	}
	eachPython(t, func(t *testing.T, py python) {
		for _, path := range cases {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { runTarget(t, py, path) })
		}
	})
}

func runTarget(t *testing.T, py python, path string) {
	t.Parallel()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	input, want, _ := strings.Cut(string(text), "-- want --\n")
	got := outcome(t, py, dir, settings(t, unpack(t, input, dir), dir))
	if *update {
		if err := os.WriteFile(path, []byte(input+"-- want --\n"+got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcome (-expected +got):\n%s", diff)
	}
}

// unpack writes the files of an archive, each behind a line "-- NAME --", and
// returns what is before the first.
func unpack(t *testing.T, archive, dir string) string {
	t.Helper()
	heads := fileHead.FindAllStringSubmatchIndex(archive, -1)
	if heads == nil {
		return archive
	}
	for i, h := range heads {
		end := len(archive)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		name := filepath.Join(dir, archive[h[2]:h[3]])
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(archive[h[1]:end]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return archive[:heads[0][0]]
}

var fileHead = regexp.MustCompile(`(?m)^-- (.+) --\n`)

// settings reads the lines before the files.
func settings(t *testing.T, comment, dir string) worker.Config {
	t.Helper()
	cfg := worker.Config{Threads: 1, Env: environment(), Start: worker.Start{WorkingDirectory: dir}}
	for line := range strings.Lines(comment) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.ReplaceAll(strings.TrimSpace(value), "$WORK", dir)
		switch {
		case strings.HasPrefix(line, "#") || line == "\n":
		case ok && key == "target":
			cfg.Start.Target = value
		case ok && key == "type":
			cfg.Start.ApplicationType = value
		case ok && key == "callable":
			cfg.Start.CallableObject = value
		case ok && key == "directory":
			cfg.Start.WorkingDirectory = value
		case ok && key == "path":
			cfg.Start.PythonPath = append(cfg.Start.PythonPath, value)
		case ok && key == "env":
			cfg.Env = append(cfg.Env, value)
		default:
			t.Fatalf("unknown line %q", line)
		}
	}
	return cfg
}

// outcome is what became of the application, without what differs from one
// machine and one Python to the other; and if it was loaded, what it answers.
func outcome(t *testing.T, py python, dir string, cfg worker.Config) string {
	p := spawn(t, py, cfg)
	ev := p.next()
	var text string
	switch {
	case ev.Loaded != nil:
		l := ev.Loaded
		text = fmt.Sprintf("loaded %s\nkind: %s\ncallable: %s\nfile: %s\n", l.Target, l.Kind, l.Callable, l.File)
		if l.Framework != "" {
			text += "framework: " + l.Framework + "\n"
		}
		a := p.lanes[0].exchange("/", "")
		text += "answer: " + strings.TrimSpace(a.body+a.failure+a.trace) + "\n"
	case ev.Failed != nil:
		f := ev.Failed
		text = fmt.Sprintf("failed: %s\n%s\nhint: %s\n%s", f.Reason, f.Message, f.Hint, f.Traceback)
	default:
		t.Fatalf("unexpected %s; stderr %q", show(ev), p.Tail())
	}
	text = strings.ReplaceAll(text, dir, "$WORK")
	text = strings.ReplaceAll(text, p.hello.Executable, "$PYTHON")
	text = strings.ReplaceAll(text, "prefix "+p.hello.Prefix, "prefix $PREFIX")
	for _, n := range volatile {
		text = n.match.ReplaceAllString(text, n.with)
	}
	return text
}

// volatile is what Pythons say differently.
var volatile = []struct {
	match *regexp.Regexp
	with  string
}{
	{regexp.MustCompile(`(?m)^ +[~^]+\n`), ""},                                                             // 3.11 marks the column
	{regexp.MustCompile(`on the path \$WORK\S*`), "on the path $$WORK:..."},                                // sys.path
	{regexp.MustCompile(`SyntaxError: return outside function`), "SyntaxError: 'return' outside function"}, // PyPy
}
