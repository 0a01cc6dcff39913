package wsgi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestInputPatterns reads bodies of every framing by every pattern; the
// application compares each step with io.BytesIO (apps/contract/reading.py).
func TestInputPatterns(t *testing.T) {
	for _, buffering := range []string{"on", "off"} {
		t.Run("buffering "+buffering, func(t *testing.T) {
			s, _ := serve(t, "contract", "--request-buffering="+buffering)
			var names struct{ Patterns, Bodies []string }
			if err := json.Unmarshal(get(t, s, "/reading/names").Body, &names); err != nil {
				t.Fatal(err)
			}
			if len(names.Patterns) != 12 {
				t.Errorf("%d patterns, expected 12", len(names.Patterns))
			}
			for _, name := range names.Bodies {
				body := string(get(t, s, "/reading/body?body="+name).Body)
				for _, pattern := range names.Patterns {
					comparePattern(t, s, pattern, name, body)
				}
			}
		})
	}
}

func comparePattern(t *testing.T, s *harness.Server, pattern, name, body string) {
	target := fmt.Sprintf("/reading/%s?body=%s", pattern, name)
	framings := map[string]string{
		"length":       harness.Compose("POST", target, body),
		"small chunks": harness.ComposeChunked("POST", target, body, max(1, len(body)/7)),
		"one chunk":    harness.ComposeChunked("POST", target, body, 1<<20),
	}
	if body == "" {
		framings["no framing"] = "POST " + target + " HTTP/1.1\r\nHost: test\r\n\r\n"
	}
	for framing, raw := range framings {
		if res := harness.Request(t, s, "POST", raw); string(res.Body) != "same" {
			t.Errorf("%s, body %s, %s: %d %s", pattern, name, framing, res.Status, res.Body)
		}
	}
}

// received is what /sink tells about the body it got.
type received struct {
	Length           int     `json:"length"`
	SHA256           string  `json:"sha256"`
	ContentLength    *string `json:"content_length"`
	Terminated       any     `json:"terminated"`
	TransferEncoding *string `json:"transfer_encoding"`
}

// TestBodyFramings: the application sees the decoded body, knows its length
// wherever the front does, and never the transfer coding.
func TestBodyFramings(t *testing.T) {
	s, _ := serve(t, "contract")
	for _, size := range []int{0, 1, 1000, 64 << 10, 64<<10 + 1, 300000, 10_000_000} {
		body := pattern(size)
		for framing, raw := range map[string]string{
			"length":  harness.Compose("POST", "/sink", body),
			"chunked": harness.ComposeChunked("POST", "/sink", body, 100000),
		} {
			res := harness.Request(t, s, "POST", raw)
			var got received
			if err := json.Unmarshal(res.Body, &got); err != nil {
				t.Fatalf("%d bytes, %s: %d %.200q", size, framing, res.Status, res.Body)
			}
			if got.Length != size || got.SHA256 != digest(body) {
				t.Errorf("%d bytes, %s: the application got %d bytes, sha256 right: %v", size, framing, got.Length, got.SHA256 == digest(body))
			}
			if got.ContentLength == nil || *got.ContentLength != fmt.Sprint(size) {
				t.Errorf("%d bytes, %s: CONTENT_LENGTH is %v", size, framing, deref(got.ContentLength))
			}
			if got.Terminated != true {
				t.Errorf("%d bytes, %s: wsgi.input_terminated is %v", size, framing, got.Terminated)
			}
			if got.TransferEncoding != nil {
				t.Errorf("%d bytes, %s: HTTP_TRANSFER_ENCODING is %q", size, framing, *got.TransferEncoding)
			}
		}
	}
}

