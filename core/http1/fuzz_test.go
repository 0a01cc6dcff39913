package http1_test

import (
	"bytes"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
)

// FuzzHead: no input panics, and no way of splitting it changes the outcome. Small
// limits make them a part of the game.
func FuzzHead(f *testing.F) {
	for _, r := range readRows(f) {
		f.Add(r.raw, uint16(len(r.raw)/2))
	}
	limits := small
	limits.FieldSize, limits.HeadSize = 48, 200
	f.Fuzz(func(t *testing.T, raw []byte, cut uint16) {
		if len(raw) > 2048 {
			return
		}
		for _, l := range []http1.Limits{http1.DefaultLimits(), limits} {
			whole := drive(&l, raw)
			if got := drive(&l, byByte(raw)...); got.String() != whole.String() {
				t.Fatalf("byte by byte:\n%s\nwhole:\n%s", got, whole)
			}
			i := int(cut) % (len(raw) + 1)
			if got := drive(&l, raw[:i], raw[i:]); got.String() != whole.String() {
				t.Fatalf("cut at %d:\n%s\nwhole:\n%s", i, got, whole)
			}
			for _, p := range whole.requests {
				checkInvariants(t, &p.req)
			}
		}
	})
}

// checkInvariants checks what is promised of every request that is let through.
func checkInvariants(t *testing.T, r *exchange.Request) {
	t.Helper()
	if len(r.Method) == 0 || len(r.Target) == 0 || len(r.Path) == 0 || len(r.RawPath) == 0 || r.Major != 1 {
		t.Fatalf("incomplete request: %+v", r)
	}
	if r.Path[0] != '/' && string(r.Path) != "*" || bytes.IndexByte(r.Path, 0) >= 0 || climbs(string(r.Path)) {
		t.Fatalf("path %q", r.Path)
	}
	if r.Minor > 0 && len(r.Host) == 0 {
		t.Fatalf("no host")
	}
	if r.Chunked && (r.ContentLength >= 0 || r.Minor == 0) {
		t.Fatalf("chunked, length %d, version 1.%d", r.ContentLength, r.Minor)
	}
	hosts, lengths := 0, 0
	for _, f := range r.Fields {
		if len(f.Name) == 0 || strings.Trim(string(f.Name), tchars) != "" {
			t.Fatalf("field name %q", f.Name)
		}
		if strings.ContainsAny(string(f.Value), "\r\n\x00\x7f") || string(bytes.Trim(f.Value, " \t")) != string(f.Value) {
			t.Fatalf("field value %q", f.Value)
		}
		switch strings.ToLower(string(f.Name)) {
		case "host":
			hosts++
		case "content-length", "transfer-encoding":
			lengths++
		}
	}
	if hosts > 1 || lengths > 1 {
		t.Fatalf("%d Host fields, %d framing fields", hosts, lengths)
	}
}

// climbs tells whether a path climbs above the root, in another way than the
// engine does.
func climbs(path string) bool {
	var stack []string
	for _, s := range strings.Split(path, "/") {
		switch {
		case s == ".." && len(stack) == 0:
			return true
		case s == "..":
			stack = stack[:len(stack)-1]
		case s != "" && s != ".":
			stack = append(stack, s)
		}
	}
	return false
}

// FuzzChunked compares the decoder with a slow reading of the grammar.
func FuzzChunked(f *testing.F) {
	const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, r := range readRows(f) {
		if body, ok := bytes.CutPrefix(r.raw, []byte(head)); ok {
			f.Add(body)
		}
	}
	limits := http1.DefaultLimits()
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 4096 { // the slow reading is quadratic
			return
		}
		var e http1.Engine
		var req exchange.Request
		e.Init(&limits)
		if _, v := e.ParseHead([]byte(head), &req); v != http1.OK {
			t.Fatal(e.Rejection())
		}
		var data []byte
		taken, v := 0, http1.More
		for v == http1.More && taken < len(body) {
			n, piece, verdict := e.ParseBody(body[taken:])
			data = append(data, piece...)
			taken, v = taken+n, verdict
		}
		wantData, wantTaken, want := slowChunked(body)
		if (v == http1.OK) != want || want && (taken != wantTaken || !bytes.Equal(data, wantData)) {
			t.Fatalf("engine: %v, took %d, %q (%v)\ngrammar: %v, %d, %q", v, taken, data, e.Rejection(), want, wantTaken, wantData)
		}
		if v == http1.Reject && !strings.Contains(e.Rejection().Reason, "too l") {
			// What comes in front of the byte that was refused can still become a
			// body: it is a prefix of one, or the byte was refused too late.
			if !completes(body[:taken]) {
				t.Fatalf("refused only at %d: %q", taken, body)
			}
		}
	})
}

var (
	chunkLine   = regexp.MustCompile(`^([0-9A-Fa-f]{1,16})((?:;[\t ]*` + token + `(?:[\t ]*=[\t ]*(?:` + token + `|` + quoted + `))?[\t ]*)*)\r\n`)
	trailerLine = regexp.MustCompile(`^(` + token + `):[\t -~\x{80}-\x{ff}]*\r\n`)
	forbidden   = regexp.MustCompile(`(?i)^(content-(length|encoding|type|range|location)|transfer-encoding|te|trailer|connection|keep-alive|proxy-connection|upgrade|host|forwarded|x-forwarded-(for|host|proto)|cache-control|expect|max-forwards|pragma|range|if-((none-)?match|(un)?modified-since|range)|(proxy-)?authorization|(www|proxy)-authenticate|(proxy-)?authentication-info|(set-)?cookie)$`)
)

const (
	token  = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
	quoted = `"(?:[\t !#-\[\]-~\x{80}-\x{ff}]|\\[\t -~\x{80}-\x{ff}])*"`
)

