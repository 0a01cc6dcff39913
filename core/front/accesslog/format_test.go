package accesslog_test

import (
	"encoding/json"
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/front/accesslog"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	zone  = time.FixedZone("CEST", 2*60*60)
	start = time.Date(2026, time.October, 3, 9, 5, 7, 12_345_678, zone)
	end   = start.Add(1234567 * time.Microsecond)
)

// field makes a header field.
func field(name, value string) exchange.Field {
	return exchange.Field{Name: []byte(name), Value: []byte(value)}
}

// sample is an ordinary request; edit changes it.
func sample(edit ...func(*exchange.Exchange)) *exchange.Exchange {
	x := &exchange.Exchange{
		Request: exchange.Request{
			Method: []byte("GET"), Target: []byte("/caf%C3%A9?q=1&r=%22"),
			RawPath: []byte("/caf%C3%A9"), Path: []byte("/caf\xc3\xa9"), Query: []byte("q=1&r=%22"), HasQuery: true,
			Host: []byte("example.com:8443"),
			Fields: []exchange.Field{
				field("Host", "example.com:8443"), field("user-agent", "curl/8.5 \"x\""), field("Referer", "http://a/"),
				field("Cookie", "a=1; session = s3;b=x=y"), field("X-Twice", "1"), field("x-twice", "2"), field("X-Empty", ""),
			},
			Major: 1, Minor: 1, ContentLength: -1,
		},
		Peer:   &exchange.Peer{Remote: netip.MustParseAddrPort("192.0.2.7:40000"), Local: netip.MustParseAddrPort("[::ffff:198.51.100.1]:8000")},
		Start:  start,
		ConnID: 46, Seq: 3,
		Status: 200, BodyIn: 5, BodyOut: 2326, QueueTime: 1500 * time.Microsecond, WorkerPID: 4711,
		RemoteUser: []byte("frank"), LogFields: [][]byte{[]byte("text/html"), nil},
	}
	for _, e := range edit {
		e(x)
	}
	return x
}

// rejected is a request whose head was refused. The fields of the request before
// it are still there.
func rejected(x *exchange.Exchange) {
	x.Request.Method, x.Request.Target = nil, nil
	x.Status, x.BodyOut, x.WorkerPID, x.RemoteUser, x.Aborted = 400, 150, 0, nil, errors.New("line ends with a bare LF")
	x.LogFields = [][]byte{{}, {}}
}

func unixPeer(x *exchange.Exchange) { x.Peer = &exchange.Peer{Unix: "/run/app.sock"} }

func host(h string) func(*exchange.Exchange) {
	return func(x *exchange.Exchange) { x.Request.Host = []byte(h) }
}

func connectionField(minor int, value string) func(*exchange.Exchange) {
	return func(x *exchange.Exchange) {
		x.Request.Minor = minor
		x.Request.Fields = append(x.Request.Fields, field("Connection", value))
	}
}

