package frameworks_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// bare is how a newcomer starts it: in the directory of his project, with no
// option but the port. The interpreter is found by $VIRTUAL_ENV.
func bare(t *testing.T, directory string) *harness.Server {
	t.Helper()
	// python is in VIRTUAL_ENV/bin.
	venv := filepath.Dir(filepath.Dir(harness.Python(t).Path))
	s := harness.Launch(t, harness.Options{Directory: directory, Python: "-", Env: []string{"VIRTUAL_ENV=" + venv}})
	s.AwaitReady()
	t.Cleanup(s.Stop)
	return s
}

// TestDjangoProject: what "django-admin startproject" writes, with no option.
func TestDjangoProject(t *testing.T) {
	harness.NeedModule(t, "django")
	directory := t.TempDir()
	cmd := exec.Command(harness.Python(t).Path, "-m", "django", "startproject", "mysite", directory)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("django startproject: %v\n%s", err, out)
	}
	s := bare(t, directory)
	res := harness.Request(t, s, "GET", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if res.Status != 200 || !strings.Contains(string(res.Body), "The install worked successfully") {
		t.Errorf("%d %.500q", res.Status, res.Body)
	}
	if res := harness.Request(t, s, "GET", "GET /admin/ HTTP/1.1\r\nHost: localhost\r\n\r\n"); res.Status != 302 {
		t.Errorf("/admin/: status %d, expected the redirect to the login page", res.Status)
	}
}

// TestFlaskTutorial: the first page of Flask's documentation, as app.py.
func TestFlaskTutorial(t *testing.T) {
	harness.NeedModule(t, "flask")
	directory := t.TempDir()
	const program = "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route(\"/\")\ndef hello():\n    return \"<p>Hello, World!</p>\"\n"
	write(t, filepath.Join(directory, "app.py"), program)
	s := bare(t, directory)
	if res := s.Get("/"); string(res.Body) != "<p>Hello, World!</p>" {
		t.Errorf("%d %q", res.Status, res.Body)
	}
}

// TestFlaskFactory: the application factory of Flask's larger tutorial.
func TestFlaskFactory(t *testing.T) {
	harness.NeedModule(t, "flask")
	directory := t.TempDir()
	write(t, filepath.Join(directory, "app.py"), "import flask\n\n\ndef create_app():\n    app = flask.Flask(__name__)\n    app.add_url_rule(\"/\", \"index\", lambda: \"made\")\n    return app\n")
	s := bare(t, directory)
	if res := s.Get("/"); string(res.Body) != "made" {
		t.Errorf("%d %q", res.Status, res.Body)
	}
}

// TestVirtualenvInDirectory: .venv beside the application is found without a
// word, and its packages are there.
func TestVirtualenvInDirectory(t *testing.T) {
	directory := t.TempDir()
	python := harness.Python(t).Path
	if out, err := exec.Command(python, "-m", "venv", "--without-pip", filepath.Join(directory, ".venv")).CombinedOutput(); err != nil {
		t.Fatalf("make a virtualenv: %v\n%s", err, out)
	}
	sites, _ := filepath.Glob(filepath.Join(directory, ".venv", "lib", "*", "site-packages"))
	if len(sites) != 1 {
		t.Fatalf("site-packages of the virtualenv: %q", sites)
	}
	write(t, filepath.Join(sites[0], "only_here.py"), "TEXT = b\"from the virtualenv\"\n")
	write(t, filepath.Join(directory, "wsgi.py"), "import only_here\n\n\ndef application(environ, start_response):\n"+
		"    start_response(\"200 OK\", [(\"Content-Type\", \"text/plain\")])\n    return [only_here.TEXT]\n")
	s := harness.Start(t, harness.Options{Directory: directory, Python: "-"})
	if res := s.Get("/"); string(res.Body) != "from the virtualenv" {
		t.Errorf("%d %q", res.Status, res.Body)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
