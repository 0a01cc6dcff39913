package harness_test

import (
	"os"
	"slices"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestInterpreters lists what the other tests can run; build.sh shows these
// lines. A full run needs two at least: what works with one may fail with
// another.
func TestInterpreters(t *testing.T) {
	supported := 0
	for _, i := range harness.Interpreters(t) {
		if !i.Supported() {
			t.Logf("%-18s skipped: older than 3.8 (%s)", i.Name, i.Path)
			continue
		}
		supported++
		t.Logf("%-18s %s", i.Name, i.Path)
	}
	if supported < 2 && os.Getenv("MODWSGI_TEST_PEERS") == "required" {
		t.Errorf("only %d: put more on PATH or name them in MODWSGI_TEST_PYTHONS", supported)
	}
}

func TestUnexpectedLines(t *testing.T) {
	lines := []string{
		`{"level":"info","message":"ready"}`,
		`{"level":"error","message":"worker died"}`,
		`{"level":"error","message":"queue full"}`,
		`panic: runtime error`,
		`goroutine 1 [running]:`,
		`WARNING: DATA RACE`,
		`{"level":"warn","message":"panic: said an application"}`,
		`{not json`,
	}
	want := []string{lines[1], lines[3], lines[4], lines[5]}
	if got := harness.UnexpectedLines("queue", lines...); !slices.Equal(got, want) {
		t.Errorf("found %q, expected %q", got, want)
	}
	if got := harness.UnexpectedLines(".", lines...); len(got) != 3 {
		t.Errorf("a test that allows everything excuses a panic: %q", got)
	}
}

func TestParseStat(t *testing.T) {
	for _, text := range []string{"", "1", "1 (a", "1 (a)", "1 (a) S", "x (a) S 1", "1 (a) S x"} {
		if _, err := harness.ParseStat(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	if _, err := harness.ParseStat("12 (a) b (c) Z 7 1 1"); err != nil {
		t.Error(err)
	}
}
