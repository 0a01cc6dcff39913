package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Gates order the steps of requests without clocks: an application says that
// it has come to a gate and waits there until the test opens it. They are files
// in a directory, so they work across processes and while no thread is free;
// the other side is integration/apps/gates.py.
type Gates struct {
	tb        testing.TB
	directory string
}

// NewGates makes an empty set of gates.
func NewGates(tb testing.TB) *Gates {
	tb.Helper()
	return &Gates{tb: tb, directory: tb.TempDir()}
}

// Env is what the server's environment needs for its application to find them.
func (g *Gates) Env() string { return "TEST_GATES=" + g.directory }

// Open lets everybody through who waits there, or will.
func (g *Gates) Open(name string) {
	g.tb.Helper()
	if err := os.WriteFile(filepath.Join(g.directory, name+".open"), nil, 0o644); err != nil {
		g.tb.Fatalf("open gate: %v", err)
	}
}

// Arrivals is how often somebody has come to the gate so far.
func (g *Gates) Arrivals(name string) int {
	marks, _ := filepath.Glob(filepath.Join(g.directory, name+".here.*")) // the pattern is well formed
	return len(marks)
}

// Await waits until so many have come to the gate.
func (g *Gates) Await(name string, count int) {
	g.tb.Helper()
	err := Eventually(Patience, func() error {
		if n := g.Arrivals(name); n < count {
			return fmt.Errorf("%d of %d requests have come to gate %q", n, count, name)
		}
		return nil
	})
	if err != nil {
		g.tb.Fatal(err)
	}
}
