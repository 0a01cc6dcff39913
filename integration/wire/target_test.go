package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestTarget: RFC 9112 section 3.2. What the application sees as PATH_INFO is
// the target's path, decoded once, byte by byte.
func TestTarget(t *testing.T) {
	path := func(target, path string) row {
		return row{name: target, send: get(target), want: ok, environ: map[string]any{"PATH_INFO": path, "SCRIPT_NAME": "", "REQUEST_URI": target, "RAW_URI": target}}
	}
	rows := []row{
		path("/a/b", "/a/b"),
		path("/a%2Fb", "/a/b"),
		path("/a%252Fb", "/a%2Fb"),
		path("/a%20b+c", "/a b+c"),
		path("//a//b", "//a//b"),
		path("/a/../b", "/a/../b"),
		path("/a/%2e%2e/b", "/a/../b"),
		path("/a/./b/", "/a/./b/"),
		path("/%ff%fe", "/ÿþ"),
		path("/%c0%af", "/À¯"),
		path("/%e2%82%ac", "/â\u0082¬"),
		path("/%0d%0aX-Evil:%201", "/\r\nX-Evil: 1"),
		path("/%7Fa;b=c,d@e:f$!'()*", "/\x7fa;b=c,d@e:f$!'()*"),

		{name: "query", send: get("/a?b=%20&c=d/e?f"), want: ok, environ: map[string]any{"PATH_INFO": "/a", "QUERY_STRING": "b=%20&c=d/e?f"}},
		{name: "empty query", send: get("/a?"), want: ok, environ: map[string]any{"PATH_INFO": "/a", "QUERY_STRING": "", "REQUEST_URI": "/a?"}},
		{name: "question mark in the path", send: get("/a%3Fb"), want: ok, environ: map[string]any{"PATH_INFO": "/a?b", "QUERY_STRING": ""}},

		{name: "absolute", send: "GET http://test/a?b HTTP/1.1\r\nHost: test\r\n\r\n", want: ok, environ: map[string]any{"PATH_INFO": "/a", "QUERY_STRING": "b", "HTTP_HOST": "test"}},
		{name: "absolute, empty path", send: "GET http://test HTTP/1.1\r\nHost: test\r\n\r\n", want: ok},
		{name: "absolute without Host", send: "GET http://test/a HTTP/1.1\r\n\r\n", want: bad, closed: true},
		{name: "absolute with userinfo", send: "GET http://u@test/a HTTP/1.1\r\nHost: test\r\n\r\n", want: bad, closed: true},
		{name: "absolute, file", send: "GET file:///etc/passwd HTTP/1.1\r\nHost: test\r\n\r\n", want: bad, closed: true},
		{name: "absolute, no host", send: "GET http:///a HTTP/1.1\r\nHost: test\r\n\r\n", want: bad, closed: true},
		{name: "absolute, bad port", send: "GET http://test:xx/a HTTP/1.1\r\nHost: test\r\n\r\n", want: bad, closed: true},

		{name: "OPTIONS *", send: "OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n", want: ok},
		{name: "GET *", send: get("*"), want: bad, closed: true},
		{name: "GET authority", send: get("a:80"), want: bad, closed: true},
		{name: "GET word", send: get("foo"), want: bad, closed: true},
		{name: "GET ?", send: get("?a=b"), want: bad, closed: true},
		{name: "CONNECT", send: "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", anyOf: []int{405, 501}, closed: true},
		{name: "CONNECT path", send: "CONNECT /echo HTTP/1.1\r\nHost: a:80\r\n\r\n", anyOf: []int{400, 405, 501}, closed: true},

		{name: "fragment", send: get("/a#b"), want: bad, closed: true},
		{name: "fragment in the query", send: get("/a?b#c"), want: bad, closed: true},
		{name: "NUL", send: get("/a\x00b"), want: bad, closed: true},
		{name: "control character", send: get("/a\x01b"), want: bad, closed: true},
		{name: "DEL", send: get("/a\x7fb"), want: bad, closed: true},
		{name: "%zz", send: get("/a%zz"), want: bad, closed: true},
		{name: "%2", send: get("/a%2"), want: bad, closed: true},
		{name: "%", send: get("/%"), want: bad, closed: true},
		{name: "%00", send: get("/a%00b"), want: bad, closed: true},
		{name: "leaves the root", send: get("/../../etc/passwd"), want: bad, closed: true},
		{name: "leaves the root, encoded", send: get("/%2e%2e/etc/passwd"), want: bad, closed: true},
		{name: "leaves the root, later", send: get("/a/../../b"), want: bad, closed: true},
		{name: "leaves the root, encoded slash", send: get("/..%2fetc/passwd"), want: bad, closed: true},
	}
	runRows(t, rows)
}

