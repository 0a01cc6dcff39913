package frameworks_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestInterpreters serves a stdlib-only application, with its own validator
// around it, under every Python that is found: at least two versions of those
// that are promised. 3.6 and 3.7 are not, and work.
func TestInterpreters(t *testing.T) {
	all := harness.Interpreters(t)
	versions, pypy := map[string]bool{}, false
	for _, i := range all {
		if i.Major < 3 || i.Minor < 6 {
			t.Logf("skipped: %s at %s is too old", i.Name, i.Path)
			continue
		}
		if i.Supported() {
			versions[fmt.Sprint(i.Major, ".", i.Minor)] = true
		}
		pypy = pypy || strings.HasPrefix(i.Name, "PyPy")
		t.Run(i.Name, func(t *testing.T) { askPlain(t, i) })
	}
	if len(versions) < 2 {
		t.Errorf("only %d version of Python 3.8 or newer found, at least two have to be there", len(versions))
	}
	if !pypy {
		t.Log("skipped: PyPy was not found")
	}
}

func askPlain(t *testing.T, i harness.Interpreter) {
	s := harness.Start(t, harness.Options{Target: filepath.Join(harness.App("plain"), "app.py"), Python: i.Path})
	s.Allow("raised on purpose|/fails")
	get := func(target string) *harness.Response {
		return harness.Request(t, s, "GET", harness.Compose("GET", target, ""))
	}
	var report struct {
		Implementation string
		Version        []int
		Terminated     bool
	}
	if err := json.Unmarshal(get("/").Body, &report); err != nil {
		t.Fatal(err)
	}
	if name := fmt.Sprintf("%s %d.%d", report.Implementation, report.Version[0], report.Version[1]); !strings.HasPrefix(i.Name, name) {
		t.Errorf("served by %s, expected %s", name, i.Name)
	}
	if !report.Terminated {
		t.Error("wsgi.input_terminated is not set")
	}
	body := strings.Repeat("0123456789", 300000)
	want := fmt.Sprintf("%d %x\n", len(body), sha256.Sum256([]byte(body)))
	for framing, raw := range map[string]string{
		"length": harness.Compose("POST", "/upload", body), "chunked": harness.ComposeChunked("POST", "/upload", body, 50000),
	} {
		if res := harness.Request(t, s, "POST", raw); string(res.Body) != want {
			t.Errorf("upload, %s: %d %q", framing, res.Status, res.Body)
		}
	}
	if res := get("/download"); len(res.Body) != 64*16384 {
		t.Errorf("download: %d bytes", len(res.Body))
	}
	if res := get("/source"); !strings.Contains(string(res.Body), "def application") {
		t.Errorf("source: %d %.100q", res.Status, res.Body)
	}
	for target, status := range map[string]int{"/fails": 500, "/nowhere": 404} {
		if res := get(target); res.Status != status {
			t.Errorf("%s: status %d, expected %d", target, res.Status, status)
		}
	}
	for _, sign := range []string{"AssertionError", "WSGIWarning", "without being closed"} {
		if strings.Contains(s.Log.Text(), sign) {
			t.Errorf("breach of PEP 3333: the log has %q", sign)
		}
	}
}
