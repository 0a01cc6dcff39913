package lane_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/gateway"
	"modwsgi-express/core/lane"
)

// sink records a response. It stands for the front, whose faults cannot be
// produced at will.
type sink struct {
	head    exchange.Head
	body    bytes.Buffer
	ended   bool
	aborted int
	why     error
	writes  error // what Write answers
}

func (s *sink) Head(h *exchange.Head) error { s.head = *h; return nil }
func (s *sink) Write(p []byte) error        { s.body.Write(p); return s.writes }
func (s *sink) SendFile(f *os.File, off, n int64) error {
	defer f.Close()
	_, err := io.Copy(&s.body, io.NewSectionReader(f, off, n))
	return err
}
func (s *sink) Flush() error                { return nil }
func (s *sink) End() error                  { s.ended = true; return nil }
func (s *sink) Abort(status int, why error) { s.aborted, s.why = status, why }
func (s *sink) Started() bool               { return s.body.Len() > 0 }
func (s *sink) Extra() int64                { return 0 }

// worker is the other end of a lane, in the hands of the test.
type worker struct {
	t  *testing.T
	nc net.Conn
}

func (w *worker) read() (lane.Header, []byte) {
	w.t.Helper()
	b := make([]byte, lane.HeaderSize)
	if _, err := io.ReadFull(w.nc, b); err != nil {
		w.t.Fatalf("worker reads: %v", err)
	}
	h, err := lane.ParseHeader(b)
	if err != nil {
		w.t.Fatal(err)
	}
	p := make([]byte, h.Length)
	if _, err := io.ReadFull(w.nc, p); err != nil {
		w.t.Fatal(err)
	}
	return h, p
}

func (w *worker) send(typ lane.Type, flags uint8, payload string) {
	b := lane.AppendHeader(nil, lane.Header{Length: uint32(len(payload)), Request: 1, Type: typ, Flags: flags})
	_, _ = w.nc.Write(append(b, payload...)) // the front may have hung up: the test sees why
}

func headBlock(text, body string) string {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(text)))
	return string(b) + text + body
}

type body struct{ *bytes.Reader }

func (b body) Size() int64           { return int64(b.Reader.Size()) }
func (b body) Whole() ([]byte, bool) { return nil, false }

func run(t *testing.T, content exchange.Body, play func(w *worker)) (*sink, lane.Result) {
	t.Helper()
	s := &sink{}
	return s, runWith(t, s, content, time.Now().Add(10*time.Second), play)
}

func runWith(t *testing.T, s *sink, content exchange.Body, deadline time.Time, play func(w *worker)) lane.Result {
	t.Helper()
	front, back := net.Pipe()
	x := &exchange.Exchange{Peer: &exchange.Peer{Unix: "x"}, Body: content, Response: s}
	x.Request.Method, x.Request.ContentLength = []byte("GET"), -1
	c := lane.NewConn(front, 0)
	defer c.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer back.Close()
		play(&worker{t, back})
	}()
	now := time.Now()
	res := c.Serve(&lane.Job{X: x, Environ: gateway.NewEnviron(gateway.Settings{}), Queued: now, Taken: now, Deadline: deadline, Log: zap.NewNop(), Output: zap.NewNop()})
	c.Close()
	<-done
	return res
}

