package ring_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/gateway"
	"modwsgi-express/core/lane"
	"modwsgi-express/core/ring"
	"modwsgi-express/core/worker"
)

// sink records a response. It stands for the front.
type sink struct {
	head    exchange.Head
	body    bytes.Buffer
	ended   bool
	aborted int
}

func (s *sink) Head(h *exchange.Head) error           { s.head = *h; return nil }
func (s *sink) Write(p []byte) error                  { s.body.Write(p); return nil }
func (s *sink) SendFile(*os.File, int64, int64) error { return errors.New("not here") }
func (s *sink) Flush() error                          { return nil }
func (s *sink) End() error                            { s.ended = true; return nil }
func (s *sink) Abort(status int, _ error)             { s.aborted = status }
func (s *sink) Started() bool                         { return s.body.Len() > 0 }
func (s *sink) Extra() int64 {
	if s.head.ContentLength < 0 {
		return 0
	}
	return max(0, int64(s.body.Len())-s.head.ContentLength)
}

// whole is a body that is here.
type whole struct{ *bytes.Reader }

func (b whole) Size() int64 { return b.Reader.Size() }
func (b whole) Whole() ([]byte, bool) {
	p := make([]byte, b.Reader.Size())
	_, err := b.ReadAt(p, 0)
	return p, err == nil || len(p) == 0
}

// service is a real worker behind a ring.
type service struct {
	t       testing.TB
	process *worker.Process
	ring    *ring.Ring
	seats   []*ring.Seat
	log     *observer.ObservedLogs
	logger  *zap.Logger
	died    chan struct{}
}

// pythons are the interpreters of $MODWSGI_TEST_PYTHONS, a list like $PATH, and
// those on $PATH.
func pythons(tb testing.TB) []string {
	tb.Helper()
	candidates := filepath.SplitList(os.Getenv("MODWSGI_TEST_PYTHONS"))
	for minor := 8; minor <= 15; minor++ {
		candidates = append(candidates, fmt.Sprintf("python3.%d", minor), fmt.Sprintf("python3.%dt", minor))
	}
	var found []string
	seen := map[string]bool{}
	for _, c := range append(candidates, "python3") {
		path, err := exec.LookPath(c)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "-c", "import platform as p, sys; print(p.python_implementation(), sys.version)").Output()
		if name := string(out); err == nil && !seen[name] && strings.HasPrefix(name, "CPython") {
			seen[name] = true
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		tb.Skip("no CPython on PATH or in MODWSGI_TEST_PYTHONS")
	}
	return found
}

// serve starts a worker with the application of testdata.
func serve(tb testing.TB, python string, threads int) *service {
	tb.Helper()
	library, err := ring.Library()
	if err != nil {
		tb.Skip(err)
	}
	r, err := ring.New(threads, threads)
	if err != nil {
		tb.Fatal(err)
	}
	region, bell := r.Files()
	dir, err := filepath.Abs("testdata/apps")
	if err != nil {
		tb.Fatal(err)
	}
	core, logs := observer.New(zap.InfoLevel)
	s := &service{t: tb, ring: r, log: logs, logger: zap.New(core), died: make(chan struct{})}
	s.process, err = worker.Spawn(worker.Config{
		Interpreter: python, Threads: threads, Log: s.logger,
		Env:   []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1"},
		Start: worker.Start{Target: "tokens.py", WorkingDirectory: dir, Files: true},
		Ring:  &worker.RingFiles{Region: region, Size: r.Size(), Front: bell, Library: library, Required: true},
	})
	if err != nil {
		tb.Fatal(err)
	}
	loaded := make(chan bool, 1)
	go func() {
		defer close(s.died)
		defer close(loaded)
		for ev := range s.process.Events() {
			switch {
			case ev.Loaded != nil:
				loaded <- ev.Loaded.Transport == worker.TransportRing
			case ev.Failed != nil:
				tb.Errorf("the application was not loaded: %+v", ev.Failed)
			}
		}
	}()
	tb.Cleanup(s.kill)
	if !<-loaded {
		tb.Fatalf("the worker does not use the ring: %q", s.process.Tail())
	}
	var lanes []*lane.Conn
	for i, nc := range s.process.Lanes() {
		lanes = append(lanes, lane.NewConn(nc, i))
	}
	s.seats = ring.NewSeats(r, lanes, threads)
	return s
}

func (s *service) kill() {
	s.process.Kill()
	<-s.died
	for _, l := range s.process.Lanes() {
		l.Close()
	}
	s.ring.Close()
}

var environ = gateway.NewEnviron(gateway.Settings{MultiThread: true})

func (s *service) job(out *sink, path, token, body string) *lane.Job {
	x := &exchange.Exchange{Response: out, Body: whole{bytes.NewReader([]byte(body))}, Start: time.Now(),
		Peer: &exchange.Peer{Local: netip.MustParseAddrPort("127.0.0.1:80"), Remote: netip.MustParseAddrPort("127.0.0.1:1024")}}
	x.Request.Method, x.Request.Path, x.Request.Query, x.Request.Target = []byte("GET"), []byte(path), []byte(token), []byte(path)
	x.Request.Major, x.Request.Minor, x.Request.ContentLength = 1, 1, int64(len(body))
	return &lane.Job{X: x, Environ: environ, Queued: x.Start, Taken: x.Start, Log: s.logger, Output: s.logger}
}

