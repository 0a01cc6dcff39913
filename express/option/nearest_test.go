package option_test

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"modwsgi-express/express/option"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"port", "port", 0}, {"prot", "port", 1}, {"pot", "port", 1}, {"poort", "port", 1},
		{"part", "port", 1}, {"ca", "abc", 3}, {"thread", "processes", 8}, {"é", "e", 1},
	} {
		if got := option.Distance(c.a, c.b); got != c.want {
			t.Errorf("Distance(%q, %q) is %d, expected %d", c.a, c.b, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"prot": "port", "proceses": "processes", "thread": "threads", "request-timout": "request-timeout", "log-dir": "",
		"workers": "", "https-port": "", "set-env": "setenv", "listn": "listen", "": "", "x": "",
	} {
		if got := option.Nearest(name, option.Names()); got != want {
			t.Errorf("nearest to %q is %q, expected %q", name, got, want)
		}
	}
}

// TestDistanceLaws: a distance is zero for the same only, the same both ways,
// and never more than the longer text.
func TestDistanceLaws(t *testing.T) {
	text := rapid.StringMatching(`[abc]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		d := option.Distance(a, b)
		if (d == 0) != (a == b) || d != option.Distance(b, a) || d > max(utf8.RuneCountInString(a), utf8.RuneCountInString(b)) {
			t.Fatalf("Distance(%q, %q) is %d, the other way %d", a, b, d, option.Distance(b, a))
		}
	})
}
