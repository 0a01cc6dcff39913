package wire_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestFieldLines: RFC 9112 section 5.
func TestFieldLines(t *testing.T) {
	with := func(lines string) string { return "GET /echo HTTP/1.1\r\nHost: test\r\n" + lines + "\r\n" }
	seen := func(value string) map[string]any { return map[string]any{"HTTP_X_FIELD": value} }
	runRows(t, []row{
		{name: "plain", send: with("X-Field: a\r\n"), want: ok, environ: seen("a")},
		{name: "no white space", send: with("X-Field:a\r\n"), want: ok, environ: seen("a")},
		{name: "white space around", send: with("X-Field: \t a b\t \r\n"), want: ok, environ: seen("a b")},
		{name: "empty value", send: with("X-Field:\r\n"), want: ok, environ: seen("")},
		{name: "colons in the value", send: with("X-Field: a:b:c\r\n"), want: ok, environ: seen("a:b:c")},
		{name: "tab in the value", send: with("X-Field: a\tb\r\n"), want: ok, environ: seen("a\tb")},
		{name: "high bytes in the value", send: with("X-Field: \x80\xe9\xff\r\n"), want: ok, environ: seen("\u0080éÿ")},
		{name: "UTF-8 in the value", send: with("X-Field: \xe2\x82\xac\r\n"), want: ok, environ: seen("â\u0082¬")},
		{name: "NBSP is no white space", send: with("X-Field: \xa0a\xa0\r\n"), want: ok, environ: seen("\u00a0a\u00a0")},
		{name: "token characters in the name", send: with("X!#$%&'*+-.^`|~9: a\r\n"), want: ok},

		{name: "all lines end in LF", send: "GET /echo HTTP/1.1\nHost: test\n\n", want: bad, closed: true},
		{name: "one line ends in LF", send: with("X-Field: a\n"), want: bad, closed: true},
		{name: "last line ends in LF", send: "GET /echo HTTP/1.1\r\nHost: test\r\nX-Field: a\r\n\n", want: bad, closed: true},
		{name: "CR in the value", send: with("X-Field: a\rb\r\n"), want: bad, closed: true},
		{name: "CR before CRLF", send: with("X-Field: a\r\r\n"), want: bad, closed: true},
		{name: "CR in the name", send: with("X-Fi\reld: a\r\n"), want: bad, closed: true},
		{name: "NUL in the value", send: with("X-Field: a\x00b\r\n"), want: bad, closed: true},
		{name: "BEL in the value", send: with("X-Field: a\x07b\r\n"), want: bad, closed: true},
		{name: "ESC in the value", send: with("X-Field: a\x1bb\r\n"), want: bad, closed: true},
		{name: "VT in the value", send: with("X-Field: a\vb\r\n"), want: bad, closed: true},
		{name: "DEL in the value", send: with("X-Field: a\x7fb\r\n"), want: bad, closed: true},
		{name: "folded with a space", send: with("X-Field: a\r\n b\r\n"), want: bad, closed: true},
		{name: "folded with a tab", send: with("X-Field: a\r\n\tb\r\n"), want: bad, closed: true},
		{name: "folded and empty", send: with("X-Field: a\r\n \r\n"), want: bad, closed: true},
		{name: "space before the first field", send: "GET /echo HTTP/1.1\r\n Host: test\r\n\r\n", want: bad, closed: true},
		{name: "space before the colon", send: with("X-Field : a\r\n"), want: bad, closed: true},
		{name: "tab before the colon", send: with("X-Field\t: a\r\n"), want: bad, closed: true},
		{name: "space in the name", send: with("X Field: a\r\n"), want: bad, closed: true},
		{name: "empty name", send: with(": a\r\n"), want: bad, closed: true},
		{name: "no colon", send: with("X-Field\r\n"), want: bad, closed: true},
		{name: "[ in the name", send: with("X[Field: a\r\n"), want: bad, closed: true},
		{name: "/ in the name", send: with("X/Field: a\r\n"), want: bad, closed: true},
		{name: "0xdf in the name", send: with("X\xdfField: a\r\n"), want: bad, closed: true},
		{name: "NUL in the name", send: with("X\x00Field: a\r\n"), want: bad, closed: true},
		{name: "quote in the name", send: with("\"X-Field\": a\r\n"), want: bad, closed: true},
	})
}