// TestAbsoluteOtherHost: the target's authority replaces the Host field (RFC
// 9112 section 3.2.2), or the contradiction is refused.
func TestAbsoluteOtherHost(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		c := start(t, v).Dial()
		c.Send("GET http://target:81/a HTTP/1.1\r\nHost: field\r\n\r\n")
		switch res := c.Final("GET"); res.Status {
		case 200:
			if host := decode(t, res).Environ["HTTP_HOST"]; host != "target:81" {
				t.Errorf("HTTP_HOST is %q, expected the target's authority", host)
			}
		case 400:
			c.ExpectClosed()
		default:
			t.Errorf("answered with %d", res.Status)
		}
	})
}

// TestHighBytesInTarget: bytes beyond ASCII have to be percent-encoded. They
// are refused, or passed as they are; never encoded anew.
func TestHighBytesInTarget(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		for _, target := range []string{"/a\xffb", "/\xe2\x82\xac", "/a?\xc3\xa9"} {
			c := harness.Dial(t, s.Address())
			c.Send(get(target))
			switch res := c.Final("GET"); res.Status {
			case 200:
				e := decode(t, res).Environ
				if sent := e["PATH_INFO"].(string) + "?" + e["QUERY_STRING"].(string); !strings.HasPrefix(sent, latin1(target)) {
					t.Errorf("%q became %q", target, sent)
				}
			case 400:
				c.ExpectClosed()
			default:
				t.Errorf("%q is answered with %d", target, res.Status)
			}
		}
	})
}

// TestPathBytes sends every byte percent-encoded: PATH_INFO holds exactly that
// byte as latin-1, REQUEST_URI what was sent.
func TestPathBytes(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		c := s.Dial()
		for b := 1; b < 256; b++ {
			for _, format := range []string{"/x%%%02x", "/x%%%02X"} {
				target := fmt.Sprintf(format, b)
				c.Send(get(target))
				e := decode(t, c.Expect("GET", 200)).Environ
				if want := "/x" + latin1(string([]byte{byte(b)})); e["PATH_INFO"] != want {
					t.Errorf("%s: PATH_INFO is %q, expected %q", target, e["PATH_INFO"], want)
				}
				if e["REQUEST_URI"] != target {
					t.Errorf("%s: REQUEST_URI is %q", target, e["REQUEST_URI"])
				}
			}
		}
		c.Send(get("/x%00"))
		c.Expect("GET", 400)
	})
}

// latin1 is the text that bytes are as latin-1, as in an environ.
func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// TestHost: RFC 9112 section 3.2 and RFC 9110 section 7.2.
func TestHost(t *testing.T) {
	host := func(h string) string { return "GET /echo HTTP/1.1\r\nHost: " + h + "\r\n\r\n" }
	rows := []row{
		{name: "missing", send: "GET /echo HTTP/1.1\r\n\r\n", want: bad, closed: true},
		{name: "two", send: "GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", want: bad, closed: true},
		{name: "two, equal", send: "GET /echo HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", want: bad, closed: true},
	}
	for _, h := range []string{"a", "a.example", "a:80", "A.Example:8080", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:80", "a-b.c", "xn--bcher-kva.example"} {
		rows = append(rows, row{name: "good " + h, send: host(h), want: ok, environ: map[string]any{"HTTP_HOST": h}})
	}
	for _, h := range []string{"", "a b", "u@a", "a/b", "a,b", "a:xx", "\xff", "a:80:80", "a:-1", "a:99999", "[::1", "::1]", "[::g]", "a?b", "a#b", "a\\b", "http://a", "a\x01", "a\tb", "<a>", "[::1]x"} {
		rows = append(rows, row{name: fmt.Sprintf("bad %q", h), send: host(h), want: bad, closed: true})
	}
	runRows(t, rows)
}
