package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Peer is the path of a program of another project: from the virtualenv of
// build.sh, or from PATH. Where it is missing the test is skipped, or fails if
// MODWSGI_TEST_PEERS says that all have to be there, as "./build.sh test" does.
func Peer(tb testing.TB, name string) string {
	tb.Helper()
	if path, err := exec.LookPath(filepath.Join(Virtualenv(), "bin", name)); err == nil {
		return path
	}
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("MODWSGI_TEST_PEERS") == "required" {
		tb.Fatalf("%s is not installed: %v", name, err)
	}
	tb.Skipf("%s is not installed", name)
	return ""
}