// TestEnviron: what becomes of fields that come twice, that name the same
// variable, or that no client may set.
func TestEnviron(t *testing.T) {
	runRows(t, []row{
		{name: "underscore is dropped", send: get("/echo", "X_Field: a\r\n"), want: ok, environ: map[string]any{"HTTP_X_FIELD": nil}},
		{name: "underscore behind a dash", send: get("/echo", "X-Field: dash\r\n", "X_Field: underscore\r\n"), want: ok, environ: map[string]any{"HTTP_X_FIELD": "dash"}},
		{name: "underscore before a dash", send: get("/echo", "X_Field: underscore\r\n", "X-Field: dash\r\n"), want: ok, environ: map[string]any{"HTTP_X_FIELD": "dash"}},
		{name: "Content_Length", send: get("/echo", "Content_Length: 5\r\n"), want: ok, environ: map[string]any{"HTTP_CONTENT_LENGTH": nil}},
		{name: "Content_Type", send: get("/echo", "Content_Type: a/b\r\n"), want: ok, environ: map[string]any{"HTTP_CONTENT_TYPE": nil}},
		{name: "duplicates are joined", send: get("/echo", "X-Field: a\r\n", "X-Field: b\r\n", "x-field: c\r\n"), want: ok, environ: map[string]any{"HTTP_X_FIELD": "a, b, c"}},
		{name: "cookies are joined as cookies", send: get("/echo", "Cookie: a=1\r\n", "Cookie: b=2\r\n"), want: ok, environ: map[string]any{"HTTP_COOKIE": "a=1; b=2"}},
		{name: "two content types", send: post("/echo", "", "Content-Type: a/b\r\n", "Content-Type: c/d\r\n", "Content-Length: 0\r\n"), want: bad, closed: true},
		{name: "content type", send: sized("/echo", "hello", "Content-Type: a/b; c=d\r\n"), want: ok, body: "hello", environ: map[string]any{"CONTENT_TYPE": "a/b; c=d", "HTTP_CONTENT_TYPE": nil, "HTTP_CONTENT_LENGTH": nil}},
		{name: "no content type is invented", send: sized("/echo", "hello"), want: ok, environ: map[string]any{"HTTP_CONTENT_TYPE": nil, "HTTP_CONTENT_LENGTH": nil}},
		{name: "Proxy", send: get("/echo", "Proxy: http://evil\r\n"), want: ok, environ: map[string]any{"HTTP_PROXY": nil}},
		{name: "PROXY", send: get("/echo", "PROXY: http://evil\r\n"), want: ok, environ: map[string]any{"HTTP_PROXY": nil}},
		{name: "Remote-User", send: get("/echo", "Remote-User: root\r\n"), want: ok, environ: map[string]any{"REMOTE_USER": nil}},
		{name: "Https", send: get("/echo", "Https: on\r\n"), want: ok, environ: map[string]any{"HTTPS": nil, "wsgi.url_scheme": "http"}},
		{name: "Script-Name", send: get("/echo", "Script-Name: /evil\r\n"), want: ok, environ: map[string]any{"SCRIPT_NAME": ""}},
		{name: "Path-Info", send: get("/echo", "Path-Info: /evil\r\n"), want: ok, environ: map[string]any{"PATH_INFO": "/echo"}},
		{name: "Request-Method", send: get("/echo", "Request-Method: EVIL\r\n"), want: ok, environ: map[string]any{"REQUEST_METHOD": "GET"}},
		{name: "authorization reaches the application", send: get("/echo", "Authorization: Basic YTpi\r\n"), want: ok, environ: map[string]any{"HTTP_AUTHORIZATION": "Basic YTpi", "REMOTE_USER": nil}},
		{name: "h2c upgrade is ignored", send: get("/echo", "Connection: Upgrade, HTTP2-Settings\r\n", "Upgrade: h2c\r\n", "HTTP2-Settings: AAMAAABkAAQAAP__\r\n"), want: ok},
		{name: "websocket upgrade is not done", send: get("/echo", "Connection: Upgrade\r\n", "Upgrade: websocket\r\n", "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), want: ok},
	})
}

// TestForwardedTwice: the list keeps its order or does not arrive at all; which
// of the two is a matter of trust, never of chance.
func TestForwardedTwice(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		c := start(t, v).Dial()
		for range 20 {
			c.Send(get("/echo", "X-Forwarded-For: 192.0.2.1\r\n", "X-Forwarded-For: 192.0.2.2\r\n"))
			e := decode(t, c.Expect("GET", 200)).Environ
			if got, there := e["HTTP_X_FORWARDED_FOR"]; there && got != "192.0.2.1, 192.0.2.2" {
				t.Errorf("HTTP_X_FORWARDED_FOR is %q", got)
			}
			if e["REMOTE_ADDR"] != "127.0.0.1" {
				t.Errorf("REMOTE_ADDR is %q, expected the peer's", e["REMOTE_ADDR"])
			}
		}
	})
}

