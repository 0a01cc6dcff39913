package http1_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"modwsgi-express/core/http1"
)

// A row of testdata; see testdata/README.md.
type row struct {
	where   string // file:line
	verdict string
	name    string
	raw     []byte
	want    []string // key=value
}

// follower is sent behind every row.
const follower = "GET /pipelined HTTP/1.1\r\nHost: follower\r\n\r\n"

func readRows(t testing.TB) []row {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("find tables: %v", err)
	}
	var rows []row
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		template := "%%"
		for i, line := range strings.Split(string(text), "\n") {
			where := fmt.Sprintf("%s:%d", filepath.Base(file), i+1)
			switch {
			case line == "" || line[0] == '#':
			case line[0] == '@':
				template = strings.TrimPrefix(line, "@ ")
			case line[0] == ' ':
				last := &rows[len(rows)-1]
				last.want = append(last.want, strings.Fields(line)...)
			default:
				rows = append(rows, readRow(t, where, line, template))
			}
		}
	}
	return rows
}

func readRow(t testing.TB, where, line, template string) row {
	verdict, rest, _ := strings.Cut(line, " ")
	name, raw := strings.TrimSuffix(rest, " ::"), ""
	if i := strings.LastIndex(rest, " :: "); i >= 0 {
		name, raw = rest[:i], rest[i+len(" :: "):]
	} else if name == rest {
		t.Fatalf("%s: row without bytes", where)
	}
	before, after, found := strings.Cut(template, "%%")
	if !found {
		t.Fatalf("%s: template without a place for the row", where)
	}
	return row{where: where, verdict: verdict, name: name, raw: unescape(t, where, before+raw+after)}
}

// unescape reads the escapes of a Go string and \0; quotes stand for themselves.
func unescape(t testing.TB, where, s string) []byte {
	var b []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' {
			i++
			switch s[i] {
			case 'r':
				c = '\r'
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case '0':
				c = 0
			case '\\':
			case 'x':
				v, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
				if err != nil {
					t.Fatalf("%s: %v", where, err)
				}
				c = byte(v)
				i += 2
			default:
				t.Fatalf("%s: unknown escape \\%c", where, s[i])
			}
		}
		b = append(b, c)
	}
	return b
}

// TestVerdicts feeds every row of the tables whole and compares verdict and
// request.
func TestVerdicts(t *testing.T) {
	limits := http1.DefaultLimits()
	rows := readRows(t)
	t.Logf("%d rows", len(rows))
	seen := map[string]string{}
	for _, r := range rows {
		id := filepath.Base(strings.Split(r.where, ":")[0]) + "/" + r.name
		if other, ok := seen[id]; ok {
			t.Errorf("%s: the name %q is taken by %s", r.where, r.name, other)
		}
		seen[id] = r.where
		t.Run(id, func(t *testing.T) {
			if r.verdict == "more" {
				// Nothing may follow: it would be a part of what is missing.
				if got := drive(&limits, r.raw).end; got != "more" && got != "idle" {
					t.Errorf("%s: %q\ngot %s, want more", r.where, r.raw, got)
				}
				return
			}
			got := drive(&limits, append(bytes.Clone(r.raw), follower...))
			checkEnd(t, &r, got)
			if len(r.want) > 0 && len(got.requests) > 0 {
				checkRequest(t, &r, &got.requests[0])
			}
		})
	}
}

func checkEnd(t *testing.T, r *row, got outcome) {
	t.Helper()
	end := map[string]string{"ok": "idle", "close": "close"}[r.verdict]
	if end == "" {
		end = "reject " + r.verdict
	}
	if got.end != end {
		t.Errorf("%s: %q\ngot %s, want %s; requests:\n%s", r.where, r.raw, got.end, end, got)
	}
	answered := false
	for _, p := range got.requests {
		answered = answered || string(p.req.Path) == "/pipelined" && string(p.req.Host) == "follower"
	}
	if want := r.verdict == "ok"; answered != want {
		t.Errorf("%s: %q\nthe request behind it was seen: %v, want %v; requests:\n%s", r.where, r.raw, answered, want, got)
	}
}

func checkRequest(t *testing.T, r *row, p *parsed) {
	t.Helper()
	req := &p.req
	got := map[string]string{
		"method": string(req.Method), "target": string(req.Target), "rawpath": string(req.RawPath),
		"path": string(req.Path), "host": string(req.Host), "body": string(p.body),
		"version": fmt.Sprintf("%d.%d", req.Major, req.Minor), "length": fmt.Sprint(req.ContentLength),
		"chunked": fmt.Sprint(req.Chunked), "expect": fmt.Sprint(req.Expect100), "https": fmt.Sprint(req.AbsoluteHTTPS),
		"fields": fmt.Sprint(len(req.Fields)),
	}
	if req.HasQuery {
		got["query"] = string(req.Query)
	} else {
		got["noquery"] = ""
	}
	for _, f := range req.Fields {
		key := "field." + string(f.Name)
		if old, ok := got[key]; ok {
			got[key] = old + "|" + string(f.Value)
		} else {
			got[key] = string(f.Value)
		}
	}
	for _, w := range r.want {
		key, value, _ := strings.Cut(string(unescape(t, r.where, w)), "=")
		if v, ok := got[key]; !ok || v != value {
			t.Errorf("%s: %q\n%s is %q (%v), want %q", r.where, r.raw, key, v, ok, value)
		}
	}
}

// TestSplits feeds every row byte by byte and in two pieces, cut at every offset:
// the outcome is the same as that of the whole.
func TestSplits(t *testing.T) {
	limits := http1.DefaultLimits()
	for _, r := range readRows(t) {
		raw := r.raw
		if r.verdict != "more" {
			raw = append(bytes.Clone(r.raw), follower...)
		}
		checkSplits(t, &limits, r.where+" "+r.name, raw)
	}
}

func checkSplits(t *testing.T, l *http1.Limits, name string, raw []byte) {
	t.Helper()
	whole := drive(l, raw).String()
	if got := drive(l, byByte(raw)...).String(); got != whole {
		t.Errorf("%s: %q\nbyte by byte:\n%s\nwhole:\n%s", name, raw, got, whole)
		return
	}
	for i := 1; i < len(raw); i++ {
		if got := drive(l, raw[:i], raw[i:]).String(); got != whole {
			t.Errorf("%s: %q\ncut at %d:\n%s\nwhole:\n%s", name, raw, i, got, whole)
			return
		}
	}
}
