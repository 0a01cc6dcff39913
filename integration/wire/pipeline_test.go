package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestPipeline: RFC 9112 section 9.3.2; all requests of one write are answered
// in their order.
func TestPipeline(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		c := start(t, v).Dial()
		var all strings.Builder
		for i := range 100 {
			switch i % 3 {
			case 0:
				all.WriteString(get(fmt.Sprintf("/echo/%d", i)))
			case 1:
				all.WriteString(sized(fmt.Sprintf("/echo/%d", i), "hello"))
			case 2:
				all.WriteString(post(fmt.Sprintf("/echo/%d", i), "5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"))
			}
		}
		c.Send(all.String())
		for i := range 100 {
			if e := decode(t, c.Expect("GET", 200)); e.Environ["PATH_INFO"] != fmt.Sprintf("/echo/%d", i) {
				t.Fatalf("answer %d belongs to %q", i, e.Environ["PATH_INFO"])
			}
		}
		c.ExpectSilence()
	})
}

// TestPipelineOrder: a fast request behind a slow one waits for its turn.
func TestPipelineOrder(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		c := s.Dial()
		c.Send(get("/gate/wait?name=slow") + get("/echo/fast"))
		s.Get("/gate/reached?name=slow")
		c.ExpectSilence()
		s.Get("/gate/open?name=slow")
		if res := c.Expect("GET", 200); string(res.Body) != "waited" {
			t.Errorf("the first answer is %.100q", res.Body)
		}
		if e := decode(t, c.Expect("GET", 200)); e.Environ["PATH_INFO"] != "/echo/fast" {
			t.Errorf("the second answer belongs to %q", e.Environ["PATH_INFO"])
		}
	})
}

// TestPipelineAfterClose: what is behind a request that closes the connection
// is not served.
func TestPipelineAfterClose(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		before := calls(t, s)
		c := s.Dial()
		c.Send(get("/echo/1") + get("/echo/2", "Connection: close\r\n") + get("/echo/3"))
		c.Expect("GET", 200)
		if res := c.Expect("GET", 200); !res.Closes() {
			t.Error("the answer to a request with close does not announce it")
		}
		c.ExpectClosed()
		if n := calls(t, s) - before; n != 2 {
			t.Errorf("the application was called %d times, expected twice", n)
		}
	})
}

// TestKeepAlive: many requests one after the other on one connection.
func TestKeepAlive(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		c := start(t, v).Dial()
		for i := range 1000 {
			c.Send(get(fmt.Sprintf("/echo/%d", i)))
			res := c.Expect("GET", 200)
			if e := decode(t, res); e.Environ["PATH_INFO"] != fmt.Sprintf("/echo/%d", i) || res.Closes() {
				t.Fatalf("answer %d belongs to %q, closes: %v", i, e.Environ["PATH_INFO"], res.Closes())
			}
		}
	})
}

// TestIsolation: many clients at once; nobody gets a byte of another's answer.
func TestIsolation(t *testing.T) {
	const clients, requests = 16, 200
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := harness.Start(t, harness.Options{Target: harness.App("wire.py"), Variant: v, Processes: 2})
		atOnce(t, clients, func(t *testing.T, client int) {
			c := harness.Dial(t, s.Address())
			for i := range requests {
				token := fmt.Sprintf("token-%d-%d", client, i)
				body := strings.Repeat(token+" ", 1+i*7)
				c.Send(sized("/echo/"+token, body, "X-Token: "+token+"\r\n"))
				res := c.Expect("POST", 200)
				e := decode(t, res)
				if e.Environ["PATH_INFO"] != "/echo/"+token || e.Environ["HTTP_X_TOKEN"] != token || e.Body != body {
					t.Fatalf("%s: answered with another request's data: %.200q", token, res.Body)
				}
			}
		})
	})
}