// get serves one request, which has to come to an end.
func (s *service) get(seat *ring.Seat, path, token, body string) (*sink, lane.Result) {
	out := &sink{}
	job := s.job(out, path, token, body)
	job.Deadline = time.Now().Add(patience)
	res := seat.Serve(job)
	if res.Err != nil {
		s.t.Errorf("GET %s?%s: %v (thread %d)", path, token, res.Err, seat.Thread())
	}
	return out, res
}

// TestWays: a response is the same whichever way it goes.
func TestWays(t *testing.T) {
	large := strings.Repeat("x", 100_000)
	cases := []struct {
		path, body, want string
		aborted          int
		dropped          int64
		log              string
	}{
		{path: "/", want: "tok"},
		{path: "/early", want: "tok"},
		{path: "/stream", want: "tok"},
		{path: "/write", want: "tok"},
		{path: "/sleep", want: "tok"},
		{path: "/log", want: "tok", log: "token tok"},
		{path: "/late-log", want: "tok", log: "closed"},
		{path: "/large", want: "tok" + large},
		{path: "/echo", body: "small", want: "toksmall"},
		{path: "/echo", body: large, want: "tok" + large},
		{path: "/raise", aborted: 500, log: "application failed"},
		{path: "/late-raise", want: "tok", aborted: 500, log: "application failed"},
		{path: "/longer", want: "tokmore", dropped: 4},
	}
	for _, python := range pythons(t) {
		t.Run(filepath.Base(python), func(t *testing.T) {
			s := serve(t, python, 2)
			for range 3 {
				for _, c := range cases {
					s.log.TakeAll()
					out, res := s.get(s.seats[0], c.path, "tok", c.body)
					if out.body.String() != c.want || out.aborted != c.aborted || res.Dropped != c.dropped || out.ended != (c.aborted == 0) {
						t.Errorf("%s: %.40q, ended %v, aborted %d, dropped %d", c.path, out.body.String(), out.ended, out.aborted, res.Dropped)
					}
					if c.log != "" && s.log.FilterMessageSnippet(c.log).Len() != 1 {
						t.Errorf("%s: the log has %v, expected %q", c.path, s.log.All(), c.log)
					}
				}
			}
		})
	}
}

// TestBursts: many small bursts, so that the worker goes to sleep and wakes up all
// the time. Each response has its request's token, and none is missing.
func TestBursts(t *testing.T) {
	total := 100_000
	if testing.Short() {
		total = 5_000
	}
	paths := []string{"/", "/", "/", "/", "/early", "/stream", "/log", "/large", "/sleep", "/echo"}
	all := pythons(t)
	for _, threads := range []int{1, 5, 64} {
		t.Run(fmt.Sprint(threads), func(t *testing.T) {
			s := serve(t, all[len(all)-1], threads)
			for n := 0; n < total/3 && !t.Failed(); {
				burst := 1 + rand.IntN(threads)
				var wg sync.WaitGroup
				for i := range burst {
					n++
					path, token := paths[0], fmt.Sprintf("%d-%x", n, rand.Uint64())
					if n%4 == 0 {
						path = paths[rand.IntN(len(paths))]
					}
					wg.Go(func() {
						out, _ := s.get(s.seats[i], path, token, "")
						if !out.ended || !strings.HasPrefix(out.body.String(), token) {
							t.Errorf("GET %s?%s: %.60q, ended %v", path, token, out.body.String(), out.ended)
						}
					})
				}
				wg.Wait()
			}
		})
	}
}

// TestWorkerKilled: every request that is out ends, whatever it waits for.
func TestWorkerKilled(t *testing.T) {
	all := pythons(t)
	s := serve(t, all[len(all)-1], 3)
	results := make(chan lane.Result, 3)
	for _, seat := range s.seats {
		go func() { results <- seat.Serve(s.job(&sink{}, "/forever", "", "")) }()
	}
	for _, seat := range s.seats {
		for end := time.Now().Add(patience); seat.Thread() < 0; {
			if time.Now().After(end) {
				t.Fatal("not all requests were claimed: a thread was not woken")
			}
			time.Sleep(time.Millisecond)
		}
	}
	s.kill()
	for range s.seats {
		if res := <-results; !errors.Is(res.Err, lane.ErrWorkerGone) || res.Unseen {
			t.Errorf("result %+v", res)
		}
	}
}

// TestDrain: after a request that ran out of time its seat and lane can be used again.
func TestDrain(t *testing.T) {
	all := pythons(t)
	s := serve(t, all[len(all)-1], 1)
	for _, path := range []string{"/sleep", "/large", "/stream", "/early", "/echo"} {
		for range 20 {
			job := s.job(&sink{}, path, "tok", strings.Repeat("x", rand.IntN(2)*100_000))
			job.Deadline = time.Now().Add(time.Duration(rand.IntN(2000)) * time.Microsecond)
			if res := s.seats[0].Serve(job); res.TimedOut() {
				if err := s.seats[0].Drain(); err != nil {
					t.Fatalf("%s: drain: %v", path, err)
				}
			} else if res.Err != nil {
				t.Fatalf("%s: %v", path, res.Err)
			}
			if out, _ := s.get(s.seats[0], path, "next", ""); !strings.HasPrefix(out.body.String(), "next") {
				t.Fatalf("%s: the next response is %.40q", path, out.body.String())
			}
		}
	}
}

func BenchmarkWorker(b *testing.B) {
	all := pythons(b)
	s := serve(b, all[len(all)-1], 1)
	b.ReportAllocs()
	for b.Loop() {
		s.get(s.seats[0], "/", "tok", "")
	}
}
