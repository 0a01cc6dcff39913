package http1_test

import (
	"testing"
	"time"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
)

// browserHead is what a browser sends to an application it has a session with.
const browserHead = "GET /static/app%20one/index.html?tab=2&lang=en HTTP/1.1\r\n" +
	"Host: www.example.org:8000\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
	"Accept-Language: en-US,en;q=0.5\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Connection: keep-alive\r\n" +
	"Referer: http://www.example.org:8000/static/app%20one/\r\n" +
	"Cookie: sessionid=3k2h5n6b7v8c9x0z1q2w3e4r5t6y7u8i; csrftoken=Qm9uam91ciBsZSBtb25kZSBlbnRpZXI\r\n" +
	"Upgrade-Insecure-Requests: 1\r\n" +
	"Sec-Fetch-Dest: document\r\n" +
	"Sec-Fetch-Mode: navigate\r\n" +
	"Sec-Fetch-Site: same-origin\r\n" +
	"Priority: u=0, i\r\n\r\n"

// plainHead is what a load generator sends.
const plainHead = "GET / HTTP/1.1\r\nHost: localhost:8000\r\n\r\n"

// server is one connection's worth of engine and buffers, as a driver has them.
type server struct {
	engine http1.Engine
	req    exchange.Request
	head   exchange.Head
	out    []byte
	date   []byte
	body   []byte
}

func newServer(limits *http1.Limits) *server {
	s := &server{
		out:  make([]byte, 0, 4096),
		date: http1.AppendDate(nil, time.Unix(0, 0)),
		body: []byte("Hello, world!\n"),
	}
	s.head = exchange.Head{
		Status: 200, Reason: []byte("OK"), ContentLength: int64(len(s.body)),
		Fields: []exchange.Field{{Name: []byte("Content-Type"), Value: []byte("text/plain; charset=utf-8")}},
	}
	s.engine.Init(limits)
	return s
}

// serve parses one request and writes its response.
func (s *server) serve(tb testing.TB, in []byte) {
	n, v := s.engine.ParseHead(in, &s.req)
	if v != http1.OK {
		tb.Fatal(v, s.engine.Rejection())
	}
	for rest := in[n:]; !s.engine.BodyDone(); {
		n, _, v := s.engine.ParseBody(rest)
		if v == http1.Reject {
			tb.Fatal(s.engine.Rejection())
		}
		rest = rest[n:]
	}
	out := s.engine.AppendHead(s.out[:0], &s.head, s.date, "modwsgi-express")
	out, allow := s.engine.BodyPrefix(out, int64(len(s.body)))
	out = append(out, s.body[:allow]...)
	out = s.engine.BodySuffix(out)
	out, complete := s.engine.AppendEnd(out)
	if !complete || !s.engine.Persist() {
		tb.Fatal("the connection does not persist")
	}
	s.out = out
	s.engine.Reset()
}

const chunkedPost = "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
	"5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n"

// After the first request on a connection nothing is allocated.
func TestNoAllocation(t *testing.T) {
	limits := http1.DefaultLimits()
	for name, text := range map[string]string{"plain": plainHead, "browser": browserHead, "chunked": chunkedPost} {
		for framing, length := range map[string]int64{"length": 14, "chunked": -1} {
			in, s := []byte(text), newServer(&limits)
			s.head.ContentLength = length
			if n := testing.AllocsPerRun(100, func() { s.serve(t, in) }); n != 0 {
				t.Errorf("%s, response with %s: %v allocations a request, want 0", name, framing, n)
			}
		}
	}
	in, s := []byte(browserHead), newServer(&limits)
	if n := testing.AllocsPerRun(100, func() {
		for i := 1; i < len(in); i++ {
			s.engine.ParseHead(in[:i], &s.req)
		}
		s.serve(t, in)
	}); n != 0 {
		t.Errorf("byte by byte: %v allocations a request, want 0", n)
	}
	page := make([]byte, 0, 4096)
	now := time.Unix(1e9, 0)
	if n := testing.AllocsPerRun(100, func() {
		page = http1.AppendError(page[:0], 503, s.date, "modwsgi-express", false)
		page = http1.AppendDate(page, now)
		page = http1.AppendContinue(page)
	}); n != 0 {
		t.Errorf("error page: %v allocations, want 0", n)
	}
}

func benchmark(b *testing.B, text string) {
	limits := http1.DefaultLimits()
	in, s := []byte(text), newServer(&limits)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		s.serve(b, in)
	}
}

// A request and its response: parse, respond, reset.
func BenchmarkKeepAliveGET(b *testing.B) { benchmark(b, plainHead) }

// The same with the head of a browser.
func BenchmarkBrowserGET(b *testing.B) { benchmark(b, browserHead) }

func BenchmarkChunkedPOST(b *testing.B) { benchmark(b, chunkedPost) }
