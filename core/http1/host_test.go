package http1_test

import (
	"net/netip"
	"strings"
	"testing"

	"modwsgi-express/core/http1"

	"pgregory.net/rapid"
)

// IP literals in Host are those that net/netip takes, without a zone.
func TestIPLiteralsLikeNetip(t *testing.T) {
	limits := http1.DefaultLimits()
	group := rapid.OneOf(
		rapid.StringMatching(`[0-9a-fA-F]{0,5}`),
		rapid.SampledFrom([]string{"", "", "0", "ffff", "192.0.2.1", "255.255.255.255", "1.2.3.256", "1.2.3", "01.2.3.4"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		literal := strings.Join(rapid.SliceOfN(group, 1, 10).Draw(t, "groups"), ":")
		addr, err := netip.ParseAddr(literal)
		want := "reject 400"
		if err == nil && addr.Is6() {
			want = "idle"
		}
		got := drive(&limits, []byte("GET / HTTP/1.1\r\nHost: ["+literal+"]:80\r\n\r\n"))
		if got.end != want {
			t.Fatalf("[%s]: %s, want %s", literal, got.end, want)
		}
	})
}
