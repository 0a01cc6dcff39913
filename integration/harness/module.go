package harness

import (
	"os"
	"os/exec"
	"testing"
)

// NeedModule is [Peer] for a module of the interpreter that [Python] chooses:
// where it is missing the test is skipped, or fails if all have to be there.
func NeedModule(tb testing.TB, name string) {
	tb.Helper()
	python := Python(tb).Path
	if exec.Command(python, "-c", "import "+name).Run() == nil {
		return
	}
	const what = "%s is not installed for %s: ./build.sh test makes a virtualenv that has it"
	if os.Getenv("MODWSGI_TEST_PEERS") == "required" {
		tb.Fatalf(what, name, python)
	}
	tb.Skipf(what, name, python)
}