func TestResponses(t *testing.T) {
	cases := []struct {
		name   string
		play   func(w *worker)
		body   string
		ended  bool
		status int // of an abort
		length int64
		err    error
		exit   bool
	}{
		{name: "one frame", play: func(w *worker) { w.send(lane.Head, lane.FlagEnd, headBlock("200 OK\nX\ny", "hello")) }, body: "hello", ended: true, length: 5},
		{name: "streamed", play: func(w *worker) {
			w.send(lane.Head, 0, headBlock("200 OK", "a"))
			w.send(lane.Data, 0, "b")
			w.send(lane.Data, 0, "c")
			w.send(lane.End, 0, "")
		}, body: "abc", ended: true, length: -1},
		{name: "end on data", play: func(w *worker) {
			w.send(lane.Head, 0, headBlock("200 OK\nContent-Length\n2", "a"))
			w.send(lane.Data, lane.FlagEnd, "b")
		}, body: "ab", ended: true, length: 2},
		{name: "log lines anywhere", play: func(w *worker) {
			w.send(lane.Errors, 0, "one\n")
			w.send(lane.Head, 0, headBlock("200 OK", ""))
			w.send(lane.Errors, lane.FlagError, "Traceback\n")
			w.send(lane.End, 0, "")
		}, ended: true, length: -1},
		{name: "failure before the head", play: func(w *worker) { w.send(lane.End, lane.FlagError, "ValueError: x") }, status: 500},
		{name: "failure in the middle", play: func(w *worker) {
			w.send(lane.Head, 0, headBlock("200 OK", "a"))
			w.send(lane.End, lane.FlagError, "ValueError: x")
		}, body: "a", status: 500, length: -1},
		{name: "system exit", play: func(w *worker) { w.send(lane.End, lane.FlagError|lane.FlagExit, "SystemExit: 3") }, status: 500, exit: true},
		{name: "head that may not be sent", play: func(w *worker) {
			w.send(lane.Head, 0, headBlock("200 OK\nX\na\rb", "secret"))
			if h, _ := w.read(); h.Type != lane.Abort {
				w.t.Errorf("worker got %v, want ABORT", h.Type)
			}
			w.send(lane.Data, 0, "more")
			w.send(lane.End, lane.FlagError, "aborted")
		}, status: 500},
		{name: "death at once", play: func(w *worker) {}, err: lane.ErrWorkerGone},
		{name: "death in the middle", play: func(w *worker) { w.send(lane.Head, 0, headBlock("200 OK", "a")) }, body: "a", length: -1, err: lane.ErrWorkerGone},
		{name: "death in a frame", play: func(w *worker) { w.nc.Write([]byte{5, 0, 0}) }, err: lane.ErrWorkerGone},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, res := run(t, exchange.NoBody, func(w *worker) { w.read(); c.play(w) })
			if s.body.String() != c.body || s.ended != c.ended || s.aborted != c.status || s.head.ContentLength != c.length ||
				!errors.Is(res.Err, c.err) || res.Exit != c.exit {
				t.Errorf("body %q ended %v aborted %d (%v) length %d; result %+v", s.body.String(), s.ended, s.aborted, s.why, s.head.ContentLength, res)
			}
		})
	}
}

func TestBreaches(t *testing.T) {
	head := headBlock("200 OK", "")
	frame := func(h lane.Header) string { return string(lane.AppendHeader(nil, h)) }
	cases := map[string]string{
		"over-long payload":     frame(lane.Header{Length: lane.MaxPayload + 1, Request: 1, Type: lane.Data}),
		"request zero":          frame(lane.Header{Request: 0, Type: lane.End}),
		"another request":       frame(lane.Header{Request: 2, Type: lane.End}),
		"reserved bytes":        frame(lane.Header{Request: 1, Type: lane.End})[:10] + "\x01\x00",
		"unknown type":          frame(lane.Header{Request: 1, Type: 99}),
		"a type of the front's": frame(lane.Header{Request: 1, Type: lane.Request}),
		"data before head":      frame(lane.Header{Length: 1, Request: 1, Type: lane.Data}) + "x",
		"end before head":       frame(lane.Header{Request: 1, Type: lane.End}),
		"file before head":      frame(lane.Header{Length: 16, Request: 1, Type: lane.File}) + string(make([]byte, 16)),
		"head too short":        frame(lane.Header{Length: 2, Request: 1, Type: lane.Head}) + "xx",
		"head block too long":   frame(lane.Header{Length: 8, Request: 1, Type: lane.Head}) + "\xff\xff\xff\xffxxxx",
		"second head": frame(lane.Header{Length: uint32(len(head)), Request: 1, Type: lane.Head}) + head +
			frame(lane.Header{Length: uint32(len(head)), Request: 1, Type: lane.Head}) + head,
		"file without descriptor": frame(lane.Header{Length: uint32(len(head)), Request: 1, Type: lane.Head}) + head +
			frame(lane.Header{Length: 16, Request: 1, Type: lane.File}) + string(make([]byte, 16)),
		"want nothing":           frame(lane.Header{Length: 4, Request: 1, Type: lane.Want}) + "\x00\x00\x00\x00",
		"want after the end":     frame(lane.Header{Length: 4, Request: 1, Type: lane.Want}) + "\x01\x00\x00\x00",
		"want of a strange size": frame(lane.Header{Length: 3, Request: 1, Type: lane.Want}) + "\x01\x00\x00",
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			_, res := run(t, exchange.NoBody, func(w *worker) { w.read(); w.nc.Write([]byte(raw)) })
			var pe *lane.ProtocolError
			if !errors.As(res.Err, &pe) {
				t.Errorf("result %+v, want a breach of the protocol", res)
			}
		})
	}
}

