package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// lineOf is a request whose request line has n bytes without its CRLF.
func lineOf(n int) string {
	const rest = len("GET /echo? HTTP/1.1")
	return line("GET /echo?" + strings.Repeat("q", n-rest) + " HTTP/1.1")
}

// fieldOf is a field line of n bytes without its CRLF.
func fieldOf(n int) string {
	return "X-Field: " + strings.Repeat("v", n-len("X-Field: ")) + "\r\n"
}

// fieldsOf are n fields, Host among them.
func fieldsOf(n int) string {
	var lines strings.Builder
	for i := range n - 1 {
		fmt.Fprintf(&lines, "X-Field-%d: a\r\n", i)
	}
	return get("/echo", lines.String())
}

// TestDefaultLimits: the limits as they are without an option.
func TestDefaultLimits(t *testing.T) {
	runRows(t, []row{
		{name: "line of 8190", send: lineOf(8190), want: ok},
		{name: "line of 8191", send: lineOf(8191), want: []int{414}, closed: true},
		{name: "line of 100 KB", send: lineOf(100 << 10), want: []int{414}, closed: true},
		{name: "method of 9 KB", send: line(strings.Repeat("M", 9000) + " / HTTP/1.1"), anyOf: []int{400, 414, 501}, closed: true},
		{name: "field of 8190", send: get("/echo", fieldOf(8190)), want: ok},
		{name: "field of 8193", send: get("/echo", fieldOf(8193)), want: []int{431}, closed: true},
		{name: "field of 16 KB", send: get("/echo", fieldOf(16<<10)), want: []int{431}, closed: true},
		{name: "field of 2 MB", send: get("/echo", fieldOf(2<<20)), want: []int{431}, closed: true},
		{name: "name of 9 KB", send: get("/echo", strings.Repeat("N", 9000)+": a\r\n"), want: []int{431}, closed: true},
		{name: "100 fields", send: fieldsOf(100), want: ok},
		{name: "101 fields", send: fieldsOf(101), want: []int{431}, closed: true},
		{name: "200 fields", send: fieldsOf(200), want: []int{431}, closed: true},
		{name: "20000 fields", send: fieldsOf(20000), want: []int{431}, closed: true},
		{name: "head of 60 KB", send: get("/echo", strings.Repeat(fieldOf(6000), 10)), want: ok},
		{name: "head of 70 KB", send: get("/echo", strings.Repeat(fieldOf(7000), 10)), want: []int{431}, closed: true},
		{name: "body of 10 MiB", send: sized("/ignore", strings.Repeat("b", 10<<20)), want: ok},
		{name: "body of 10 MiB and a byte", send: post("/echo", strings.Repeat("b", 10<<20+1), "Content-Length: 10485761\r\n"), want: []int{413}, closed: true},
		{name: "length of 18 digits", send: post("/echo", "", "Content-Length: 999999999999999999\r\n"), want: []int{413}, closed: true},
	})
}

// TestLimitOptions: every limit moves with its option.
func TestLimitOptions(t *testing.T) {
	runRows(t, []row{
		{name: "line of 200", send: lineOf(200), want: ok},
		{name: "line of 201", send: lineOf(201), want: []int{414}, closed: true},
		{name: "field of 100", send: get("/echo", fieldOf(100)), want: ok},
		{name: "field of 103", send: get("/echo", fieldOf(103)), want: []int{431}, closed: true},
		{name: "5 fields", send: fieldsOf(5), want: ok},
		{name: "6 fields", send: fieldsOf(6), want: []int{431}, closed: true},
		{name: "body of 1000", send: sized("/echo", strings.Repeat("b", 1000)), want: ok, body: strings.Repeat("b", 1000)},
		{name: "body of 1001", send: sized("/echo", strings.Repeat("b", 1001)), want: []int{413}, closed: true},
		{name: "chunks of 1000", send: chunked(inChunks(strings.Repeat("b", 1000), 100) + "0\r\n\r\n"), want: ok, body: strings.Repeat("b", 1000)},
		{name: "chunks of 1001", send: chunked(inChunks(strings.Repeat("b", 1001), 100) + "0\r\n\r\n"), want: []int{413}, closed: true},
		{name: "one chunk too large", send: chunked("3e9\r\n" + strings.Repeat("b", 1001) + "\r\n0\r\n\r\n"), want: []int{413}, closed: true},
	}, "--limit-request-line", "200", "--limit-request-field-size", "100", "--limit-request-fields", "5", "--limit-request-body", "1000")
}

// TestUnlimitedBody: 0 takes the limit away.
func TestUnlimitedBody(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--limit-request-body", "0")
		const size = 20 << 20
		c := s.Dial()
		go c.Send(sized("/echo", strings.Repeat("b", size)))
		if e := decode(t, c.Expect("POST", 200)); e.Length != size {
			t.Errorf("the application has read %d bytes, expected %d", e.Length, size)
		}
	})
}

// TestStreamedBodyTooLarge: without buffering the application is in the middle
// of reading when the limit is passed. It sees an error; the client does not
// see a complete answer of success.
func TestStreamedBodyTooLarge(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--limit-request-body", "100000", "--request-buffering", "off")
		s.Allow("OSError|too large|body|limit")
		c := s.Dial()
		go c.Send(chunked(inChunks(strings.Repeat("b", 200_000), 5000) + "0\r\n\r\n" + probe))
		res, err := c.Read("POST")
		if err == nil && res.Status < 400 {
			t.Errorf("answered with %d", res.Status)
		} else if err != nil && !isCut(err) {
			t.Error(err)
		}
		c.ExpectClosed()
	})
}

// TestMaxConnections: connections beyond the limit do not reach the
// application, do not disturb the others, and are served once there is room.
func TestMaxConnections(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--max-connections", "4", "--keep-alive-timeout", "60")
		var open []*harness.Conn
		for range 4 {
			c := s.Dial()
			c.Send(get("/echo"))
			c.Expect("GET", 200)
			open = append(open, c)
		}
		extra := s.Dial()
		extra.Send(get("/echo/extra"))
		served := make(chan *harness.Response, 1)
		go func() {
			res, err := extra.Read("GET")
			if err != nil {
				res = nil // closed without an answer
			}
			served <- res
		}()
		for _, c := range open {
			c.Send(get("/echo"))
			c.Expect("GET", 200)
		}
		for _, c := range open {
			c.Close()
		}
		if res := <-served; res != nil && res.Status != 200 && res.Status != 503 {
			t.Errorf("the connection beyond the limit is answered with %d", res.Status)
		}
		extra.Close()
		if err := harness.Eventually(harness.Patience, func() error {
			c := harness.Dial(t, s.Address())
			defer c.Close()
			c.Send(get("/echo"))
			if res, err := c.Read("GET"); err != nil || res.Status != 200 {
				return fmt.Errorf("not served once there is room: %v, %+v", err, res)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}
