package front_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/front"
)

func config() front.Config {
	return front.Config{
		LimitRequestLine: 8190, LimitRequestFields: 100, LimitRequestFieldSize: 8190, LimitRequestHead: 65536,
		LimitRequestBody: 1 << 20, MaxConnections: 100,
		HeaderTimeout: 10 * time.Second, HeaderMaxTimeout: 20 * time.Second, HeaderMinRate: 500,
		BodyTimeout: 10 * time.Second, BodyMinRate: 500,
		KeepAliveTimeout: 10 * time.Second, SocketTimeout: 10 * time.Second,
		BufferRequests: true, BodyBuffer: 64 << 10, ResponseBuffer: 1 << 20,
	}
}

type server struct {
	*front.Server
	addr  string
	ended chan exchange.Exchange
}

// serve runs a front on a loopback port for the length of the test.
func serve(t *testing.T, cfg front.Config, h exchange.HandlerFunc) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: l.Addr().String(), ended: make(chan exchange.Exchange, 1000)}
	s.Server = front.New(cfg, h, front.Hooks{Ended: func(x *exchange.Exchange) { s.ended <- *x }}, zaptest.NewLogger(t))
	s.Serve(l)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Drain(ctx); err != nil {
			t.Errorf("drain: %v", err)
		}
		s.Wait()
	})
	return s
}

func (s *server) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// talk sends raw bytes and returns everything until the server closes.
func (s *server) talk(t *testing.T, raw string) string {
	t.Helper()
	c := s.dial(t)
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("after %q: %v", b, err)
	}
	return string(b)
}

func respond(x *exchange.Exchange, body string) exchange.Outcome {
	h := exchange.Head{Status: 200, Reason: []byte("OK"), ContentLength: int64(len(body))}
	_ = x.Response.Head(&h)
	_ = x.Response.Write([]byte(body))
	_ = x.Response.End()
	return exchange.Done
}

func echo(x *exchange.Exchange) exchange.Outcome {
	b, err := io.ReadAll(struct{ io.Reader }{x.Body})
	if err != nil {
		x.Response.Abort(500, err)
		return exchange.Done
	}
	return respond(x, fmt.Sprintf("%s %s %d:%s", x.Request.Method, x.Request.Target, len(b), b[:min(len(b), 20)]))
}

func bodies(t *testing.T, raw string) (all []string) {
	t.Helper()
	r := bufio.NewReader(strings.NewReader(raw))
	for {
		if _, err := r.Peek(1); err == io.EOF {
			return all
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("reading %q: %v", raw, err)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatalf("reading %q: %v", raw, err)
		}
		all = append(all, fmt.Sprintf("%d %s", resp.StatusCode, b))
	}
}

const last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