func TestBodyOnDemand(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 60_000)
	var got bytes.Buffer
	s, res := run(t, body{bytes.NewReader(content)}, func(w *worker) {
		if h, _ := w.read(); h.Flags&lane.FlagEnd != 0 {
			w.t.Error("the body is not in the request frame, but FlagEnd is")
		}
		for {
			w.send(lane.Want, 0, "\x00\x00\x04\x00")
			h, p := w.read()
			if h.Type != lane.Body || len(p) > 256<<10 {
				w.t.Errorf("%v of %d bytes in answer to WANT", h.Type, len(p))
			}
			got.Write(p)
			if h.Flags&lane.FlagEnd != 0 {
				break
			}
		}
		w.send(lane.Head, lane.FlagEnd, headBlock("200 OK", ""))
	})
	if res.Err != nil || !s.ended || !bytes.Equal(got.Bytes(), content) {
		t.Errorf("%d bytes of %d arrived, ended %v, %v", got.Len(), len(content), s.ended, res.Err)
	}
}

type brokenBody struct{ body }

func (brokenBody) Read([]byte) (int, error) {
	return 0, &exchange.BodyError{Status: 408, Err: errors.New("too slow")}
}

func TestBodyThatCannotBeDelivered(t *testing.T) {
	s, res := run(t, brokenBody{body{bytes.NewReader([]byte("x"))}}, func(w *worker) {
		w.read()
		w.send(lane.Want, 0, "\x00\x00\x04\x00")
		if h, p := w.read(); h.Flags != lane.FlagError || string(p) != "read request body: too slow" {
			w.t.Errorf("BODY with flags %d: %q", h.Flags, p)
		}
		w.send(lane.End, lane.FlagError, "OSError: too slow")
	})
	if res.Err != nil || s.aborted != 408 {
		t.Errorf("aborted with %d (%v), %v: the client was too slow, not the application wrong", s.aborted, s.why, res.Err)
	}
}

func TestClientGone(t *testing.T) {
	s := &sink{writes: exchange.ErrClientGone}
	res := runWith(t, s, exchange.NoBody, time.Time{}, func(w *worker) {
		w.read()
		w.send(lane.Head, 0, headBlock("200 OK", "a"))
		if h, _ := w.read(); h.Type != lane.Abort {
			w.t.Errorf("worker got %v, want ABORT", h.Type)
		}
		w.send(lane.Data, 0, "b")
		w.send(lane.End, lane.FlagError, "aborted")
	})
	if res.Err != nil || s.ended || !errors.Is(s.why, exchange.ErrClientGone) {
		t.Errorf("ended %v, aborted because of %v, result %+v", s.ended, s.why, res)
	}
}

func TestOutOfTime(t *testing.T) {
	release := make(chan struct{})
	s := &sink{}
	res := runWith(t, s, exchange.NoBody, time.Now().Add(20*time.Millisecond), func(w *worker) {
		go func() { w.read(); close(release) }()
		<-release
		io.Copy(io.Discard, w.nc) // until the front hangs up
	})
	if !res.TimedOut() || s.ended || s.aborted != 0 {
		t.Errorf("result %+v, ended %v, aborted %d", res, s.ended, s.aborted)
	}
}

// FuzzWorker: whatever a worker sends, the front neither fails nor waits beyond
// its deadline, and never shows a response as complete that has no end.
func FuzzWorker(f *testing.F) {
	head := headBlock("200 OK\nX\ny", "hello")
	f.Add(string(lane.AppendHeader(nil, lane.Header{Length: uint32(len(head)), Request: 1, Type: lane.Head, Flags: lane.FlagEnd})) + head)
	f.Add(string(lane.AppendHeader(nil, lane.Header{Length: 4, Request: 1, Type: lane.Want})) + "\x01\x00\x00\x00")
	f.Add(string(lane.AppendHeader(nil, lane.Header{Request: 1, Type: lane.End, Flags: lane.FlagError})))
	f.Fuzz(func(t *testing.T, raw string) {
		s := &sink{}
		res := runWith(t, s, exchange.NoBody, time.Now().Add(5*time.Second), func(w *worker) {
			w.read()
			go io.Copy(io.Discard, w.nc)
			w.nc.Write([]byte(raw))
		})
		if res.Err == nil && !s.ended && s.aborted == 0 {
			t.Error("the response was neither ended nor aborted")
		}
		if res.TimedOut() {
			t.Error("waited for the deadline")
		}
	})
}
