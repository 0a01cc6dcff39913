package wsgi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestWaysToRespond: all that PEP 3333 allows, for HTTP/1.1, HEAD and HTTP/1.0.
func TestWaysToRespond(t *testing.T) {
	s, _ := serve(t, "contract")
	for _, c := range []struct {
		target  string
		status  int
		body    string
		framing harness.Framing // of the answer to GET
	}{
		{"/plain", 200, "plain\n", harness.Length},
		{"/lazy", 200, "late start\n", ""},
		{"/empty", 200, "", ""},
		{"/empty-generator", 200, "", ""},
		{"/blanks", 200, "onetwo", ""},
		{"/write", 200, "written and returned\n", ""},
		{"/exc-info", 503, "replaced\n", ""},
		{"/latin-1", 200, "latin-1\n", ""},
		{"/cookies", 200, "cookies\n", ""},
		{"/status?status=201+Created", 201, "status\n", ""},
		{"/status?status=404+Not+Found", 404, "status\n", ""},
		{"/status?status=299+Own+Reason", 299, "status\n", ""},
		{"/status?status=503+Busy", 503, "status\n", ""},
		{"/no-body?status=204+No+Content", 204, "", harness.NoBody},
		{"/no-body?status=304+Not+Modified", 304, "", harness.NoBody},
		{"/sized?size=100000&length=yes", 200, pattern(100000), harness.Length},
		{"/sized?size=100000", 200, pattern(100000), harness.Chunked},
		{"/nowhere", 404, "no such path: '/nowhere'\n", harness.Length},
	} {
		conn := harness.Dial(t, s.Address())
		conn.Send(harness.Compose("GET", c.target, ""))
		res := conn.Expect("GET", c.status)
		if string(res.Body) != c.body {
			t.Errorf("GET %s: body %.200q (%d bytes)", c.target, res.Body, len(res.Body))
		}
		if c.framing != "" && res.Framing != c.framing {
			t.Errorf("GET %s: framing %s, expected %s", c.target, res.Framing, c.framing)
		}
		conn.Send(harness.Compose("HEAD", c.target, ""))
		head := conn.Expect("HEAD", c.status)
		if length := head.Get("Content-Length"); length != "" && length != fmt.Sprint(len(c.body)) {
			t.Errorf("HEAD %s: Content-Length %s for a body of %d bytes", c.target, length, len(c.body))
		}
		// HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
		conn.Send("GET " + c.target + " HTTP/1.0\r\n\r\n")
		old := conn.Expect("GET", c.status)
		if old.Framing == harness.Chunked || string(old.Body) != c.body {
			t.Errorf("HTTP/1.0 GET %s: framing %s, %d bytes", c.target, old.Framing, len(old.Body))
		}
		conn.ExpectEOF()
	}
}

// TestResponseFields: order and repetition survive, and the server adds only
// what it has to.
func TestResponseFields(t *testing.T) {
	s, _ := serve(t, "contract")
	res := get(t, s, "/cookies")
	var own []string
	for _, f := range res.Fields {
		if !slices.Contains([]string{"date", "server", "content-length", "transfer-encoding", "connection"}, strings.ToLower(f[0])) {
			own = append(own, f[0]+": "+f[1])
		}
	}
	want := []string{"Content-Type: text/plain; charset=utf-8", "Set-Cookie: a=1", "X-Between: x", "Set-Cookie: b=2; Path=/"}
	if !slices.Equal(own, want) {
		t.Errorf("fields %q, expected %q", own, want)
	}
	if res := get(t, s, "/latin-1"); res.Get("X-Latin") != "caf\xe9" {
		t.Errorf("latin-1 value arrives as %q", res.Get("X-Latin"))
	}
	if res := get(t, s, "/status?status=299+Own+Reason"); res.Reason != "Own Reason" {
		t.Errorf("reason %q", res.Reason)
	}
}

// TestBlockByBlock: each block is with the client before the application goes
// on: it waits for the client's word between two of them.
func TestBlockByBlock(t *testing.T) {
	s, gates := serve(t, "contract", "--threads", "1")
	for _, version := range []string{"1.1", "1.0"} {
		c := harness.Dial(t, s.Address())
		name := "v" + version
		c.Send("GET /blocks?count=5&name=" + name + " HTTP/" + version + "\r\nHost: test\r\n\r\n")
		stream := c.Stream("GET")
		for n := range 5 {
			if n > 0 {
				gates.Open(fmt.Sprintf("%s-%d", name, n))
			}
			stream.Until(fmt.Sprintf("block %d\n", n))
		}
		if err := stream.Rest(); err != nil {
			t.Errorf("HTTP/%s: the response did not end cleanly: %v", version, err)
		}
	}
}

// TestLargeDownload: ten megabytes with and without a length, in blocks small
// and large.
func TestLargeDownload(t *testing.T) {
	s, _ := serve(t, "contract")
	const size = 10_000_000
	want := digest(pattern(size))
	for _, target := range []string{"length=yes&block=65536", "block=65536", "block=5000", "length=yes&block=10000000"} {
		res := get(t, s, fmt.Sprintf("/sized?size=%d&%s", size, target))
		if len(res.Body) != size || digest(string(res.Body)) != want {
			t.Errorf("%s: %d bytes, sha256 right: %v", target, len(res.Body), digest(string(res.Body)) == want)
		}
	}
}

// TestStalledReaderHoldsNothingElse: a client that takes nothing of a large
// response keeps others from nothing.
func TestStalledReaderHoldsNothingElse(t *testing.T) {
	s, _ := serve(t, "contract", "--threads", "2")
	stalled := s.Dial()
	stalled.Send(harness.Compose("GET", "/sized?size=50000000&block=1000000", ""))
	stream := stalled.Stream("GET")
	stream.Until("0000000\n")
	for range 5 {
		if res := get(t, s, "/plain"); res.Status != 200 {
			t.Errorf("status %d beside a client that reads nothing", res.Status)
		}
	}
	if err := stream.Rest(); err != nil || len(stream.Body) != 50000000 {
		t.Errorf("the slow download ended after %d bytes: %v", len(stream.Body), err)
	}
}