// TestUnbufferedChunked: a chunked body that is streamed has no length to tell.
func TestUnbufferedChunked(t *testing.T) {
	s, _ := serve(t, "contract", "--request-buffering=off")
	body := pattern(300000)
	res := harness.Request(t, s, "POST", harness.ComposeChunked("POST", "/sink", body, 5000))
	var got received
	if err := json.Unmarshal(res.Body, &got); err != nil {
		t.Fatalf("%d %.200q", res.Status, res.Body)
	}
	if got.SHA256 != digest(body) || got.Terminated != true {
		t.Errorf("got %+v", got)
	}
	if got.ContentLength != nil {
		t.Errorf("CONTENT_LENGTH is %q for a body whose end had not come", *got.ContentLength)
	}
}

// TestLargeBothWays sends 10 MB and gets them back.
func TestLargeBothWays(t *testing.T) {
	s, _ := serve(t, "contract")
	body := pattern(10 << 20) // the default limit to the byte
	for framing, raw := range map[string]string{
		"length":  harness.Compose("POST", "/echo", body),
		"chunked": harness.ComposeChunked("POST", "/echo", body, 1<<20),
	} {
		if res := harness.Request(t, s, "POST", raw); res.Status != 200 || digest(string(res.Body)) != digest(body) {
			t.Errorf("%s: status %d, %d bytes back", framing, res.Status, len(res.Body))
		}
	}
}

