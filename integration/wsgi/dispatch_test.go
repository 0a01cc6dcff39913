package wsgi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"modwsgi-express/integration/harness"
)

// TestThreadsRunAtOnce: as many requests as there are threads meet each other,
// which they could not if one waited for another.
func TestThreadsRunAtOnce(t *testing.T) {
	for _, c := range []struct{ processes, threads int }{{1, 1}, {1, 7}, {2, 3}} {
		gates := harness.NewGates(t)
		s := harness.Start(t, harness.Options{Target: script("contract"), Processes: c.processes,
			Args: []string{"--threads", fmt.Sprint(c.threads)}, Env: []string{gates.Env()}})
		n := c.processes * c.threads
		conns := make([]*harness.Conn, n)
		for i := range conns {
			conns[i] = s.Dial()
			conns[i].Send(harness.Compose("GET", fmt.Sprintf("/threads?name=meet&count=%d", n), ""))
		}
		for _, conn := range conns {
			conn.Expect("GET", 200)
		}
	}
}

// answers sends a request on each of n connections and returns the responses
// in the order in which they come.
func answers(t *testing.T, s *harness.Server, n int, raw string) <-chan *harness.Response {
	t.Helper()
	out := make(chan *harness.Response, n)
	var wg sync.WaitGroup
	for range n {
		c := harness.Dial(t, s.Address())
		c.Send(raw)
		wg.Go(func() {
			res, err := c.Read("GET")
			if err != nil {
				t.Errorf("read response: %v", err)
				res = &harness.Response{}
			}
			out <- res
		})
	}
	t.Cleanup(wg.Wait)
	return out
}

// TestQueueFull: the only thread is busy and one request may wait: of three
// more, two get 503 at once and one is answered in the end.
func TestQueueFull(t *testing.T) {
	s, gates := serve(t, "contract", "--threads", "1", "--queue-size", "1")
	s.Allow("queue")
	first := s.Dial()
	first.Send(harness.Compose("GET", "/hold?name=a", ""))
	gates.Await("a", 1)
	more := answers(t, s, 3, harness.Compose("GET", "/plain", ""))
	for range 2 {
		res := <-more
		if res.Status != 503 || res.Get("Retry-After") == "" {
			t.Errorf("status %d, Retry-After %q, expected 503 and a time", res.Status, res.Get("Retry-After"))
		}
	}
	gates.Open("a")
	if res := <-more; res.Status != 200 {
		t.Errorf("the request that waited: status %d", res.Status)
	}
	first.Expect("GET", 200)
}

// TestQueueTimeout: a request that waits too long gets 504 while the thread is
// still busy, and is never given to the application.
func TestQueueTimeout(t *testing.T) {
	s, gates := serve(t, "contract", "--threads", "1", "--queue-timeout", "300ms")
	s.Allow("queue|thread")
	first := s.Dial()
	first.Send(harness.Compose("GET", "/hold?name=a", ""))
	gates.Await("a", 1)
	if res := get(t, s, "/hold?name=b"); res.Status != 504 {
		t.Errorf("status %d, expected 504", res.Status)
	}
	gates.Open("a")
	gates.Open("b")
	first.Expect("GET", 200)
	get(t, s, "/plain")
	if n := gates.Arrivals("b"); n != 0 {
		t.Errorf("the request that was given up was run %d times", n)
	}
}

