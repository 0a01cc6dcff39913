package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// Root is the directory of the checkout.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// App is the path of a test application in integration/apps.
func App(name string) string { return filepath.Join(Root(), "integration", "apps", name) }

// Binary is the path of the program under test.
func Binary(tb testing.TB) string {
	tb.Helper()
	path, err := built()
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// built is the program named by the environment, or one built once per test
// binary. It goes into the same directory that build.sh uses, so that nothing
// has to be removed at the end.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("MODWSGI_EXPRESS_BINARY"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("find the program named by MODWSGI_EXPRESS_BINARY: %w", err)
		}
		return filepath.Abs(path)
	}
	directory := filepath.Join(Root(), "build", "integration")
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return "", fmt.Errorf("make a directory for the program: %w", err)
	}
	// The name holds the pid: test binaries of several packages run at once,
	// and none may replace the program under another's feet.
	path := filepath.Join(directory, fmt.Sprintf("modwsgi-express-%d", os.Getpid()))
	build := exec.Command("go", "build", "-trimpath", "-o", path, "./express/modwsgi-express")
	build.Dir = Root()
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// Main runs the tests of a package and removes the program if it was built
// for them. Call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if os.Getenv("MODWSGI_EXPRESS_BINARY") == "" {
		path := filepath.Join(Root(), "build", "integration", fmt.Sprintf("modwsgi-express-%d", os.Getpid()))
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			fmt.Fprintln(os.Stderr, "remove the program:", err)
		}
	}
	os.Exit(code)
}
