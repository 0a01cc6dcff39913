package supervise_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/lane"
	"modwsgi-express/core/pool"
	"modwsgi-express/core/supervise"
	"modwsgi-express/core/worker"
	"modwsgi-express/platforms/process"
)

// fake stands for a worker process whose every move the test makes: a real one
// cannot be told to hang, or to die, at a given instant. Real processes are
// supervised in integration/lifecycle.
type fake struct {
	slot, generation int

	mu     sync.Mutex
	events chan worker.Event
	stops  []string
	killed bool
	over   bool
	deaf   bool // does not leave when asked to
}

func (f *fake) PID() int { return 100*f.generation + f.slot }
func (f *fake) Transports(worker.Loaded) []supervise.Transport {
	a, _ := net.Pipe()
	return []supervise.Transport{lane.NewConn(a, 0)}
}
func (f *fake) Close()                      {}
func (f *fake) Events() <-chan worker.Event { return f.events }
func (f *fake) Tail() []string              { return []string{"last words"} }
func (f *fake) Stacks(context.Context, int) (string, error) {
	return "", errors.New("not asked for here")
}

func (f *fake) Stop(code string) error {
	f.mu.Lock()
	f.stops = append(f.stops, code)
	deaf := f.deaf
	f.mu.Unlock()
	if !deaf {
		f.exit(0)
	}
	return nil
}

func (f *fake) Kill() {
	f.mu.Lock()
	f.killed = true
	f.mu.Unlock()
	f.exit(-1)
}

func (f *fake) exit(code int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.over {
		f.over = true
		f.events <- worker.Event{Exited: &worker.Exited{Exit: process.Exit{Code: code}}}
		close(f.events)
	}
}

func (f *fake) load() { f.events <- worker.Event{Loaded: &worker.Loaded{Target: "app.py"}} }
func (f *fake) fail() {
	f.events <- worker.Event{Failed: &worker.Failed{Reason: worker.ReasonImport, Message: "no module"}}
	f.exit(1)
}

func (f *fake) state() (stops int, killed, over bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.stops), f.killed, f.over
}

// crew starts fakes and does to each what behave says.
type crew struct {
	mu     sync.Mutex
	all    []*fake
	behave func(f *fake)
}

func (c *crew) spawn(slot, generation int) (supervise.Process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &fake{slot: slot, generation: generation, events: make(chan worker.Event, 8)}
	c.all = append(c.all, f)
	if c.behave != nil {
		c.behave(f)
	}
	return f, nil
}

func (c *crew) set(behave func(f *fake)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.behave = behave
}

func (c *crew) list() []*fake {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*fake(nil), c.all...)
}

func (c *crew) living() (n int) {
	for _, f := range c.list() {
		if _, _, over := f.state(); !over {
			n++
		}
	}
	return n
}

func start(t *testing.T, processes int, behave func(f *fake)) (*supervise.Supervisor, *crew, *pool.Pool[*supervise.Thread], error) {
	t.Helper()
	c := &crew{behave: behave}
	p := pool.New[*supervise.Thread](10)
	s := supervise.New(supervise.Config{Processes: processes, Spawn: c.spawn,
		StartupTimeout: 15 * time.Second, GracefulTimeout: 15 * time.Second, ShutdownTimeout: 5 * time.Second}, p, zap.NewNop())
	return s, c, p, s.Start(t.Context())
}

func TestFirstStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, p, err := start(t, 3, (*fake).load)
		if err != nil {
			t.Fatal(err)
		}
		if st := p.Stats(); st.Threads != 3 || len(c.list()) != 3 {
			t.Errorf("%d threads of %d processes", st.Threads, len(c.list()))
		}
		if st := s.Status(); st.Generation != 1 || st.Loaded.Target != "app.py" || st.Failure != nil {
			t.Errorf("status %+v", st)
		}
		s.Stop()
		if n := c.living(); n != 0 {
			t.Errorf("%d processes left after Stop", n)
		}
	})
}

func TestFirstStartThatFails(t *testing.T) {
	for name, behave := range map[string]func(f *fake){
		"one says that it failed": func(f *fake) {
			if f.slot == 1 {
				f.fail()
			} else {
				f.load()
			}
		},
		"one dies": func(f *fake) {
			if f.slot == 1 {
				f.exit(3)
			} else {
				f.load()
			}
		},
		"one never comes": func(f *fake) {
			if f.slot != 1 {
				f.load()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c, p, err := start(t, 3, behave)
				var le *supervise.LoadError
				if !errors.As(err, &le) || le.Message == "" || len(le.Tail) != 1 {
					t.Errorf("start: %#v", err)
				}
				s.Stop()
				if n := c.living(); n != 0 || p.Stats().Threads != 0 {
					t.Errorf("%d processes are left, %d threads", n, p.Stats().Threads)
				}
			})
		})
	}
}

// TestCrashLoop: a worker that dies as soon as it serves is started again ever
// more slowly (reliability table 5.1: at most 5 in 6 s, 20 in a minute), and
// nobody waits for it.
func TestCrashLoop(t *testing.T) {
	for name, behave := range map[string]func(f *fake){
		"dies after loading": func(f *fake) { f.load(); f.exit(1) },
		"fails to load":      (*fake).fail,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c, p, err := start(t, 1, (*fake).load)
				if err != nil {
					t.Fatal(err)
				}
				c.set(behave)
				c.list()[0].exit(1)
				time.Sleep(6 * time.Second)
				if n := len(c.list()); n < 3 || n > 6 {
					t.Errorf("%d processes in the first 6 s", n)
				}
				if _, err := p.Acquire(0); !errors.Is(err, pool.ErrDown) {
					t.Errorf("a request meanwhile: %v", err)
				}
				time.Sleep(54 * time.Second)
				if n := len(c.list()); n > 20 {
					t.Errorf("%d processes in a minute", n)
				}
				c.set((*fake).load)
				time.Sleep(40 * time.Second)
				if st := p.Stats(); st.Threads != 1 {
					t.Errorf("%d threads after the cause was gone", st.Threads)
				}
				s.Stop()
			})
		})
	}
}

func TestHealthyWorkerIsReplacedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, p, err := start(t, 2, (*fake).load)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			time.Sleep(time.Minute)
			c.list()[len(c.list())-1].exit(-1)
			time.Sleep(time.Second)
			if st := p.Stats(); st.Threads != 2 {
				t.Fatalf("%d threads a second after a death", st.Threads)
			}
		}
		s.Stop()
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, p, err := start(t, 2, (*fake).load)
		if err != nil {
			t.Fatal(err)
		}
		busy, _ := p.Acquire(0)
		s.Reload()
		synctest.Wait()
		all := c.list()
		if len(all) != 4 || s.Status().Generation != 2 || p.Stats().Threads != 2 {
			t.Fatalf("%d processes, status %+v, stats %+v", len(all), s.Status(), p.Stats())
		}
		for i, f := range all {
			stops, killed, _ := f.state()
			running := i < 2 && busy.Value.Worker.PID() == f.PID()
			if want := i < 2 && !running; (stops == 1) != want || killed {
				t.Errorf("process %d: asked to stop %d times, killed %v", i, stops, killed)
			}
		}
		p.Release(busy)
		synctest.Wait()
		if n := c.living(); n != 2 {
			t.Errorf("%d processes are left after the last request", n)
		}
		s.Stop()
	})
}

func TestReloadThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, p, err := start(t, 2, (*fake).load)
		if err != nil {
			t.Fatal(err)
		}
		c.set(func(f *fake) {
			if f.slot == 1 {
				f.fail()
			}
		})
		s.Reload()
		time.Sleep(time.Second)
		if st := s.Status(); st.Generation != 1 || st.Failure == nil || st.Failure.Message != "no module" {
			t.Errorf("status %+v", st)
		}
		if n := c.living(); n != 2 || p.Stats().Threads != 2 {
			t.Errorf("%d processes, %d threads: want those of the old code", n, p.Stats().Threads)
		}
		c.set((*fake).load)
		s.Reload()
		time.Sleep(time.Second)
		if st := s.Status(); st.Generation != 3 || st.Failure != nil {
			t.Errorf("status after mending it: %+v", st)
		}
		s.Stop()
	})
}

func TestReloadsWhileReloading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, _, err := start(t, 1, (*fake).load)
		if err != nil {
			t.Fatal(err)
		}
		c.set(func(f *fake) { time.AfterFunc(5*time.Second, f.load) })
		for range 10 {
			s.Reload()
		}
		time.Sleep(time.Minute)
		if g := s.Status().Generation; g != 3 {
			t.Errorf("generation %d: ten wishes during a reload are one more reload", g)
		}
		s.Stop()
	})
}

func TestReplacementFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, p, err := start(t, 1, (*fake).load)
		if err != nil {
			t.Fatal(err)
		}
		th, _ := p.Acquire(0)
		w := th.Value.Worker
		p.Release(th)
		c.set(func(f *fake) { time.AfterFunc(5*time.Second, f.load) })
		s.Replace(w, "test")
		s.Replace(w, "test")
		time.Sleep(4 * time.Second)
		if st := p.Stats(); st.Threads != 1 || len(c.list()) != 2 {
			t.Errorf("while the replacement loads: %d threads, %d processes", st.Threads, len(c.list()))
		}
		time.Sleep(2 * time.Second)
		if stops, _, over := c.list()[0].state(); stops != 1 || !over || c.living() != 1 {
			t.Errorf("old worker: %d stops, over %v; %d living", stops, over, c.living())
		}
		s.Stop()
	})
}

func TestLimitsOfStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, p, err := start(t, 1, func(f *fake) { f.deaf = true; f.load() })
		if err != nil {
			t.Fatal(err)
		}
		th, _ := p.Acquire(0) // a request that never ends
		begin := time.Now()
		s.Reload()
		synctest.Wait()
		f := c.list()[0]
		time.Sleep(14 * time.Second)
		if stops, _, _ := f.state(); stops != 0 {
			t.Error("asked to stop before the graceful timeout")
		}
		time.Sleep(2 * time.Second)
		if stops, killed, _ := f.state(); stops != 1 || killed {
			t.Errorf("after the graceful timeout: %d stops, killed %v", stops, killed)
		}
		time.Sleep(5 * time.Second)
		if _, killed, over := f.state(); !killed || !over {
			t.Error("not killed after the shutdown timeout")
		}
		p.Discard(th)
		c.list()[1].mu.Lock()
		c.list()[1].deaf = false
		c.list()[1].mu.Unlock()
		s.Stop()
		if d := time.Since(begin); d > 30*time.Second {
			t.Errorf("took %v", d)
		}
	})
}

func TestKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, _, err := start(t, 2, func(f *fake) { f.deaf = true; f.load() })
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		s.Kill()
		if time.Since(begin) != 0 || c.living() != 0 {
			t.Errorf("%d living after %v", c.living(), time.Since(begin))
		}
		s.Kill() // again, and after the end: nothing happens
		s.Reload()
	})
}
