package demo_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"modwsgi-express/express/demo"
)

// TestApplication runs the application's own tests, which lie beside it, with
// the Pythons on PATH.
func TestApplication(t *testing.T) {
	for _, name := range []string{"python3", "pypy3"} {
		t.Run(name, func(t *testing.T) {
			path, err := exec.LookPath(name)
			if err != nil && name != "python3" {
				t.Skipf("%s is not installed", name)
			} else if err != nil {
				t.Fatalf("the tests need Python: %v", err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, path, "-B", "-W", "error", "test_demo.py").CombinedOutput()
			if err != nil {
				t.Fatalf("test_demo.py: %v\n%s", err, out)
			}
			if !strings.Contains(string(out), "\nOK\n") {
				t.Fatalf("test_demo.py did not finish:\n%s", out)
			}
		})
	}
}

func TestSource(t *testing.T) {
	if !strings.Contains(demo.Source, "\ndef application(environ, start_response):\n") {
		t.Error("the embedded script has no callable named application")
	}
}
