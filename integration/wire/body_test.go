package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestBodies: what the application reads is what was sent, whatever its size
// and framing, and the next request is found behind it.
func TestBodies(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		for _, args := range [][]string{nil, {"--request-buffering", "off"}} {
			s := start(t, v, args...)
			for _, size := range []int{1, 1000, 65535, 65536, 65537, 300_000, 10 << 20} {
				body := pattern(size)
				for _, framed := range []struct{ name, send string }{
					{"length", sized("/echo", body)},
					{"chunks", chunked(inChunks(body, 8000) + "0\r\n\r\n")},
					{"one chunk", chunked(inChunks(body, size) + "0\r\n\r\n")},
				} {
					t.Run(fmt.Sprintf("%d bytes, %s, %v", size, framed.name, args), func(t *testing.T) {
						c := harness.Dial(t, s.Address())
						go c.Send(framed.send + probe)
						e := decode(t, c.Expect("POST", 200))
						if e.Length != size || !strings.HasPrefix(body, e.Body) {
							t.Errorf("the application has read %d bytes, expected %d, or other ones", e.Length, size)
						}
						if e := decode(t, c.Expect("GET", 200)); e.Environ["PATH_INFO"] != "/probe" {
							t.Errorf("the request behind was read as %q", e.Environ["PATH_INFO"])
						}
					})
				}
			}
		}
	})
}

// pattern is a body in which no part looks like another.
func pattern(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%d\r\n", i)
	}
	return b.String()[:size]
}

func inChunks(body string, size int) string {
	var b strings.Builder
	for len(body) > 0 {
		piece := body[:min(size, len(body))]
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(piece), piece)
		body = body[len(piece):]
	}
	return b.String()
}

// TestUnreadBody: an application that ignores its input. The next request is
// answered, or the connection is closed; the body is never read as a request.
func TestUnreadBody(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		for _, args := range [][]string{nil, {"--request-buffering", "off"}} {
			s := start(t, v, args...)
			for _, test := range []struct {
				size int
				kept bool // has to be kept
			}{{1 << 10, true}, {64 << 10, true}, {10 << 20, false}} {
				// The body is full of requests, for whoever takes it for some.
				evil := strings.Repeat("GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n", test.size/34+1)[:test.size]
				for _, framed := range []struct{ name, send string }{
					{"length", sized("/ignore", evil)},
					{"chunks", post("/ignore", inChunks(evil, 4000)+"0\r\n\r\n", "Transfer-Encoding: chunked\r\n")},
				} {
					t.Run(fmt.Sprintf("%d bytes, %s, %v", test.size, framed.name, args), func(t *testing.T) {
						before := calls(t, s)
						c := harness.Dial(t, s.Address())
						go c.Send(framed.send + probe)
						first := c.Expect("POST", 200)
						if string(first.Body) != "ignored" {
							t.Fatalf("answered with %.100q", first.Body)
						}
						want := 2
						if res, err := c.Read("GET"); err == nil {
							if e := decode(t, res); e.Environ["PATH_INFO"] != "/probe" {
								t.Errorf("the request behind was read as %q", e.Environ["PATH_INFO"])
							}
						} else if want = 1; !isCut(err) || test.kept {
							t.Errorf("the request behind is not answered: %v", err)
						} else if !first.Closes() && framed.name == "length" {
							// With chunks nobody knows before how much is to come.
							t.Error("the connection was closed with a request on it, and the answer before has not announced it")
						}
						if n := calls(t, s) - before; n != want {
							t.Errorf("the application was called %d times, expected %d", n, want)
						}
					})
				}
			}
		}
	})
}

// TestDirtyConnection: a body whose framing breaks while the application reads
// it, and an application that hides the error. Its answer may arrive; the
// connection is not used again.
func TestDirtyConnection(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		for _, args := range [][]string{nil, {"--request-buffering", "off"}} {
			s := start(t, v, args...)
			for _, broken := range []string{
				"5\r\nhello\r\nXX\r\n",
				"5\r\nhelloXX0\r\n\r\n",
				"5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n",
				"ffffffffffffffffff\r\n",
			} {
				before := calls(t, s)
				c := harness.Dial(t, s.Address())
				c.Send(post("/swallow", broken, "Transfer-Encoding: chunked\r\n") + probe)
				res, err := c.Read("POST")
				switch {
				case isCut(err):
					// Closed without an answer: nothing was promised.
				case err != nil:
					t.Errorf("%q: %v", broken, err)
				case res.Status != 200 && res.Status != 400 && res.Status != 413:
					t.Errorf("%q is answered with %d", broken, res.Status)
				case !res.Closes():
					t.Errorf("%q: the answer (%d) does not announce the close", broken, res.Status)
				default:
					c.ExpectClosed()
				}
				if n := calls(t, s) - before; n > 1 {
					t.Errorf("%q: the request behind the broken one has reached the application", broken)
				}
			}
			s.Allow("chunk|body|framing|trailer")
		}
	})
}
