package wire_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

func stateOf(t *testing.T, s *harness.Server) map[string]int {
	t.Helper()
	var state map[string]int
	if err := json.Unmarshal(s.Get("/state").Body, &state); err != nil {
		t.Fatalf("decode the state of the application: %v", err)
	}
	return state
}

// TestHalfClosed: a client that has said everything and still listens.
func TestHalfClosed(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		t.Run("after a request", func(t *testing.T) {
			c := harness.Dial(t, s.Address())
			c.Send(get("/echo"))
			c.CloseWrite()
			c.Expect("GET", 200)
			c.ExpectEOF()
		})
		t.Run("while the application works", func(t *testing.T) {
			c := harness.Dial(t, s.Address())
			c.Send(get("/gate/wait?name=half"))
			c.CloseWrite()
			s.Get("/gate/reached?name=half")
			s.Get("/gate/open?name=half")
			if res := c.Expect("GET", 200); string(res.Body) != "waited" {
				t.Errorf("answered with %q", res.Body)
			}
			c.ExpectEOF()
		})
		t.Run("after a pipeline", func(t *testing.T) {
			c := harness.Dial(t, s.Address())
			c.Send(get("/echo") + sized("/echo", "hello") + get("/big?n=3000000"))
			c.CloseWrite()
			c.Expect("GET", 200)
			c.Expect("POST", 200)
			if res := c.Expect("GET", 200); len(res.Body) != 3000000 {
				t.Errorf("the body has %d bytes", len(res.Body))
			}
			c.ExpectEOF()
		})
		for name, part := range map[string]string{
			"in a request line": "GET /echo HT",
			"in a head":         "GET /echo HTTP/1.1\r\nHost: test\r\n",
			"in a body":         post("/echo", "hel", "Content-Length: 5\r\n"),
			"in a chunk":        chunked("5\r\nhel"),
			"in the last chunk": chunked("5\r\nhello\r\n0\r\n"),
			"before a body":     post("/echo", "", "Content-Length: 5\r\n"),
		} {
			t.Run(name, func(t *testing.T) {
				before := calls(t, s)
				c := harness.Dial(t, s.Address())
				c.Send(part)
				c.CloseWrite()
				res, err := c.Read("GET")
				if err == nil && res.Status != 400 && res.Status != 408 {
					t.Errorf("answered with %d", res.Status)
				} else if err != nil && !isCut(err) {
					t.Error(err)
				}
				c.ExpectClosed()
				if n := calls(t, s) - before; n != 0 {
					t.Errorf("half a request has reached the application")
				}
			})
		}
	})
}

// TestDisconnect: clients that reset their connection somewhere in a request
// or its response. Threads come free, every iterable is closed, and the log is
// not flooded.
func TestDisconnect(t *testing.T) {
	const clients = 200
	requests := []string{
		get("/big?n=2000000"), get("/endless"), get("/unknown-length?n=5000"), get("/echo"),
		sized("/echo", pattern(200_000)), chunked(inChunks(pattern(50_000), 1000) + "0\r\n\r\n"),
		sized("/ignore", pattern(200_000)), get("/echo") + get("/big?n=500000"),
	}
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		for _, args := range [][]string{nil, {"--request-buffering", "off"}} {
			s := start(t, v, args...)
			from := s.Log.Len()
			atOnce(t, clients, func(t *testing.T, i int) {
				random := rand.New(rand.NewPCG(uint64(i), 0)) // the same points in every run
				request := requests[i%len(requests)]
				c := harness.Dial(t, s.Address())
				if i%2 == 0 {
					c.Send(request[:1+random.IntN(len(request))])
				} else {
					c.Send(request)
					c.Skip(random.IntN(100))
				}
				c.Reset()
			})
			awaitAllClosed(t, s)
			if lines := s.Log.Len() - from; lines > 2*clients {
				t.Errorf("%d clients that went away have made %d lines of log", clients, lines)
			}
		}
	})
}

// TestStalledClients: clients that stop in a head, in a body, or in reading,
// four for each thread, do not keep the others waiting.
func TestStalledClients(t *testing.T) {
	const threads = 2
	stalls := map[string]string{
		"silent":      "",
		"in a head":   "POST /echo HTTP/1.1\r\nHost: test\r\n",
		"in a body":   post("/echo", "hel", "Content-Length: 50000\r\n"),
		"in a chunk":  chunked("ffff\r\nhel"),
		"large body":  post("/echo", strings.Repeat("b", 100_000), "Content-Length: 500000\r\n"),
		"in reading":  get("/big?n=900000"),
		"second head": get("/echo") + "GET /echo",
	}
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		for name, send := range stalls {
			t.Run(name, func(t *testing.T) {
				s := start(t, v, "--threads", fmt.Sprint(threads))
				for range 4 * threads {
					s.Dial().Send(send)
				}
				for range 20 {
					if res := s.Get("/echo"); res.Status != 200 {
						t.Errorf("a normal request is answered with %d", res.Status)
					}
				}
			})
		}
	})
}