func TestBodiesAndWhatFollowsThem(t *testing.T) {
	big := strings.Repeat("x", 300<<10)
	cases := []struct {
		name, request string
		want          string
	}{
		{"none", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "200 GET / 0:"},
		{"length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "200 POST / 5:hello"},
		{"length zero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "200 POST / 0:"},
		{"chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: r\r\n\r\n", "200 POST / 5:hello"},
		{"spooled", fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(big), big), "200 POST / 307200:xxxxxxxxxxxxxxxxxxxx"},
		{"spooled chunked", fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(big), big), "200 POST / 307200:xxxxxxxxxxxxxxxxxxxx"},
		{"long head", "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("y", 8000) + "\r\nY: " + strings.Repeat("z", 8000) + "\r\n\r\n", "200 GET / 0:"},
	}
	for _, buffered := range []bool{true, false} {
		cfg := config()
		cfg.BufferRequests = buffered
		s := serve(t, cfg, echo)
		for _, c := range cases {
			t.Run(fmt.Sprintf("buffered=%v/%s", buffered, c.name), func(t *testing.T) {
				got := bodies(t, s.talk(t, c.request+c.request+last))
				want := []string{c.want, c.want, "200 GET /last 0:"}
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

func TestBodyOverTheLimit(t *testing.T) {
	big := strings.Repeat("x", 1<<20+1)
	for name, raw := range map[string]string{
		"length":  fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(big), big),
		"chunked": fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(big), big),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, config(), func(x *exchange.Exchange) exchange.Outcome { t.Error("handler was called"); return respond(x, "") })
			if got := bodies(t, s.talk(t, raw+last)); len(got) != 1 || !strings.HasPrefix(got[0], "413 ") {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestContinueOnlyWhenRead(t *testing.T) {
	s := serve(t, config(), func(x *exchange.Exchange) exchange.Outcome {
		if string(x.Request.Target) == "/ignore" {
			return respond(x, "ignored")
		}
		return echo(x)
	})
	c := s.dial(t)
	r := bufio.NewReader(c)
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	line, _ := r.ReadString('\n')
	if line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q", line)
	}
	r.ReadString('\n')
	io.WriteString(c, "hello")
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(resp.Body); string(b) != "POST / 5:hello" {
		t.Errorf("got %q", b)
	}
	io.WriteString(c, "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	if resp, err = http.ReadResponse(r, nil); err != nil || resp.StatusCode != 200 || !resp.Close {
		t.Errorf("response to a body that was not wanted: %v %+v", err, resp)
	}
}

func TestFailureAfterTheHeadIsAReset(t *testing.T) {
	for name, length := range map[string]int64{"chunked": -1, "length": 100} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, config(), func(x *exchange.Exchange) exchange.Outcome {
				x.Response.Head(&exchange.Head{Status: 200, ContentLength: length})
				x.Response.Write([]byte("half"))
				x.Response.Flush()
				x.Response.Abort(500, errors.New("test"))
				return exchange.Done
			})
			c := s.dial(t)
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
			}
			if err == nil {
				t.Error("the response looks complete")
			}
			if x := <-s.ended; x.Aborted == nil || x.Status != 200 {
				t.Errorf("logged as %d, aborted %v", x.Status, x.Aborted)
			}
		})
	}
}

func TestShortBodyIsAReset(t *testing.T) {
	s := serve(t, config(), func(x *exchange.Exchange) exchange.Outcome {
		x.Response.Head(&exchange.Head{Status: 200, ContentLength: 10})
		x.Response.Write([]byte("half"))
		x.Response.Flush()
		if err := x.Response.End(); !errors.Is(err, exchange.ErrShortBody) {
			t.Errorf("End: %v", err)
		}
		return exchange.Done
	})
	c := s.dial(t)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if b, err := io.ReadAll(c); err == nil {
		t.Errorf("closed cleanly after %q", b)
	}
}

func TestFile(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, config(), func(x *exchange.Exchange) exchange.Outcome {
		f, err := os.Open(path)
		if err != nil {
			t.Error(err)
		}
		x.Response.Head(&exchange.Head{Status: 200, ContentLength: -1})
		x.Response.Write([]byte("before "))
		if err := x.Response.SendFile(f, 5, 900_000); err != nil {
			t.Error(err)
		}
		x.Response.Write([]byte(" after"))
		x.Response.End()
		return exchange.Done
	})
	want := "before " + string(content[5:900_005]) + " after"
	got := bodies(t, s.talk(t, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"+last))
	if len(got) != 2 || got[0] != "200 "+want || got[1] != "200 "+want {
		t.Errorf("%d responses, lengths %d", len(got), len(got[0]))
	}
}

func TestFileThatShrankIsAReset(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, config(), func(x *exchange.Exchange) exchange.Outcome {
		f, err := os.Open(path)
		if err != nil {
			t.Error(err)
		}
		x.Response.Head(&exchange.Head{Status: 200, ContentLength: 5000})
		x.Response.SendFile(f, 0, 5000)
		x.Response.End()
		return exchange.Done
	})
	c := s.dial(t)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if b, err := io.ReadAll(c); err == nil {
		t.Errorf("closed cleanly after %d bytes", len(b))
	}
}

