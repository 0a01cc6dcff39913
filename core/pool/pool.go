// Package pool is the one queue of an application and the threads that take
// requests from it.
//
//	                 ┌─ worker 1: thread thread thread
//	Acquire ─► FIFO ─┼─ worker 2: thread thread thread      Release ─► next in the FIFO, or idle
//	          bounded└─ worker 3: …
//
// A request waits in the front and nowhere else: it is given to a thread only
// when one is free, whichever worker it lives in. Among several free threads the
// one in the worker with the fewest running requests is taken, because threads
// of one interpreter stand in each other's way, and within it the one that was
// used last, which is warm.
//
// The pool knows no processes. A worker is added when it can serve and removed
// when it no longer should; its threads that are busy at that moment finish.
package pool

import (
	"errors"
	"sync"
	"time"
)

var (
	// ErrFull: as many requests as may wait are waiting.
	ErrFull = errors.New("queue is full")
	// ErrTimeout: no thread became free in time.
	ErrTimeout = errors.New("no thread became free in time")
	// ErrDown: there is no worker and none is about to come.
	ErrDown = errors.New("no worker is running")
	// ErrClosed: the pool is closed.
	ErrClosed = errors.New("application is shutting down")
)

// Pool is safe for use by several goroutines.
type Pool[T any] struct {
	mu      sync.Mutex
	workers []*Worker[T]
	head    *waiter[T] // FIFO, oldest first
	tail    *waiter[T]
	waiting int
	limit   int
	down    bool
	closed  bool
	stats   Stats
}

// Stats are counters since the pool was made, and the current state.
type Stats struct {
	Waiting, Busy, Threads    int
	Served, Refused, TimedOut uint64
	LongestQueue              int
}

// Worker is a set of threads that come and go together.
type Worker[T any] struct {
	idle    []*Thread[T] // last used at the end
	busy    int
	removed bool
	drained chan struct{}
}

// Thread is one thread of a worker. Value is what the transport needs.
type Thread[T any] struct {
	Value  T
	worker *Worker[T]
}

type waiter[T any] struct {
	next, prev *waiter[T]
	ready      chan outcome[T] // buffered: who serves it never waits
	queued     bool
}

type outcome[T any] struct {
	thread *Thread[T]
	err    error
}

// New makes an empty pool in which at most limit requests wait.
func New[T any](limit int) *Pool[T] { return &Pool[T]{limit: limit} }

// Add makes the threads of a new worker available; values has one item a thread.
func (p *Pool[T]) Add(values []T) *Worker[T] {
	w := &Worker[T]{drained: make(chan struct{})}
	for i := len(values) - 1; i >= 0; i-- {
		w.idle = append(w.idle, &Thread[T]{Value: values[i], worker: w})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.workers = append(p.workers, w)
	p.down = false
	for p.head != nil && len(w.idle) > 0 {
		p.hand(p.take(w))
	}
	return w
}

// Remove takes a worker out: no thread of it is given out any more. The channel
// is closed when its last busy thread was released; at once if none is busy.
func (p *Pool[T]) Remove(w *Worker[T]) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !w.removed {
		w.removed = true
		w.idle = nil
		for i := range p.workers {
			if p.workers[i] == w {
				p.workers = append(p.workers[:i], p.workers[i+1:]...)
				break
			}
		}
		if w.busy == 0 {
			close(w.drained)
		}
	}
	return w.drained
}

// SetDown tells that no worker is there and none will be soon: requests that
// wait are answered with ErrDown, new ones too, until a worker is added.
func (p *Pool[T]) SetDown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.workers) > 0 {
		return
	}
	p.down = true
	p.failAll(ErrDown)
}

// Close fails every request that waits or will come with ErrClosed.
func (p *Pool[T]) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.failAll(ErrClosed)
}

func (p *Pool[T]) failAll(err error) {
	for p.head != nil {
		p.pop().ready <- outcome[T]{err: err}
	}
}

// Acquire waits at most timeout (0: without limit) for a free thread. The caller
// gives it back with Release, or with Discard if it cannot be used again.
func (p *Pool[T]) Acquire(timeout time.Duration) (*Thread[T], error) {
	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return nil, ErrClosed
	case p.head == nil:
		if w := p.best(); w != nil {
			t := p.take(w)
			p.mu.Unlock()
			return t, nil
		}
	}
	if p.down || p.waiting >= p.limit {
		err := ErrFull
		if p.down {
			err = ErrDown
		}
		p.stats.Refused++
		p.mu.Unlock()
		return nil, err
	}
	w := &waiter[T]{ready: make(chan outcome[T], 1)}
	p.push(w)
	p.mu.Unlock()
	return p.wait(w, timeout)
}

func (p *Pool[T]) wait(w *waiter[T], timeout time.Duration) (*Thread[T], error) {
	var expired <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		expired = t.C
	}
	select {
	case o := <-w.ready:
		return o.thread, o.err
	case <-expired:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !w.queued { // served at the same moment
		o := <-w.ready
		return o.thread, o.err
	}
	p.unlink(w)
	p.stats.TimedOut++
	return nil, ErrTimeout
}

// Release makes a thread available again.
func (p *Pool[T]) Release(t *Thread[T]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := t.worker
	p.leave(w)
	if w.removed {
		return
	}
	w.idle = append(w.idle, t)
	if p.head != nil {
		if b := p.best(); b != nil {
			p.hand(p.take(b))
		}
	}
}

// Discard gives a thread back that cannot be used again.
func (p *Pool[T]) Discard(t *Thread[T]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leave(t.worker)
}

func (p *Pool[T]) leave(w *Worker[T]) {
	w.busy--
	p.stats.Busy--
	p.stats.Served++
	if w.removed && w.busy == 0 {
		close(w.drained)
	}
}

// Stats returns the counters.
func (p *Pool[T]) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Waiting = p.waiting
	for _, w := range p.workers {
		s.Threads += len(w.idle) + w.busy
	}
	return s
}

// best is the worker whose thread should take the next request, nil if no
// thread is free. Needs mu, as all that follow do.
func (p *Pool[T]) best() *Worker[T] {
	var best *Worker[T]
	for _, w := range p.workers {
		if len(w.idle) > 0 && (best == nil || w.busy < best.busy) {
			best = w
		}
	}
	return best
}

func (p *Pool[T]) take(w *Worker[T]) *Thread[T] {
	n := len(w.idle) - 1
	t := w.idle[n]
	w.idle = w.idle[:n]
	w.busy++
	p.stats.Busy++
	return t
}

func (p *Pool[T]) hand(t *Thread[T]) { p.pop().ready <- outcome[T]{thread: t} }

func (p *Pool[T]) push(w *waiter[T]) {
	w.queued = true
	w.prev = p.tail
	if p.tail != nil {
		p.tail.next = w
	} else {
		p.head = w
	}
	p.tail = w
	p.waiting++
	p.stats.LongestQueue = max(p.stats.LongestQueue, p.waiting)
}

func (p *Pool[T]) pop() *waiter[T] {
	w := p.head
	p.unlink(w)
	return w
}

func (p *Pool[T]) unlink(w *waiter[T]) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		p.head = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		p.tail = w.prev
	}
	w.next, w.prev, w.queued = nil, nil, false
	p.waiting--
}