// TestDuplex: without request buffering the application answers a line before
// the client has sent the next one.
func TestDuplex(t *testing.T) {
	s, _ := serve(t, "contract", "--request-buffering=off")
	c := s.Dial()
	c.Send("POST /echo-stream HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
	c.Send("8\r\nline 0!\n\r\n")
	stream := c.Stream("POST")
	stream.Until("line 0!\n")
	for n := 1; n < 5; n++ {
		c.Send(fmt.Sprintf("8\r\nline %d!\n\r\n", n))
		stream.Until(fmt.Sprintf("line %d!\n", n))
	}
	c.Send("0\r\n\r\n")
	if err := stream.Rest(); err != nil {
		t.Errorf("the response did not end: %v", err)
	}
	c.Send(harness.Compose("GET", "/plain", ""))
	c.Expect("GET", 200)
}

// TestSlowBodyHoldsNoThread: with buffering the only thread is free while a
// client is in the middle of its body.
func TestSlowBodyHoldsNoThread(t *testing.T) {
	s, _ := serve(t, "contract", "--threads", "1")
	slow := s.Dial()
	slow.Send("POST /sink HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n01234")
	for range 3 {
		if res := get(t, s, "/plain"); res.Status != 200 {
			t.Errorf("status %d beside a slow upload", res.Status)
		}
	}
	slow.Send("56789")
	if res := slow.Final("POST"); res.Status != 200 || !strings.Contains(string(res.Body), digest("0123456789")) {
		t.Errorf("the slow upload: %d %s", res.Status, res.Body)
	}
}

// TestUnreadBody: what the application does not read is never taken for the
// next request.
func TestUnreadBody(t *testing.T) {
	for _, buffering := range []string{"on", "off"} {
		s, _ := serve(t, "contract", "--request-buffering="+buffering)
		for _, size := range []int{1000, 64 << 10, 1 << 20} {
			for _, target := range []string{"/unread", "/read-some?size=10"} {
				// The body is made of requests: they must never be answered.
				body := strings.Repeat("GET /echo HTTP/1.1\r\nHost: test\r\n\r\n", size/35)
				c := harness.Dial(t, s.Address())
				sent := make(chan struct{})
				go func() {
					defer close(sent)
					c.Send(harness.Compose("POST", target, body) + harness.Compose("GET", "/plain", ""))
				}()
				res, err := c.Read("POST")
				if err != nil || res.Status != 200 {
					t.Errorf("buffering %s, %s, %d bytes: %+v, %v", buffering, target, size, res, err)
				} else if next, err := c.Read("GET"); err == nil && string(next.Body) != "plain\n" {
					t.Errorf("buffering %s, %s, %d bytes: the next answer is %d %q", buffering, target, size, next.Status, next.Body)
				}
				c.Close()
				<-sent
			}
		}
	}
}

// TestBrokenBody: the framing breaks, or the client leaves, while the
// application reads. Its read() fails with an OSError, and whatever it makes of
// that, the connection is not used again.
func TestBrokenBody(t *testing.T) {
	s, _ := serve(t, "contract", "--request-buffering=off")
	s.Allow("read-fails|sink")
	for _, target := range []string{"/read-fails", "/sink"} {
		c := harness.Dial(t, s.Address())
		c.Send("POST " + target + " HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\nxyz\r\n" +
			harness.Compose("GET", "/plain", ""))
		if res, err := c.Read("POST"); err == nil {
			if res.Status == 200 && !strings.HasPrefix(string(res.Body), "swallowed ") || res.Status != 200 && res.Status != 400 {
				t.Errorf("%s: %d %q", target, res.Status, res.Body)
			}
			c.ExpectClosed()
		}
	}
}

// TestExpectContinue: 100 goes out when the application reads, not before, and
// not at all when it does not.
func TestExpectContinue(t *testing.T) {
	s, gates := serve(t, "contract")
	const head = " HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
	t.Run("read", func(t *testing.T) {
		c := harness.Dial(t, s.Address())
		c.Send("POST /read-late?name=late" + head)
		gates.Await("late", 1)
		c.ExpectSilence()
		gates.Open("late")
		if res, err := c.Read("POST"); err != nil || res.Status != 100 {
			t.Fatalf("expected 100, got %+v, %v", res, err)
		}
		c.Send("01234" + harness.Compose("GET", "/plain", ""))
		if res := c.Expect("POST", 200); string(res.Body) != "read 5\n" {
			t.Errorf("body %q", res.Body)
		}
		c.Expect("GET", 200)
	})
	t.Run("not read", func(t *testing.T) {
		c := harness.Dial(t, s.Address())
		c.Send("POST /unread" + head)
		res, err := c.Read("POST")
		if err != nil || res.Status != 200 {
			t.Fatalf("expected 200 without 100, got %+v, %v", res, err)
		}
		if !res.Closes() {
			t.Errorf("the client cannot know whether to send its body: %q", res.Fields)
		}
		c.ExpectClosed()
	})
	t.Run("too large", func(t *testing.T) {
		c := harness.Dial(t, s.Address())
		c.Send("POST /sink HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
		if res, err := c.Read("POST"); err != nil || res.Status != 413 {
			t.Fatalf("expected 413 without 100, got %+v, %v", res, err)
		}
		c.ExpectClosed()
	})
	t.Run("body sent at once", func(t *testing.T) {
		c := harness.Dial(t, s.Address())
		c.Send("POST /echo" + head + "01234" + harness.Compose("GET", "/plain", ""))
		if res := c.Final("POST"); string(res.Body) != "01234" {
			t.Errorf("body %q", res.Body)
		}
		c.Expect("GET", 200)
	})
}

// TestBodyLimit: 413 for what is too long, whether it says so or not, and the
// application is not asked.
func TestBodyLimit(t *testing.T) {
	for _, buffering := range []string{"on", "off"} {
		s, _ := serve(t, "contract", "--limit-request-body", "1000", "--request-buffering="+buffering)
		s.Allow("sink")
		for size, status := range map[int]int{999: 200, 1000: 200, 1001: 413, 5000: 413} {
			for framing, raw := range map[string]string{
				"length":  harness.Compose("POST", "/sink", pattern(size)),
				"chunked": harness.ComposeChunked("POST", "/sink", pattern(size), 300),
			} {
				c := harness.Dial(t, s.Address())
				res := c.Exchange("POST", raw)
				if res.Status != status {
					t.Errorf("buffering %s, %s, %d bytes: status %d, expected %d", buffering, framing, size, res.Status, status)
				}
				if status == 413 {
					c.ExpectClosed()
				}
			}
		}
	}
}

// pattern is so many bytes of which every eight tell where they belong.
func pattern(size int) string {
	var b strings.Builder
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, "%07x\n", n)
	}
	return b.String()[:size]
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func deref(s *string) string {
	if s == nil {
		return "absent"
	}
	return *s
}
