package pool_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"modwsgi-express/core/pool"
)

func TestFreeThreadOfTheLeastBusyWorker(t *testing.T) {
	p := pool.New[string](0)
	p.Add([]string{"a0", "a1", "a2"})
	p.Add([]string{"b0", "b1"})
	var got []string
	for range 5 {
		th, err := p.Acquire(0)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, th.Value)
	}
	want := []string{"a0", "b0", "a1", "b1", "a2"}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("threads came as %v, want %v", got, want)
		}
	}
	if _, err := p.Acquire(0); !errors.Is(err, pool.ErrFull) {
		t.Errorf("no thread and no queue: %v", err)
	}
}

func TestWarmThreadFirst(t *testing.T) {
	p := pool.New[int](0)
	p.Add([]int{0, 1, 2})
	a, _ := p.Acquire(0)
	b, _ := p.Acquire(0)
	p.Release(a)
	p.Release(b)
	if c, _ := p.Acquire(0); c != b {
		t.Errorf("got thread %d, the one used last is %d", c.Value, b.Value)
	}
}

func TestFirstInFirstOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New[int](10)
		p.Add([]int{0})
		held, _ := p.Acquire(0)
		var mu sync.Mutex
		var order []int
		for i := range 5 {
			go func() {
				th, err := p.Acquire(0)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				p.Release(th)
			}()
			synctest.Wait() // it has its place in the queue
		}
		p.Release(held)
		synctest.Wait()
		for i := range order {
			if order[i] != i {
				t.Fatalf("served in the order %v", order)
			}
		}
		if s := p.Stats(); len(order) != 5 || s.Busy != 0 || s.Waiting != 0 || s.Served != 6 || s.LongestQueue != 5 {
			t.Errorf("%d served, stats %+v", len(order), s)
		}
	})
}

func TestQueueLimitAndTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New[int](1)
		p.Add([]int{0})
		held, _ := p.Acquire(0)
		result := make(chan error)
		begin := time.Now()
		go func() { _, err := p.Acquire(45 * time.Second); result <- err }()
		synctest.Wait()
		if _, err := p.Acquire(time.Second); !errors.Is(err, pool.ErrFull) {
			t.Errorf("second in a queue of one: %v", err)
		}
		if err := <-result; !errors.Is(err, pool.ErrTimeout) || time.Since(begin) != 45*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		p.Release(held) // nobody waits any more: it must not be lost
		if _, err := p.Acquire(0); err != nil {
			t.Errorf("after the timeout: %v", err)
		}
	})
}

func TestWorkersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New[string](10)
		old := p.Add([]string{"old"})
		running, _ := p.Acquire(0)
		drained := p.Remove(old)
		got := make(chan string, 1)
		go func() {
			th, err := p.Acquire(0)
			if err == nil {
				got <- th.Value
			}
		}()
		synctest.Wait()
		select {
		case <-drained:
			t.Error("drained while a thread is busy")
		case v := <-got:
			t.Errorf("%s was given out after its worker was removed", v)
		default:
		}
		p.Add([]string{"new"})
		if v := <-got; v != "new" {
			t.Errorf("got %s", v)
		}
		p.Release(running)
		<-drained
		if s := p.Stats(); s.Threads != 1 {
			t.Errorf("%d threads are left, want the new one", s.Threads)
		}
	})
}

func TestNoWorkerAtAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New[int](10)
		waiting := make(chan error)
		go func() { _, err := p.Acquire(0); waiting <- err }()
		synctest.Wait()
		p.SetDown()
		if err := <-waiting; !errors.Is(err, pool.ErrDown) {
			t.Errorf("waiting request: %v", err)
		}
		if _, err := p.Acquire(0); !errors.Is(err, pool.ErrDown) {
			t.Errorf("new request: %v", err)
		}
		p.Add([]int{1})
		if _, err := p.Acquire(0); err != nil {
			t.Errorf("after a worker came: %v", err)
		}
		go func() { _, err := p.Acquire(0); waiting <- err }()
		synctest.Wait()
		p.Close()
		if err := <-waiting; !errors.Is(err, pool.ErrClosed) {
			t.Errorf("waiting request at close: %v", err)
		}
	})
}

// TestNothingIsLost: whatever happens in whatever order, a thread is in one
// place, nobody waits while a thread is free, and the counters add up.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := pool.New[int](3)
		workers := map[int]*pool.Worker[int]{}
		var held []*pool.Thread[int]
		next, size := 0, map[int]int{}
		rt.Repeat(map[string]func(*rapid.T){
			"add": func(rt *rapid.T) {
				n := rapid.IntRange(1, 3).Draw(rt, "threads")
				values := make([]int, n)
				for i := range values {
					values[i] = next
				}
				workers[next], size[next] = p.Add(values), n
				next++
			},
			"remove": func(rt *rapid.T) {
				for id, w := range workers {
					p.Remove(w)
					delete(workers, id)
					break
				}
			},
			"acquire": func(rt *rapid.T) {
				if p.Stats().Threads == p.Stats().Busy-outside(held, workers) {
					return // would wait
				}
				th, err := p.Acquire(time.Nanosecond)
				if err != nil {
					rt.Fatalf("a thread is free: %v", err)
				}
				if _, ok := workers[th.Value]; !ok {
					rt.Fatalf("thread of the removed worker %d", th.Value)
				}
				held = append(held, th)
			},
			"release": func(rt *rapid.T) {
				if len(held) == 0 {
					return
				}
				i := rapid.IntRange(0, len(held)-1).Draw(rt, "which")
				p.Release(held[i])
				held = append(held[:i], held[i+1:]...)
			},
			"": func(rt *rapid.T) {
				want := 0
				for id := range workers {
					want += size[id]
				}
				if s := p.Stats(); s.Busy != len(held) || s.Threads != want || s.Waiting != 0 {
					rt.Fatalf("stats %+v, held %d, threads %d", s, len(held), want)
				}
			},
		})
	})
}

// outside counts the held threads whose worker was removed.
func outside(held []*pool.Thread[int], workers map[int]*pool.Worker[int]) (n int) {
	for _, th := range held {
		if _, ok := workers[th.Value]; !ok {
			n++
		}
	}
	return n
}