func parse(t testing.TB, format string) *accesslog.Format {
	t.Helper()
	f, err := accesslog.Parse(format)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestDirectives(t *testing.T) {
	ipv6 := func(x *exchange.Exchange) { x.Peer.Remote = netip.MustParseAddrPort("[2001:db8::1]:1") }
	tls := func(x *exchange.Exchange) { x.Peer.TLS = true }
	nothing := func(x *exchange.Exchange) {
		x.Status, x.BodyOut, x.BodyIn, x.WorkerPID, x.RemoteUser = 0, 0, 0, 0, nil
		x.Request.HasQuery, x.Request.Query, x.Request.Fields, x.Request.Host = false, nil, nil, nil
		x.LogFields, x.Peer = nil, nil
	}
	for _, tt := range []struct {
		format, want string
		edit         []func(*exchange.Exchange)
	}{
		{format: "100%% %a", want: "100% 192.0.2.7"},
		{format: "%a %{c}a %h %{c}h", want: "192.0.2.7 192.0.2.7 192.0.2.7 192.0.2.7"},
		{format: "%a", want: "2001:db8::1", edit: []func(*exchange.Exchange){ipv6}},
		{format: "%a %h %A %{remote}p %{local}p", want: "- - - - -", edit: []func(*exchange.Exchange){unixPeer}},
		{format: "%A", want: "198.51.100.1"},
		{format: "%b %B %O", want: "2326 2326 2326"},
		{format: "%b %B", want: "- 0", edit: []func(*exchange.Exchange){nothing}},
		{format: "%{a}C %{session}C %{b}C %{c}C", want: "1 s3 x=y -"},
		{format: "%D %T %{s}T %{ms}T %{us}T", want: "1234567 1 1 1234 1234567"},
		{format: "%H %m %U %q", want: `HTTP/1.1 GET /caf\xc3\xa9 ?q=1&r=%22`},
		{format: "<%q>", want: "<>", edit: []func(*exchange.Exchange){nothing}},
		{format: "%{User-Agent}i %{x-TWICE}i [%{X-Empty}i] %{X-Not}i", want: `curl/8.5 \"x\" 1, 2 [] -`},
		{format: "%I", want: "180"},
		{format: "%k %l %L %{c}L", want: "2 - 1a-3 1a"},
		{format: "%{Content-Type}o %{X-Not}o %{content-type}o", want: "text/html - text/html"},
		{format: "%{Content-Type}o", want: "-", edit: []func(*exchange.Exchange){nothing}},
		{format: "%p %{canonical}p %{local}p %{remote}p", want: "8443 8443 8000 40000"},
		{format: "%p %v %V", want: "8000 example.com example.com", edit: []func(*exchange.Exchange){host("example.com")}},
		{format: "%p %v", want: "8000 [::1]", edit: []func(*exchange.Exchange){host("[::1]")}},
		{format: "%p %v", want: "81 [::1]", edit: []func(*exchange.Exchange){host("[::1]:81")}},
		{format: "%p %v", want: "8000 -", edit: []func(*exchange.Exchange){host("")}},
		{format: "%P %{pid}P", want: "4711 4711"},
		{format: "%P", want: "-", edit: []func(*exchange.Exchange){nothing}},
		{format: "%r", want: "GET /caf%C3%A9?q=1&r=%22 HTTP/1.1"},
		{format: "%s %>s %<s %200s", want: "200 200 200 200"},
		{format: "%s", want: "-", edit: []func(*exchange.Exchange){nothing}},
		{format: "%u", want: "frank"},
		{format: "%u", want: `""`, edit: []func(*exchange.Exchange){func(x *exchange.Exchange) { x.RemoteUser = []byte{} }}},
		{format: "%u", want: "-", edit: []func(*exchange.Exchange){nothing}},
		{format: "%u", want: `a\x1b[31m\n\"\\\xff`, edit: []func(*exchange.Exchange){func(x *exchange.Exchange) { x.RemoteUser = []byte("a\x1b[31m\n\"\\\xff") }}},
		{format: "%X", want: "+"},
		{format: "%X", want: "-", edit: []func(*exchange.Exchange){connectionField(1, "TE, Close")}},
		{format: "%X", want: "-", edit: []func(*exchange.Exchange){func(x *exchange.Exchange) { x.Request.Minor = 0 }}},
		{format: "%X", want: "+", edit: []func(*exchange.Exchange){connectionField(0, "Keep-Alive")}},
		{format: "%X %{aborted}x", want: "X reset by \\\"peer\\\"", edit: []func(*exchange.Exchange){func(x *exchange.Exchange) { x.Aborted = errors.New(`reset by "peer"`) }}},
		{format: "%{queue}x %{queue_ms}x %{bytes_in}x %{aborted}x %{scheme}x", want: "1500 1 5 - http"},
		{format: "%{scheme}x", want: "https", edit: []func(*exchange.Exchange){tls}},
		{format: "%{scheme}x", want: "http", edit: []func(*exchange.Exchange){nothing}},

		{format: "%400,501{Referer}i %!200,304{Referer}i %200{Referer}i", want: "- - http://a/"},
		{format: "%400,501{Referer}i %!200,304{Referer}i %!404>s", want: "http://a/ http://a/ 501",
			edit: []func(*exchange.Exchange){func(x *exchange.Exchange) { x.Status = 501 }}},
		{format: "%{Referer}>i %{Referer}200i", want: "http://a/ http://a/"},

		{format: `\"%h\" \\ \t \x é`, want: `"192.0.2.7" \ ` + "\t" + ` \x é`},
		{format: "%h\t%u", want: "192.0.2.7\tfrank"},

		{format: "%t %{begin:}t %{end:}t", want: "[03/Oct/2026:09:05:07 +0200] [03/Oct/2026:09:05:07 +0200] [03/Oct/2026:09:05:08 +0200]"},
		{format: "%{sec}t %{msec}t %{usec}t %{msec_frac}t %{usec_frac}t", want: "1791011107 1791011107012 1791011107012345 012 012345"},
		{format: "%{begin:sec}t %{end:sec}t %{end:msec}t %{end:msec_frac}t", want: "1791011107 1791011108 1791011108246 246"},
		{format: `%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t`, want: "2026-10-03T09:05:07.012+0200"},
		{format: `%{end:"%T" 100%%}t`, want: `"09:05:08" 100%`},

		{format: "%h %m %r %H [%q] %U %{Referer}i %{Cookie}C %v %p %>s %B %X %k %I %P %{aborted}x", edit: []func(*exchange.Exchange){rejected},
			want: "192.0.2.7 - - - [] - - - - 8000 400 150 X 2 5 - line ends with a bare LF"},
	} {
		f := parse(t, tt.format)
		if got := string(f.Append(nil, sample(tt.edit...), end)); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.format, got, tt.want)
		}
	}
}

