package oracle_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"modwsgi-express/integration/harness"
)

// request is one of the two hundred. Its class says what is special about it,
// so that a difference can be allowed there and nowhere else.
type request struct {
	class  string
	method string
	raw    string
}

var targets = []struct{ class, target string }{
	{"root", "/"},
	{"path", "/a/b/c"},
	{"trailing slash", "/a/b/"},
	{"query", "/search?q=python&lang=en"},
	{"empty query", "/search?"},
	{"query without value", "/search?flag"},
	{"encoded query", "/search?q=caf%C3%A9+au%20lait&x=%26%3D"},
	{"question in query", "/a?b?c=d"},
	{"slash in query", "/a?next=/b/c"},
	{"encoded space", "/with%20space"},
	{"plus in path", "/a+b"},
	{"utf-8", "/caf%C3%A9/%E2%82%AC"},
	{"latin-1 bytes", "/%ff%fe"},
	{"encoded slash", "/a%2Fb"},
	{"encoded percent", "/a%25b"},
	{"twice encoded", "/a%252Fb"},
	{"lower-case escape", "/%c3%a9"},
	{"semicolon", "/a;p=1/b;q"},
	{"sub-delimiters", "/!$&'()*+,;=:@-._~"},
	{"double slash", "/a//b"},
	{"leading double slash", "//a/b"},
	{"dot segments", "/a/./b/../c"},
	{"long path", "/" + strings.Repeat("segment/", 60)},
	{"long query", "/?" + strings.Repeat("key=value&", 60)},
	{"absolute form", "http://test/absolute?x=1"},
}

var fields = [][]string{
	nil,
	{"User-Agent: oracle/1", "Accept: text/html;q=0.9, */*"},
	{"Accept-Language: de, en;q=0.5", "Accept-Encoding: gzip, br"},
	{"Cookie: a=1; b=2"},
	{"Authorization: Basic dXNlcjpwYXNz"},
	{"Referer: http://test/from?x=1", "Origin: http://test"},
	{"X-Requested-With: XMLHttpRequest", "X-Custom-Field: some value"},
	{"If-None-Match: \"abc\"", "If-Modified-Since: Sat, 01 Jan 2022 00:00:00 GMT", "Cache-Control: no-cache"},
	{"Range: bytes=0-99"},
	{"X-Spaces:    around   ", "X-Empty:"},
	{"X-Repeated: one", "X-Repeated: two"},
	{"X-Latin: caf\xe9"},
	{"x-lower-case: v", "X-UPPER-CASE: V", "X-9-Digits-0: v"},
}

var bodies = []struct{ class, kind, body string }{
	{"form", "application/x-www-form-urlencoded", "a=1&b=caf%C3%A9"},
	{"json", "application/json", `{"a": [1, 2, 3]}`},
	{"multipart", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n"},
	{"empty", "text/plain", ""},
	{"binary", "application/octet-stream", "\x00\xff\r\n\r\n\x00"},
	{"large", "application/octet-stream", strings.Repeat("0123456789abcdef", 20000)},
}

const count = 200

// requests makes the table: each target once, then a random but fixed mix of
// methods, targets, fields and bodies.
func requests() []request {
	random := rand.New(rand.NewPCG(3, 14))
	var all []request
	for _, t := range targets {
		all = append(all, request{t.class, "GET", harness.Compose("GET", t.target, "")})
	}
	for i, f := range fields {
		all = append(all, request{fmt.Sprintf("fields %d", i), "GET", harness.Compose("GET", "/fields", "", f...)})
	}
	for len(all) < count {
		t := targets[random.IntN(len(targets))]
		f := fields[random.IntN(len(fields))]
		if random.IntN(3) == 0 {
			method := []string{"GET", "DELETE", "OPTIONS"}[random.IntN(3)]
			all = append(all, request{t.class + ", " + method, method, harness.Compose(method, t.target, "", f...)})
			continue
		}
		method := []string{"POST", "PUT", "PATCH"}[random.IntN(3)]
		b := bodies[random.IntN(len(bodies))]
		f = append([]string{"Content-Type: " + b.kind}, f...)
		if random.IntN(4) == 0 {
			raw := harness.ComposeChunked(method, t.target, b.body, 1+random.IntN(5000), f...)
			all = append(all, request{t.class + ", chunked " + b.class, method, raw})
			continue
		}
		raw := harness.Compose(method, t.target, b.body, f...)
		if !strings.Contains(raw, "Content-Length") { // a PATCH without a body
			raw = strings.Replace(raw, "\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n", 1)
		}
		all = append(all, request{t.class + ", " + b.class, method, raw})
	}
	return all
}
