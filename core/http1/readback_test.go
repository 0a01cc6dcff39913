package http1_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"

	"pgregory.net/rapid"
)

// What is written for any response is what net/http reads: status, fields, body,
// and where it ends.
func TestResponseReadBack(t *testing.T) {
	kinds := slices.Sorted(maps.Keys(requestKinds))
	name := rapid.StringMatching(`X-[A-Za-z0-9!#$%&'*+.^_|~-]{0,12}`)
	value := rapid.StringMatching(`([!-~\x{e9}]([ -~\t]{0,30}[!-~])?)?`)
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(rt, "request")
		isHead := strings.HasSuffix(kind, "HEAD")
		pieces := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 0, 6).Draw(rt, "body")
		whole := slices.Concat(pieces...)
		h := exchange.Head{
			Status:        rapid.OneOf(rapid.SampledFrom([]int{200, 204, 205, 304, 404, 500}), rapid.IntRange(200, 599)).Draw(rt, "status"),
			Reason:        []byte(rapid.StringMatching(`([!-~]([ -~]{0,20}[!-~])?)?`).Draw(rt, "reason")),
			ContentLength: int64(rapid.IntRange(-1, len(whole)+1).Draw(rt, "length")),
			Close:         rapid.Bool().Draw(rt, "close"),
		}
		want := http.Header{}
		for range rapid.IntRange(0, 5).Draw(rt, "fields") {
			n, v := name.Draw(rt, "name"), value.Draw(rt, "value")
			h.Fields = append(h.Fields, exchange.Field{Name: []byte(n), Value: []byte(v)})
			want[http.CanonicalHeaderKey(n)] = append(want[http.CanonicalHeaderKey(n)], v)
		}

		e := ask(t, kind)
		out := e.AppendHead(nil, &h, []byte(testDate), "tested")
		extra := 0
		for _, p := range pieces {
			var allow int64
			out, allow = e.BodyPrefix(out, int64(len(p)))
			out = append(out, p[:allow]...)
			extra += len(p) - int(allow)
			out = e.BodySuffix(out)
		}
		out, complete := e.AppendEnd(out)
		if e.Persist() {
			out = append(out, "HTTP/1.1 299 the next response\r\n\r\n"...)
		}

		noBody := isHead || h.Status == 204 || h.Status == 205 || h.Status == 304
		wantBody := whole
		switch {
		case noBody:
			wantBody = nil
		case h.ContentLength >= 0:
			wantBody = whole[:min(int64(len(whole)), h.ContentLength)]
		}
		wantComplete := noBody || h.ContentLength <= int64(len(whole))
		if complete != wantComplete || extra != len(whole)-len(wantBody) {
			rt.Fatalf("complete %v, want %v; extra %d", complete, wantComplete, extra)
		}

		r := bufio.NewReader(bytes.NewReader(out))
		resp, err := http.ReadResponse(r, &http.Request{Method: map[bool]string{true: "HEAD", false: "GET"}[isHead]})
		if err != nil {
			rt.Fatalf("read %q: %v", out, err)
		}
		body, err := io.ReadAll(resp.Body)
		if (err == nil) != complete || !bytes.Equal(body, wantBody) {
			rt.Fatalf("%q\nbody %q (%v), want %q, complete %v", out, body, err, wantBody, complete)
		}
		want["Date"], want["Server"] = []string{testDate}, []string{"tested"}
		length := resp.Header.Get("Content-Length")
		resp.Header.Del("Content-Length")
		resp.Header.Del("Connection")
		if !maps.EqualFunc(resp.Header, want, slices.Equal) {
			rt.Fatalf("%q\nfields %q, want %q", out, resp.Header, want)
		}
		reason := string(h.Reason)
		if reason == "" {
			reason = http1.StatusText(h.Status)
		}
		if _, got, _ := strings.Cut(resp.Status, " "); resp.StatusCode != h.Status || got != reason {
			rt.Fatalf("status %q, want %d %q", resp.Status, h.Status, reason)
		}
		chunked := len(resp.TransferEncoding) > 0
		if chunked && (strings.HasPrefix(kind, "1.0") || length != "" || noBody) {
			rt.Fatalf("%q: chunked", out)
		}
		if !complete {
			return
		}
		if resp.Close == e.Persist() {
			rt.Fatalf("%q: closes %v and persists %v", out, resp.Close, e.Persist())
		}
		rest, _ := io.ReadAll(r)
		if e.Persist() != strings.HasPrefix(string(rest), "HTTP/1.1 299 ") {
			rt.Fatalf("%q: persists %v, behind it %q", out, e.Persist(), rest)
		}
	})
}