func TestKeptAliveAsTheDriverKnows(t *testing.T) {
	f := parse(t, "%X")
	if got := string(f.Append(nil, sample(), end, false)) + string(f.Append(nil, sample(connectionField(1, "close")), end, true)); got != "-+" {
		t.Errorf("got %s", got)
	}
}

func TestResponseFields(t *testing.T) {
	got := parse(t, `%{Content-Type}o %{ETag}o %h %!200{CONTENT-TYPE}o`).ResponseFields()
	if want := []string{"content-type", "etag"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, name := range []string{"common", "combined", "json", "off"} {
		if got := parse(t, name).ResponseFields(); len(got) > 0 {
			t.Errorf("%s wants %v", name, got)
		}
	}
}

// TestNamedFormats: the lines as a person reads them.
func TestNamedFormats(t *testing.T) {
	hostile := func(x *exchange.Exchange) {
		x.Request.Method, x.Request.Path = []byte("PUT"), []byte("/\r\n\x1b[2J\xff")
		x.Request.Fields = []exchange.Field{field("User-Agent", "\"\\\t\xc2\x9b\xe2\x80\xae\xf0\x9f\x90\x8d"), field("Referer", "caf\xe9")}
		x.Status, x.Aborted, x.BodyOut = 504, exchange.ErrClientGone, 0
	}
	var b strings.Builder
	for _, name := range []string{"common", "combined", "json"} {
		f := parse(t, name)
		for _, edit := range []func(*exchange.Exchange){func(*exchange.Exchange) {}, hostile, rejected, unixPeer} {
			b.Write(append(f.Append(nil, sample(edit), end), '\n'))
		}
	}
	path := filepath.Join("testdata", "lines.golden")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("run with -update if this is meant (-want +got):\n%s", diff)
	}
}

func TestJSONKeys(t *testing.T) {
	want := []string{"time", "request_id", "remote_addr", "remote_port", "remote_user", "scheme", "method", "target", "path",
		"protocol", "host", "referer", "user_agent", "status", "bytes_in", "bytes_out", "duration_ms", "queue_ms", "worker_pid", "aborted"}
	f := parse(t, "json")
	for _, edit := range []func(*exchange.Exchange){func(*exchange.Exchange) {}, rejected, unixPeer} {
		line := f.Append(nil, sample(edit), end)
		var keys []string
		dec := json.NewDecoder(strings.NewReader(string(line)))
		for {
			tok, err := dec.Token()
			if err != nil {
				break
			}
			if s, ok := tok.(string); ok && len(keys) < len(want) && s == want[len(keys)] {
				keys = append(keys, s)
			}
		}
		if diff := cmp.Diff(want, keys); diff != "" || !json.Valid(line) {
			t.Errorf("%s\n%s", line, diff)
		}
	}
}

