package wsgi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modwsgi-express/express/demo"
	"modwsgi-express/integration/harness"
)

// exchanges are requests that every checker has to be content with.
func exchanges(file string) []string {
	var raws []string
	for _, target := range []string{"/", "/plain", "/environ", "/process", "/errors", "/cookies", "/lazy", "/empty",
		"/empty-generator", "/blanks", "/write", "/exc-info", "/latin-1", "/nowhere", "/unread",
		"/status?status=201+Created", "/no-body?status=204+No+Content", "/no-body?status=304+Not+Modified",
		"/sized?size=300000", "/sized?size=300000&length=yes", "/file/whole?path=" + file, "/file/offset?path=" + file,
		"/file/memory?path=" + file, "/file/only-read?path=" + file, "/file/pipe?path=" + file} {
		raws = append(raws, harness.Compose("GET", target, ""), harness.Compose("HEAD", target, ""),
			"GET "+target+" HTTP/1.0\r\n\r\n")
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "FOOBAR"} {
		for _, body := range []string{"", "x", pattern(200000)} {
			raws = append(raws, harness.Compose(method, "/sink", body), harness.ComposeChunked(method, "/echo", body, 7000),
				harness.Compose(method, "/unread", body), harness.Compose(method, "/read-some?size=3", body))
		}
	}
	for _, name := range []string{"read-small", "read-large", "readline", "readlines", "readlines-hint", "iterate"} {
		raws = append(raws, harness.Compose("POST", "/reading/"+name+"?body=empty", ""))
	}
	return raws
}

// TestChecked puts the contract application inside wsgiref.validate and inside
// WebTest's lint, warnings counted as errors: no breach, over all exchanges.
func TestChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(pattern(100000)), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, checker := range []string{"validate", "lint"} {
		t.Run(checker, func(t *testing.T) {
			if checker == "lint" {
				harness.NeedModule(t, "webtest")
			}
			gates := harness.NewGates(t)
			s := harness.Start(t, harness.Options{Target: script("wrapped"), Args: []string{"--keep-alive-timeout", "60"},
				Env: []string{gates.Env(), "WRAP_CHECKER=" + checker, "WRAP_TARGET=" + script("contract")}})
			for _, raw := range exchanges(file) {
				method, rest, _ := strings.Cut(raw, " ")
				from := s.Log.Len()
				if res := harness.Request(t, s, method, raw); res.Status >= 500 && !strings.Contains(rest, "/exc-info") {
					t.Errorf("%.60q: status %d; the log says:\n%s", raw, res.Status, since(s, from))
				}
			}
			expectNoBreach(t, s)
		})
	}
}

// TestCheckedOthers: the remaining well-behaved applications inside
// wsgiref.validate.
func TestCheckedOthers(t *testing.T) {
	directory := t.TempDir()
	demoScript := filepath.Join(directory, "demo.py")
	if err := os.WriteFile(demoScript, []byte(demo.Source), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, script string
		raws         []string
	}{
		{"oracle", script("oracle"), []string{harness.Compose("GET", "/a?b", ""), harness.Compose("POST", "/", "body"), harness.ComposeChunked("POST", "/", "body", 2)}},
		{"closing", script("closing"), []string{harness.Compose("GET", "/normal?token=a", ""), harness.Compose("GET", "/length?token=b", ""),
			harness.Compose("GET", "/204?token=c", ""), harness.Compose("GET", "/write?token=d", ""), harness.Compose("GET", "/file?token=e", ""),
			harness.Compose("GET", "/starts-late?token=f", ""), harness.Compose("HEAD", "/normal?token=g", "")}},
		{"demo", demoScript, []string{harness.Compose("GET", "/", ""), harness.Compose("GET", "/upload", ""), harness.Compose("GET", "/error", ""),
			harness.Compose("GET", "/slow", ""), harness.Compose("GET", "/environ", ""), harness.Compose("HEAD", "/", ""),
			harness.Compose("PUT", "/upload", pattern(200000)), harness.ComposeChunked("PUT", "/upload", pattern(200000), 9000)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			gates := harness.NewGates(t)
			s := harness.Start(t, harness.Options{Target: script("wrapped"), Env: []string{gates.Env(), "WRAP_CHECKER=validate", "WRAP_TARGET=" + c.script}})
			for _, raw := range c.raws {
				method, _, _ := strings.Cut(raw, " ")
				if res := harness.Request(t, s, method, raw); res.Status >= 400 {
					t.Errorf("%.60q: status %d", raw, res.Status)
				}
			}
			expectNoBreach(t, s)
		})
	}
}

// TestCheckedPlain serves the application that carries its own validator.
func TestCheckedPlain(t *testing.T) {
	s, _ := serve(t, "plain")
	s.Allow("raised on purpose")
	body := pattern(1_000_000)
	if res := harness.Request(t, s, "POST", harness.Compose("POST", "/upload", body)); string(res.Body) != fmt.Sprintf("%d %s\n", len(body), digest(body)) {
		t.Errorf("upload: %d %q", res.Status, res.Body)
	}
	for target, status := range map[string]int{"/": 200, "/download": 200, "/source": 200, "/nowhere": 404, "/fails": 500} {
		if res := get(t, s, target); res.Status != status {
			t.Errorf("%s: status %d, expected %d", target, res.Status, status)
		}
	}
	expectNoBreach(t, s)
}

// expectNoBreach: the checkers print to standard error what they cannot raise,
// as an iterator that was not closed.
func expectNoBreach(t *testing.T, s *harness.Server) {
	t.Helper()
	for _, l := range s.Log.Lines() {
		for _, sign := range []string{"AssertionError", "WSGIWarning", "without being closed", "ResourceWarning"} {
			if strings.Contains(l.Text, sign) {
				t.Errorf("breach of PEP 3333: %s", l.Text)
			}
		}
	}
}
