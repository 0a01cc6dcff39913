package harness

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Variant is one way the program can do the same work. The tables of the wire
// tests hold for every variant alike.
type Variant struct {
	Name string
	Args []string // what selects it on the command line
	Ring bool     // it needs the worker library of the ring
}

// Variants are all pairs of a driver in the front and a transport to the
// workers. A new driver or transport is a new row here and nothing else.
var Variants = []Variant{
	{Name: "conn+lane", Args: []string{"--transport", "lanes"}},
	{Name: "conn+ring", Args: []string{"--transport", "ring"}, Ring: true}, // a goroutine per connection: the default
}

// EachVariant runs a test once per variant.
func EachVariant(t *testing.T, test func(t *testing.T, v Variant)) {
	t.Helper()
	for _, v := range Variants {
		t.Run(v.Name, func(t *testing.T) {
			if v.Ring {
				needLibrary(t)
			}
			test(t, v)
		})
	}
}

// chosen is the variant for tests that do not care: the one that the environment
// names, so that every test can be run over each of them, or the default.
func chosen(tb testing.TB) Variant {
	name := os.Getenv("MODWSGI_TEST_VARIANT")
	if name == "" {
		return Variant{}
	}
	for _, v := range Variants {
		if v.Name == name {
			return v
		}
	}
	tb.Fatalf("MODWSGI_TEST_VARIANT=%s names none of %v", name, Variants)
	return Variant{}
}

// needLibrary skips the test in a checkout that has never been built with build.sh.
func needLibrary(t *testing.T) {
	t.Helper()
	path := filepath.Join(Root(), "core", "ring", "library", "ring-"+runtime.GOOS+"-"+runtime.GOARCH+".so")
	if _, err := os.Stat(path); err != nil && os.Getenv("MODWSGI_TEST_PEERS") == "required" {
		t.Fatalf("the worker library is missing: %v", err)
	} else if err != nil {
		t.Skipf("the worker library is missing (build.sh makes it): %v", err)
	}
}