// TestSecondsOutOfOrder: requests end in another order than they began, so the
// second whose text is kept is not always theirs.
func TestSecondsOutOfOrder(t *testing.T) {
	for _, format := range []string{"%t", "json"} {
		f := parse(t, format)
		for _, s := range []int{0, 0, 5, 0, 3, 5, 6, 0, 6, 100, 99} {
			for _, location := range []*time.Location{zone, time.UTC} {
				at := start.Add(time.Duration(s) * time.Second).In(location)
				got := string(f.Append(nil, sample(func(x *exchange.Exchange) { x.Start = at }), end))
				want := at.Format("[02/Jan/2006:15:04:05 -0700]")
				if format == "json" {
					want = `{"time":"` + at.Format("2006-01-02T15:04:05.000000Z07:00") + `"`
				}
				if !strings.HasPrefix(got, want) {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		}
	}
}

func TestOff(t *testing.T) {
	f := parse(t, "off")
	if !f.IsOff() || len(f.Append(nil, sample(), end)) > 0 || parse(t, "common").IsOff() {
		t.Error("off is not off, or common is")
	}
}

// safe tells whether a line can be shown and is one line. Text formats are ASCII.
func safe(line []byte, ascii bool) bool {
	for _, r := range string(line) {
		if r < ' ' || r >= 0x7f && r < 0xa0 || ascii && r > 0x7f || r == '\u202e' || r == '\u2028' {
			return false
		}
	}
	return utf8.Valid(line)
}

func FuzzEscaping(f *testing.F) {
	f.Add([]byte("/\r\n\x1b[2J\xff"), []byte("\"\\\x00"), []byte("\u009b\u202e\u2028"), "gone\n")
	f.Add([]byte(`\`), []byte(`"`), []byte("\xf0\x9f\x90\x8d"), "")
	everything := parse(f, `%U "%{User-Agent}i" %{X}o %u %{aborted}x %{a}C %v %q "%r"`)
	combined, jsonFormat := parse(f, "combined"), parse(f, "json")
	f.Fuzz(func(t *testing.T, path, agent, other []byte, why string) {
		x := sample(func(x *exchange.Exchange) {
			x.Request.Path, x.Request.Target, x.Request.Host, x.Request.Query = path, other, other, agent
			x.Request.Fields = []exchange.Field{{Name: []byte("User-Agent"), Value: agent}, {Name: []byte("Cookie"), Value: append([]byte("a="), other...)}}
			x.RemoteUser, x.LogFields, x.Aborted = other, [][]byte{path}, errors.New(why)
		})
		for _, format := range []*accesslog.Format{everything, combined} {
			line := format.Append(nil, x, end)
			if !safe(line, true) {
				t.Errorf("not a safe line: %q", line)
			}
			// Quotes of the client's never end an item.
			bare := strings.NewReplacer(`\\`, "", `\"`, "").Replace(string(line))
			if n := strings.Count(bare, `"`); format == combined && n != 6 {
				t.Errorf("%d quotes in %q", n, line)
			}
		}
		line := jsonFormat.Append(nil, x, end)
		var got struct {
			Path      string
			UserAgent *string `json:"user_agent"`
			Aborted   string
		}
		if err := json.Unmarshal(line, &got); err != nil || !safe(line, false) {
			t.Fatalf("%v in %q", err, line)
		}
		if got.Path != string([]rune(string(path))) || got.Aborted != string([]rune(why)) {
			t.Errorf("%q came back as %+v", line, got)
		}
	})
}

// discard keeps the compiler from dropping what a benchmark makes.
var discard []byte

func TestAppendDoesNotAllocate(t *testing.T) {
	for _, format := range []string{"common", "combined", "json", `%L %{queue}x %{X}o %{a}C %p %v %q %I %X %{%T}t %{end:msec_frac}t %D %200,404{Referer}i`} {
		f, x := parse(t, format), sample()
		discard = make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(1000, func() { discard = f.Append(discard[:0], x, end) }); n != 0 {
			t.Errorf("%s: %v allocations", format, n)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, format := range []string{"common", "combined", "json"} {
		b.Run(format, func(b *testing.B) {
			f, x := parse(b, format), sample()
			b.ReportAllocs()
			for b.Loop() {
				discard = f.Append(discard[:0], x, end)
			}
		})
	}
}