// slowChunked reads a whole chunked body by the grammar of RFC 9112 section 7.1,
// with the limits of this server.
func slowChunked(body []byte) (data []byte, taken int, ok bool) {
	text := latin1(body) // so that a regular expression sees bytes
	rest := text
	for {
		m := chunkLine.FindStringSubmatch(rest)
		// A name may be followed by white space only in front of "=" or ";".
		if m == nil || strings.HasSuffix(m[2], " ") || strings.HasSuffix(m[2], "\t") || len([]rune(m[2])) > 256 {
			return nil, 0, false
		}
		size, err := strconv.ParseInt(m[1], 16, 64)
		if err != nil {
			return nil, 0, false
		}
		rest = rest[len(m[0]):]
		if size == 0 {
			break
		}
		runes := []rune(rest)
		if size > int64(len(runes))-2 || string(runes[size:size+2]) != "\r\n" {
			return nil, 0, false
		}
		for _, r := range runes[:size] {
			data = append(data, byte(r))
		}
		rest = string(runes[size+2:])
	}
	section := rest
	for !strings.HasPrefix(rest, "\r\n") {
		m := trailerLine.FindStringSubmatch(rest)
		if m == nil || forbidden.MatchString(m[1]) {
			return nil, 0, false
		}
		rest = rest[len(m[0]):]
	}
	rest = rest[2:]
	if len([]rune(section))-len([]rune(rest)) > 8190 {
		return nil, 0, false
	}
	return data, len([]rune(text)) - len([]rune(rest)), true
}

// completes tells whether a chunked body can begin with b: one of these endings
// makes it whole. A chunk of data that is still open may be of any size, so that
// one is not tried.
func completes(b []byte) bool {
	for _, end := range []string{
		"\r\n\r\n", "\n\r\n", "0\r\n\r\n", "\n0\r\n\r\n", "\r\n0\r\n\r\n", "a\r\n\r\n", "a: b\r\n\r\n", ": b\r\n\r\n",
		"\"\r\n\r\n", "a\"\r\n\r\n", "\n", "=a\r\n\r\n",
	} {
		if _, n, ok := slowChunked(append(bytes.Clone(b), end...)); ok && n == len(b)+len(end) {
			return true
		}
	}
	// Or it is in the line of a chunk that is not the last.
	i := bytes.LastIndexByte(b, '\n') + 1
	for _, end := range []string{"\r\n", "\n", "a\r\n", "a\"\r\n", "\"\r\n"} {
		line := latin1(append(bytes.Clone(b[i:]), end...))
		if m := chunkLine.FindString(line); m != "" && len(m) == len(line) {
			return true
		}
	}
	return false
}

func latin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

var (
	originForm   = regexp.MustCompile(`^(/[!"$->@-~]*)(\?[!"$-~]*)?$`)
	absoluteForm = regexp.MustCompile(`^(?i:https?)://([^/?]+)(/[!"$->@-~]*)?(\?[!"$-~]*)?$`)
	percent      = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	hostName     = regexp.MustCompile(`^[A-Za-z0-9_~-]+(\.[A-Za-z0-9_~-]+)*\.?(:[0-9]{0,5})?$`)
)

// FuzzTarget compares verdict, path and query with a slow reading of the grammar.
func FuzzTarget(f *testing.F) {
	for _, r := range readRows(f) {
		if words := strings.Split(string(r.raw), " "); len(words) > 2 {
			f.Add(words[1])
		}
	}
	limits := http1.DefaultLimits()
	f.Fuzz(func(t *testing.T, target string) {
		if len(target) > 4096 || strings.ContainsAny(target, "\r\n") {
			return
		}
		got := drive(&limits, []byte("GET "+target+" HTTP/1.1\r\nHost: a\r\n\r\n"))
		rawPath, query, host, ok := slowTarget(target)
		if strings.HasPrefix(host, "[") {
			return // IP literals are compared elsewhere
		}
		path, err := url.PathUnescape(rawPath)
		ok = ok && err == nil && !strings.Contains(path, "\x00") && !climbs(path)
		if !ok {
			if got.end != "reject 400" {
				t.Fatalf("%q: %s, want a refusal", target, got)
			}
			return
		}
		if got.end != "idle" {
			t.Fatalf("%q: %s, want it accepted", target, got)
		}
		r := &got.requests[0].req
		gotQuery := string(r.Query)
		if r.HasQuery {
			gotQuery = "?" + gotQuery
		}
		if string(r.RawPath) != rawPath || string(r.Path) != path || gotQuery != query || string(r.Host) != host || string(r.Target) != target {
			t.Fatalf("%q:\n%s\nwant raw path %q, path %q, query %q, host %q", target, got, rawPath, path, query, host)
		}
	})
}

func slowTarget(target string) (rawPath, query, host string, ok bool) {
	if m := originForm.FindStringSubmatch(target); m != nil {
		rawPath, query, host = m[1], m[2], "a"
	} else if m := absoluteForm.FindStringSubmatch(target); m != nil {
		rawPath, query, host = m[2], m[3], m[1]
		if rawPath == "" {
			rawPath = "/"
		}
		if !strings.HasPrefix(host, "[") && !hostName.MatchString(host) {
			return "", "", host, false
		}
		if _, port, found := strings.Cut(host, ":"); found && port != "" && !strings.HasPrefix(host, "[") {
			if n, _ := strconv.Atoi(port); n > 65535 {
				return "", "", host, false
			}
		}
	} else {
		return "", "", "", false
	}
	return rawPath, query, host, !strings.Contains(percent.ReplaceAllString(rawPath, ""), "%")
}
