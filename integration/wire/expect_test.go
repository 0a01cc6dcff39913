package wire_test

import (
	"fmt"
	"testing"

	"modwsgi-express/integration/harness"
)

const expect = "Expect: 100-continue\r\n"

// TestExpectTable: RFC 9110 section 10.1.1, the cases without a wait.
func TestExpectTable(t *testing.T) {
	runRows(t, []row{
		{name: "unknown", send: sized("/echo", "hello", "Expect: 200-ok\r\n"), want: []int{417}, closed: true},
		{name: "unknown beside the known", send: sized("/echo", "hello", expect, "Expect: 200-ok\r\n"), want: []int{417}, closed: true},
		{name: "on HTTP/1.0", send: "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\n" + expect + "\r\nhello", want: ok, body: "hello"},
		{name: "without a body", send: get("/echo", expect), want: ok},
		{name: "with an empty body", send: sized("/echo", "", expect), want: ok},
		{name: "refused head", send: post("/echo", "", "Content-Length: x\r\n", expect), want: bad, closed: true},
		{name: "too large", send: post("/echo", "", "Content-Length: 99999999999\r\n", expect), want: []int{413}, closed: true},
	})
}

// TestExpectLateReader: 100 Continue goes out when the application reads, not
// before, once, and not again.
func TestExpectLateReader(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		for i, body := range []string{"hello", pattern(200_000)} {
			gate := fmt.Sprintf("?name=late-%d", i)
			c := s.Dial()
			c.Send(post("/gate/read"+gate, "", fmt.Sprintf("Content-Length: %d\r\n", len(body)), expect))
			if res := s.Get("/gate/reached" + gate); string(res.Body) != "reached" {
				t.Fatalf("the application was not called while the client waits for 100: %q", res.Body)
			}
			c.ExpectSilence()
			s.Get("/gate/open" + gate)
			if res := c.Expect("POST", 100); len(res.Values("Connection")) != 0 {
				t.Errorf("100 Continue with fields %q", res.Fields)
			}
			c.Send(body + probe)
			if e := decode(t, c.Expect("POST", 200)); e.Length != len(body) {
				t.Errorf("the application has read %d bytes, expected %d", e.Length, len(body))
			}
			c.Expect("GET", 200)
		}
	})
}

// TestExpectChunked is the same for a body of unknown length.
func TestExpectChunked(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		c := start(t, v).Dial()
		c.Send(post("/echo", "", "Transfer-Encoding: chunked\r\n", expect))
		c.Expect("POST", 100)
		c.Send("5\r\nhello\r\n0\r\n\r\n" + probe)
		if e := decode(t, c.Expect("POST", 200)); e.Body != "hello" {
			t.Errorf("the application has read %q", e.Body)
		}
		c.Expect("GET", 200)
	})
}

// TestExpectImpatient: a client that asks and does not wait (RFC 9110 section
// 10.1.1). It may get a 100 before the answer, and never one after it.
func TestExpectImpatient(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		c := start(t, v).Dial()
		c.Send(sized("/echo", "hello", expect) + probe)
		if e := decode(t, c.Final("POST")); e.Body != "hello" {
			t.Errorf("the application has read %q", e.Body)
		}
		c.Expect("GET", 200)
	})
}

// TestExpectNeverRead: the application answers without reading. There is no
// 100, and the connection ends: nobody can know whether the body will come.
func TestExpectNeverRead(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		for _, sends := range []bool{false, true} {
			before := calls(t, s)
			c := s.Dial()
			if c.Send(post("/ignore", "", "Content-Length: 5\r\n", expect)); sends {
				c.Send("hello" + probe)
			}
			if res := c.Expect("POST", 200); !res.Closes() {
				t.Errorf("client sends its body %v: the answer does not announce the close", sends)
			}
			c.ExpectClosed()
			if n := calls(t, s) - before; n != 1 {
				t.Errorf("client sends its body %v: the application was called %d times, expected once", sends, n)
			}
		}
	})
}

// TestExpectTooLarge: the refusal takes the place of 100 Continue.
func TestExpectTooLarge(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--limit-request-body", "1000")
		c := s.Dial()
		c.Send(post("/echo", "", "Content-Length: 1001\r\n", expect))
		c.Expect("POST", 413)
		c.ExpectClosed()
	})
}
