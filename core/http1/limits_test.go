package http1_test

import (
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
)

// small are limits that a test can reach at every offset.
var small = http1.Limits{
	RequestLine: 32, Fields: 4, FieldSize: 24, HeadSize: 120, ChunkExtension: 8, TrailerSize: 24,
}

func TestLimits(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: a\r\n"
	const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:chunked\r\n\r\n"
	roomy := small
	roomy.RequestLine, roomy.FieldSize = 1000, 1000
	wide := small
	wide.FieldSize = 25
	tests := []struct {
		name   string
		limits http1.Limits
		raw    string
		end    string
	}{
		{"request line at the limit", small, "GET /" + strings.Repeat("a", 18) + " HTTP/1.1\r\nHost: a\r\n\r\n", "idle"},
		{"request line beyond the limit", small, "GET /" + strings.Repeat("a", 19) + " HTTP/1.1\r\nHost: a\r\n\r\n", "reject 414"},
		{"request line at the limit behind a CRLF", small, "\r\nGET /" + strings.Repeat("a", 18) + " HTTP/1.1\r\nHost: a\r\n\r\n", "idle"},
		{"request line far beyond the limit", small, "GET /" + strings.Repeat("a", 500), "reject 414"},
		{"refused at the first byte too many", small, strings.Repeat("A", 33), "reject 414"},
		{"not refused while that may be the CR", small, strings.Repeat("A", 32) + "\r", "more"},
		{"endless method", small, strings.Repeat("A", 500), "reject 414"},
		{"too long and malformed: too long", small, "GET /\x00" + strings.Repeat("a", 40) + " HTTP/1.1\r\n", "reject 414"},
		{"too long by a CR", small, "GET /" + strings.Repeat("a", 18) + " HTTP/1.1\r\r\n", "reject 414"},
		{"at the limit with a bare LF", small, "GET /" + strings.Repeat("a", 18) + " HTTP/1.1\n", "reject 400"},
		{"too long with a bare LF", small, "GET /" + strings.Repeat("a", 19) + " HTTP/1.1\n", "reject 414"},

		{"field at the limit", small, get + "A: " + strings.Repeat("b", 21) + "\r\n\r\n", "idle"},
		{"field beyond the limit", small, get + "A: " + strings.Repeat("b", 22) + "\r\n\r\n", "reject 431"},
		{"field far beyond the limit", small, get + "A: " + strings.Repeat("b", 500), "reject 431"},
		{"field beyond the limit by white space", small, get + "A: b" + strings.Repeat(" ", 21) + "\r\n\r\n", "reject 431"},
		{"field refused at the first byte too many", small, get + strings.Repeat("b", 25), "reject 431"},
		{"endless field name", small, get + strings.Repeat("b", 500), "reject 431"},
		{"too long and malformed field", small, get + "A\x00: " + strings.Repeat("b", 40) + "\r\n\r\n", "reject 431"},

		{"fields at the limit", small, get + "B: 1\r\nC: 2\r\nD: 3\r\n\r\n", "idle"},
		{"fields beyond the limit", small, get + "B: 1\r\nC: 2\r\nD: 3\r\nE: 4\r\n\r\n", "reject 431"},
		{"fields beyond the limit, malformed", small, get + "B: 1\r\nC: 2\r\nD: 3\r\nE\r\n\r\n", "reject 431"},

		{"head at the limit", roomy, get + "A: " + strings.Repeat("b", 120-len(get)-len("A: \r\n\r\n")) + "\r\n\r\n", "idle"},
		{"head beyond the limit", roomy, get + "A: " + strings.Repeat("b", 121-len(get)-len("A: \r\n\r\n")) + "\r\n\r\n", "reject 431"},
		{"head of one endless line", roomy, strings.Repeat("A", 200), "reject 414"},
		{"head beyond the limit in its last line", roomy, get + "A: " + strings.Repeat("b", 118-len(get)-len("A: \r\n")) + "\r\nC: d\r\n\r\n", "reject 431"},
		{"head filled by a CRLF in front", roomy, "\r\n" + get + "A: " + strings.Repeat("b", 119-len(get)-len("A: \r\n\r\n")) + "\r\n\r\n", "reject 431"},

		{"chunk extensions at the limit", wide, chunked + "1;a=bcdef\r\nx\r\n0\r\n\r\n", "idle"},
		{"chunk extensions beyond the limit", wide, chunked + "1;a=bcdefg\r\nx\r\n0\r\n\r\n", "reject 400"},
		{"several chunk extensions beyond the limit", wide, chunked + "1;a;b;c;d\r\nx\r\n0;e;f;g;h;i\r\n\r\n", "reject 400"},
		{"chunk extensions count for their chunk only", wide, chunked + "1;a=bcdef\r\nx\r\n1;a=bcdef\r\ny\r\n0;a=bcdef\r\n\r\n", "idle"},
		{"endless chunk extension", wide, chunked + "1;a=\"" + strings.Repeat("b", 500), "reject 400"},
		{"trailer section at the limit", wide, chunked + "0\r\nA: " + strings.Repeat("b", 17) + "\r\n\r\n", "idle"},
		{"trailer section beyond the limit", wide, chunked + "0\r\nA: " + strings.Repeat("b", 18) + "\r\n\r\n", "reject 431"},
		{"trailer section beyond the limit by its number", wide, chunked + "0\r\n" + strings.Repeat("A:\r\n", 6) + "\r\n", "reject 431"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := drive(&test.limits, []byte(test.raw))
			if got.end != test.end {
				t.Errorf("%q\n%s, want %s", test.raw, got, test.end)
			}
			checkSplits(t, &test.limits, test.name, []byte(test.raw+follower))
		})
	}
}