// TestRequestTimeout: the stuck request gets 504, the log shows where its
// thread stands, its process is replaced, and another request in that process
// is still answered by it.
func TestRequestTimeout(t *testing.T) {
	const limit = 2 * time.Second
	s, gates := serve(t, "contract", "--threads", "2", "--request-timeout", limit.String(), "--shutdown-timeout", "500ms")
	s.Allow(".")
	pid := workerPid(t, s)
	from := s.Log.Len()
	stuck := s.Dial()
	stuck.Send(harness.Compose("GET", "/hold?name=stuck", ""))
	gates.Await("stuck", 1)
	// Time itself is the matter: the other request must have some of its own left
	// when the stuck one's is over.
	time.Sleep(limit / 2)
	other := s.Dial()
	other.Send(harness.Compose("GET", "/blocks?name=other&count=2", ""))
	stream := other.Stream("GET")
	stream.Until("block 0\n")
	if res := stuck.Final("GET"); res.Status != 504 {
		t.Errorf("status %d, expected 504", res.Status)
	}
	gates.Open("other-1")
	stream.Until("block 1\n")
	if err := stream.Rest(); err != nil {
		t.Errorf("the other request of that process was cut off: %v", err)
	}
	awaitLine(t, s, from, "/hold?name=stuck")
	awaitLine(t, s, from, "gates.py", "in wait", "in hold")
	err := harness.Eventually(harness.Patience, func() error {
		if workerPid(t, s) == pid {
			return fmt.Errorf("process %d still serves", pid)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTimedOutComesBack: the request that was given up returns after all, while
// another one still runs in its process. That one must not notice.
func TestTimedOutComesBack(t *testing.T) {
	const limit = 2 * time.Second
	s, gates := serve(t, "contract", "--threads", "2", "--request-timeout", limit.String(), "--shutdown-timeout", "500ms")
	s.Allow("timed out|/hold")
	stuck := s.Dial()
	stuck.Send(harness.Compose("GET", "/hold?name=stuck", ""))
	gates.Await("stuck", 1)
	time.Sleep(limit / 2) // as in TestRequestTimeout
	other := s.Dial()
	other.Send(harness.Compose("GET", "/blocks?name=other&count=40", ""))
	stream := other.Stream("GET")
	stream.Until("block 0\n")
	if res := stuck.Final("GET"); res.Status != 504 {
		t.Errorf("status %d, expected 504", res.Status)
	}
	gates.Open("stuck")
	for n := 1; n < 40; n++ {
		gates.Open(fmt.Sprintf("other-%d", n))
		stream.Until(fmt.Sprintf("block %d\n", n))
	}
	if err := stream.Rest(); err != nil {
		t.Errorf("the other request was cut off: %v", err)
	}
}

// TestRequestTimeoutMidstream: the head has left, so it can only be an abort.
func TestRequestTimeoutMidstream(t *testing.T) {
	s, _ := serve(t, "contract", "--threads", "2", "--request-timeout", "1", "--shutdown-timeout", "500ms")
	s.Allow(".")
	c := s.Dial()
	c.Send(harness.Compose("GET", "/blocks?name=never&count=2", ""))
	stream := c.Stream("GET")
	stream.Until("block 0\n")
	stream.ExpectAbort()
	if res := get(t, s, "/plain"); res.Status != 200 {
		t.Errorf("status %d afterwards", res.Status)
	}
}

// TestTimeoutWithLoad: other connections see nothing of a timeout but its
// request's own 504.
func TestTimeoutWithLoad(t *testing.T) {
	s, gates := serve(t, "contract", "--threads", "4", "--request-timeout", "1", "--shutdown-timeout", "500ms")
	s.Allow(".")
	stuck := s.Dial()
	stuck.Send(harness.Compose("GET", "/hold?name=stuck", ""))
	gates.Await("stuck", 1)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		c := s.Dial()
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				c.Send(harness.Compose("GET", "/plain", ""))
				if res, err := c.Read("GET"); err != nil || res.Status != 200 {
					t.Errorf("beside the timeout: %+v, %v", res, err)
					return
				}
			}
		})
	}
	if res := stuck.Final("GET"); res.Status != 504 {
		t.Errorf("status %d, expected 504", res.Status)
	}
	close(done)
	wg.Wait()
}

func workerPid(t *testing.T, s *harness.Server) int {
	t.Helper()
	var process struct{ Pid int }
	if err := json.Unmarshal(get(t, s, "/process").Body, &process); err != nil {
		t.Fatal(err)
	}
	return process.Pid
}

// TestPipelined: answers come in the order of the requests, whatever each takes.
func TestPipelined(t *testing.T) {
	s, gates := serve(t, "contract")
	c := s.Dial()
	var raw strings.Builder
	raw.WriteString(harness.Compose("GET", "/hold?name=first", ""))
	for n := range 50 {
		raw.WriteString(harness.Compose("POST", "/echo", fmt.Sprintf("body %d", n)))
	}
	c.Send(raw.String())
	gates.Await("first", 1)
	gates.Open("first")
	if res := c.Expect("GET", 200); string(res.Body) != "released\n" {
		t.Errorf("body %q", res.Body)
	}
	for n := range 50 {
		if res := c.Expect("POST", 200); string(res.Body) != fmt.Sprintf("body %d", n) {
			t.Errorf("answer %d is %q", n, res.Body)
		}
	}
}