// TestSpellings sends every spelling of a name that folds to the same variable:
// the application sees the one with dashes, whatever the order.
func TestSpellings(t *testing.T) {
	names := []string{"X-Forwarded-Proto", "X-Real-Ip", "X-Request-Id", "X-Auth-User", "X-Api-Key", "Accept-Language", "If-None-Match", "User-Agent",
		"X-A-B", "X-Script-Name", "X-Original-Url", "X-Csrf-Token", "Accept-Encoding", "If-Modified-Since", "X-Client-Cert", "X-Http-Method-Override",
		"X-Amzn-Trace-Id", "X-B3-Traceid", "Last-Event-Id", "X-Requested-With"}
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		c := start(t, v).Dial()
		for _, name := range names {
			underscored := strings.ReplaceAll(name, "-", "_")
			mixed := strings.Replace(name, "-", "_", 1)
			for i := range 10 {
				lines := []string{name + ": dash\r\n", underscored + ": evil\r\n", mixed + ": evil\r\n", strings.ToUpper(underscored) + ": evil\r\n"}
				// Another order each time.
				lines = append(lines[i%4:], lines[:i%4]...)
				c.Send(get("/echo", lines...))
				key := "HTTP_" + strings.ToUpper(underscored)
				if got, there := decode(t, c.Expect("GET", 200)).Environ[key]; there && got != "dash" || !there && !mayBeRemoved(name) {
					t.Errorf("%q: %s is %q (there: %v), expected the one with dashes", lines, key, got, there)
				}
			}
		}
	})
}

// mayBeRemoved are fields that come from a proxy or not at all.
func mayBeRemoved(name string) bool {
	return slices.Contains([]string{"X-Forwarded-Proto", "X-Real-Ip", "X-Script-Name", "X-Original-Url"}, name)
}

// TestConnectionField: RFC 9110 section 7.6.1; options are a list in any case.
func TestConnectionField(t *testing.T) {
	var rows []row
	for _, value := range []string{"close", "Close", "CLOSE", "foo, close", "close, foo", "foo,close", "keep-alive, close", ", close"} {
		rows = append(rows, row{name: "closed by " + value, send: get("/echo", "Connection: "+value+"\r\n"), want: ok, closed: true})
	}
	for _, value := range []string{"keep-alive", "foo", "xclose", "closed", "", "Keep-Alive, foo"} {
		rows = append(rows, row{name: fmt.Sprintf("kept with %q", value), send: get("/echo", "Connection: "+value+"\r\n"), want: ok})
	}
	rows = append(rows, row{name: "two lines", send: get("/echo", "Connection: foo\r\n", "Connection: close\r\n"), want: ok, closed: true})
	runRows(t, rows)
}
