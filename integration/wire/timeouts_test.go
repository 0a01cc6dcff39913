package wire_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"modwsgi-express/integration/harness"
)

// short are limits that a test can wait for. What is asserted is that the
// server acts and how, never how soon.
var short = []string{
	"--header-timeout", "1", "--header-max-timeout", "2",
	"--body-timeout", "1", "--body-max-timeout", "2",
	"--keep-alive-timeout", "1",
}

// TestClientTimeouts: clients that stop in the middle, or go on too slowly.
func TestClientTimeouts(t *testing.T) {
	tests := []struct {
		name string
		send string
		drip string // sent again and again until the server has had enough
		// first is an answer before the one that the limit brings; cut is that
		// one, 0 for none: there was nothing to answer.
		first, cut int
	}{
		{name: "silent", cut: 0},
		{name: "half a request line", send: "GET /echo HT", cut: 408},
		{name: "half a head", send: "GET /echo HTTP/1.1\r\nHost: test\r\n", cut: 408},
		{name: "head without its last byte", send: "GET /echo HTTP/1.1\r\nHost: test\r\n\r", cut: 408},
		{name: "head in drips", send: "GET /echo HTTP/1.1\r\nHost: test\r\n", drip: "X: y\r\n", cut: 408},
		{name: "head in drips of a byte", send: "GET /", drip: "x", cut: 408},
		{name: "half a body", send: post("/echo", "hel", "Content-Length: 5\r\n"), cut: 408},
		{name: "no body", send: post("/echo", "", "Content-Length: 5\r\n"), cut: 408},
		{name: "body in drips", send: post("/echo", "", "Content-Length: 100000\r\n"), drip: "b", cut: 408},
		{name: "half a chunk", send: chunked("5\r\nhel"), cut: 408},
		{name: "no last chunk", send: chunked("5\r\nhello\r\n"), cut: 408},
		{name: "chunks in drips", send: chunked(""), drip: "1\r\nb\r\n", cut: 408},
		{name: "idle", send: get("/echo"), first: 200, cut: 0},
		{name: "half a second head", send: get("/echo") + "GET /ec", first: 200, cut: 408},
	}
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, short...)
		before := calls(t, s)
		atOnce(t, len(tests), func(t *testing.T, i int) {
			test := tests[i]
			t.Run(test.name, func(t *testing.T) {
				c := harness.Dial(t, s.Address())
				c.Send(test.send)
				if test.first != 0 {
					c.Expect("GET", test.first)
				}
				stop := drip(c, test.drip)
				defer stop()
				if test.cut != 0 {
					if res := c.Expect("GET", test.cut); !res.Closes() {
						t.Errorf("the %d does not announce the close", res.Status)
					}
				}
				c.ExpectClosed()
			})
		})
		if n := calls(t, s) - before; n != 2 {
			t.Errorf("the application was called %d times, expected for the two complete requests alone", n)
		}
	})
}

// drip sends the bytes again and again, ten times a second, until stopped.
func drip(c *harness.Conn, bytes string) (stop func()) {
	if bytes == "" {
		return func() {}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				c.Send(bytes)
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// TestSteadyBody: a client above the minimum rate is served although it needs
// longer than the first limit.
func TestSteadyBody(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--body-timeout", "1", "--body-min-rate", "500")
		c := s.Dial()
		c.Send(post("/echo", "", "Content-Length: 10000\r\n"))
		tick := time.NewTicker(150 * time.Millisecond)
		defer tick.Stop()
		for range 10 {
			<-tick.C
			c.Send(pattern(1000))
		}
		if e := decode(t, c.Expect("POST", 200)); e.Length != 10000 {
			t.Errorf("the application has read %d bytes", e.Length)
		}
	})
}

// TestKeepAliveOff: --keep-alive-timeout 0 closes after each answer.
func TestKeepAliveOff(t *testing.T) {
	runRows(t, []row{{name: "closed", send: get("/echo"), want: ok, closed: true}}, "--keep-alive-timeout", "0")
}

// TestQueue: one thread that is busy, a queue of one. Of two more requests the
// one that waits runs out of time, the other finds no place.
func TestQueue(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--threads", "1", "--queue-size", "1", "--queue-timeout", "2")
		s.Allow("queue")
		release := hold(t, s)
		clients := []*harness.Conn{s.Dial(), s.Dial()}
		for _, c := range clients {
			c.Send(get("/echo"))
		}
		var statuses []int
		for _, c := range clients {
			res := c.Final("GET")
			statuses = append(statuses, res.Status)
			if res.Status == 503 && res.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
		}
		slices.Sort(statuses)
		if !slices.Equal(statuses, []int{503, 504}) {
			t.Errorf("answered with %v, expected a 504 for the one that waited and a 503 for the one without a place", statuses)
		}
		release()
	})
}

// TestQueueOrder: waiting requests are served in the order they came.
func TestQueueOrder(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--threads", "1")
		release := hold(t, s)
		var clients []*harness.Conn
		for range 10 {
			c := s.Dial()
			c.Send(get("/order"))
			// Requests of different connections have no order before they wait:
			// a silent server is one that has read this one.
			c.ExpectSilence()
			clients = append(clients, c)
		}
		release()
		for i, c := range clients {
			if res := c.Expect("GET", 200); string(res.Body) != fmt.Sprint(i) {
				t.Errorf("request %d was served as number %s", i, res.Body)
			}
		}
	})
}

// TestRequestTimeout: a request that does not end is answered with 504, and
// the server serves on.
func TestRequestTimeout(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--request-timeout", "1", "--graceful-timeout", "1", "--shutdown-timeout", "1")
		s.Allow("timeout|timed out|stack|504|worker")
		old := s.Workers()
		c := s.Dial()
		c.Send(get("/gate/wait?name=never"))
		c.Expect("GET", 504)
		if err := harness.Eventually(harness.Patience, func() error {
			now := s.Workers()
			if len(now) != 1 || now[0] == old[0] {
				return fmt.Errorf("the stuck worker %v has not been replaced: %v", old, now)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if res := s.Get("/"); res.Status != 200 {
			t.Errorf("after the replacement a GET is answered with %d", res.Status)
		}
	})
}

// TestSlowReader: a client that takes nothing of a response does not hold its
// thread for ever.
func TestSlowReader(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--socket-timeout", "1", "--threads", "1")
		s.Allow("slow|client|timeout|endless")
		c := s.Dial()
		c.Send(get("/endless"))
		// The only thread is busy with it: this is answered once it is free.
		if res := s.Get("/state"); res.Status != 200 {
			t.Errorf("answered with %d", res.Status)
		}
		awaitAllClosed(t, s)
	})
}

// awaitAllClosed waits until no request runs and every iterable was closed.
func awaitAllClosed(t *testing.T, s *harness.Server) {
	t.Helper()
	if err := harness.Eventually(harness.Patience, func() error {
		state := stateOf(t, s)
		if state["running"] != 0 || state["opened"] != state["closed"] {
			return fmt.Errorf("requests still run or are not closed: %v", state)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