// TestSlowReaderDoesNotHoldTheHandler: the handler is done although the client
// has read nothing, and the client gets all of it afterwards.
func TestSlowReaderDoesNotHoldTheHandler(t *testing.T) {
	cfg := config()
	cfg.ResponseBuffer = 32 << 20
	body := strings.Repeat("y", 16<<20)
	done := make(chan struct{})
	s := serve(t, cfg, func(x *exchange.Exchange) exchange.Outcome {
		defer close(done)
		return respond(x, body)
	})
	c := s.dial(t)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	<-done
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != body {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestClientThatNeverReadsIsCutOff(t *testing.T) {
	cfg := config()
	cfg.SocketTimeout = 50 * time.Millisecond
	cfg.ResponseBuffer = 1 << 16
	result := make(chan error, 1)
	s := serve(t, cfg, func(x *exchange.Exchange) exchange.Outcome {
		x.Response.Head(&exchange.Head{Status: 200, ContentLength: -1})
		for {
			if err := x.Response.Write(make([]byte, 1<<20)); err != nil {
				result <- err
				x.Response.Abort(500, err)
				return exchange.Done
			}
		}
	})
	c := s.dial(t)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if err := <-result; !errors.Is(err, exchange.ErrClientSlow) {
		t.Errorf("write: %v", err)
	}
	if x := <-s.ended; !errors.Is(x.Aborted, exchange.ErrClientSlow) {
		t.Errorf("logged as %v", x.Aborted)
	}
}

func TestTimeouts(t *testing.T) {
	short := config()
	short.HeaderTimeout, short.HeaderMaxTimeout, short.HeaderMinRate = 50*time.Millisecond, 0, 0
	short.BodyTimeout, short.BodyMinRate = 50*time.Millisecond, 0
	short.KeepAliveTimeout = 50 * time.Millisecond
	s := serve(t, short, echo)
	for name, c := range map[string]struct{ raw, want string }{
		"silence":            {"", ""},
		"half a head":        {"GET / HT", "408"},
		"half a body":        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf", "408"},
		"idle after request": {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.talk(t, c.raw)
			if c.want == "" && got != "" || c.want != "" && !strings.HasPrefix(got, "HTTP/1.1 "+c.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestDrainAnswersWhatIsUnderWay(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	s := serve(t, config(), func(x *exchange.Exchange) exchange.Outcome {
		close(begun)
		<-release
		return respond(x, "answered")
	})
	idle := s.dial(t)
	busy := s.dial(t)
	io.WriteString(busy, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-begun
	drained := make(chan error)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		drained <- s.Drain(ctx)
	}()
	if b, err := io.ReadAll(idle); err != nil || len(b) != 0 {
		t.Errorf("idle connection got %q, %v", b, err)
	}
	if _, err := net.Dial("tcp", s.addr); err == nil {
		t.Error("new connections are accepted during a drain")
	}
	close(release)
	b, err := io.ReadAll(busy)
	if err != nil || !strings.Contains(string(b), "Connection: close") || !strings.HasSuffix(string(b), "answered") {
		t.Errorf("got %q, %v", b, err)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

func TestPanicEndsOneConnectionOnly(t *testing.T) {
	s := serve(t, config(), func(x *exchange.Exchange) exchange.Outcome {
		if string(x.Request.Target) == "/panic" {
			panic("test")
		}
		return respond(x, "fine")
	})
	c := s.dial(t)
	io.WriteString(c, "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n")
	if _, err := io.ReadAll(c); err == nil {
		t.Error("the connection ended cleanly")
	}
	if got := bodies(t, s.talk(t, last)); len(got) != 1 || got[0] != "200 fine" {
		t.Errorf("got %q", got)
	}
}