// The default limits, as documented.
func TestDefaultLimits(t *testing.T) {
	limits := http1.DefaultLimits()
	head := func(lines ...string) string {
		return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Join(lines, "") + "\r\n"
	}
	fill := func(n int) string { // a head of n bytes
		var lines []string
		size := len(head())
		for size < n {
			line := min(n-size, 8192)
			if rest := n - size - line; rest > 0 && rest < 5 {
				line -= 5
			}
			lines = append(lines, "A: "+strings.Repeat("b", line-5)+"\r\n")
			size += line
		}
		return head(lines...)
	}
	tests := []struct {
		name, raw, end string
	}{
		{"request line of 8190", "GET /" + strings.Repeat("a", 8190-len("GET / HTTP/1.1")) + " HTTP/1.1\r\nHost: a\r\n\r\n", "idle"},
		{"request line of 8191", "GET /" + strings.Repeat("a", 8191-len("GET / HTTP/1.1")) + " HTTP/1.1\r\nHost: a\r\n\r\n", "reject 414"},
		{"URL of 100 KB", "GET /" + strings.Repeat("a", 100<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", "reject 414"},
		{"100 fields", head(strings.Repeat("A: b\r\n", 99)), "idle"},
		{"101 fields", head(strings.Repeat("A: b\r\n", 100)), "reject 431"},
		{"20000 fields", head(strings.Repeat("A: b\r\n", 20000)), "reject 431"},
		{"field of 8190", head("A: " + strings.Repeat("b", 8187) + "\r\n"), "idle"},
		{"field of 8191", head("A: " + strings.Repeat("b", 8188) + "\r\n"), "reject 431"},
		{"field of 2 MB", head("A: " + strings.Repeat("b", 2<<20) + "\r\n"), "reject 431"},
		{"head of 64 KiB", fill(64 << 10), "idle"},
		{"head of 64 KiB and a byte", fill(64<<10 + 1), "reject 431"},
		{"head of 65 KiB", fill(65 << 10), "reject 431"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := drive(&limits, []byte(test.raw+follower))
			if got.end != test.end {
				t.Errorf("%s, want %s", got.end, test.end)
			}
			// In steps of a network's packet the outcome is the same.
			var pieces [][]byte
			for raw := []byte(test.raw + follower); len(raw) > 0; {
				n := min(len(raw), 1448)
				pieces, raw = append(pieces, raw[:n]), raw[n:]
			}
			if stepped := drive(&limits, pieces...); stepped.String() != got.String() {
				t.Errorf("in pieces %s, whole %s", stepped.end, got.end)
			}
		})
	}
}

// A head that cannot become complete within HeadSize is refused when that many
// bytes are there, so a driver's buffer never has to be larger.
func TestHeadSizeBoundsTheBuffer(t *testing.T) {
	limits := small
	limits.RequestLine, limits.FieldSize = 1000, 1000
	raw := "GET / HTTP/1.1\r\nHost: a\r\nA: " + strings.Repeat("b", 200)
	var e http1.Engine
	var req exchange.Request
	e.Init(&limits)
	for n := 1; n <= limits.HeadSize; n++ {
		_, v := e.ParseHead([]byte(raw[:n]), &req)
		want := http1.More
		if n == limits.HeadSize {
			want = http1.Reject
		}
		if v != want {
			t.Fatalf("with %d bytes: %v, want %v (%s)", n, v, want, fmt.Sprint(e.Rejection()))
		}
	}
}
