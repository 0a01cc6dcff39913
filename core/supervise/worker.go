package supervise

import (
	"fmt"
	"sync"
	"time"

	"modwsgi-express/core/lane"
	"modwsgi-express/core/pool"
	"modwsgi-express/core/worker"
)

// State is where a worker is in its life; see the package comment.
type State uint8

// The states of a worker.
const (
	Loading State = iota
	Serving
	Draining
	Stopping
	Dead
)

func (s State) String() string {
	return [...]string{"loading", "serving", "draining", "stopping", "dead"}[s]
}

// Worker is one process of an application as the supervisor sees it.
type Worker struct {
	proc       Process
	slot       *slot // whose place it has or is to take
	generation int
	started    time.Time

	state   State
	member  *pool.Worker[*Thread]
	threads []*Thread
	timer   *time.Timer // the limit of the present state
	hello   worker.Hello
	loaded  worker.Loaded
	failed  *worker.Failed
	why     string // why it was retired or killed, for its obituary
}

// PID is the process id.
func (w *Worker) PID() int { return w.proc.PID() }

// Transport carries requests to a worker: it is a *lane.Conn, the lane of one
// thread, or a *ring.Seat, one of as many places in the worker's ring.
type Transport interface {
	// Serve runs one request. After an error it is not called again.
	Serve(job *lane.Job) lane.Result
	// Drain waits, after a Serve that ran out of time, until the thread is done with
	// the request or the worker is gone. It has to be called then.
	Drain() error
	// Thread is the index of the thread that runs the request, or ran out of time
	// with it, -1 if no thread has taken it.
	Thread() int
}

// Thread is one thread of a worker: the unit that serves one request at a time.
type Thread struct {
	Transport Transport
	Worker    *Worker

	mu      sync.Mutex
	request []byte // what it serves, "" when idle
}

// Begin notes the request that the thread takes, for obituaries and status: its
// id, method and target. It copies.
func (t *Thread) Begin(id, method, target []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.request = append(append(t.request[:0], id...), ' ')
	t.request = append(append(t.request, method...), ' ')
	t.request = append(t.request, target[:min(len(target), 200)]...)
}

// Finish notes that the thread is idle again.
func (t *Thread) Finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.request = t.request[:0]
}

// Request is what the thread serves, "" if it is idle.
func (t *Thread) Request() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.request)
}

// running lists the requests that the worker's threads have.
func (w *Worker) running() []string {
	var all []string
	for _, t := range w.threads {
		if r := t.Request(); r != "" {
			all = append(all, r)
		}
	}
	return all
}

// enter moves to a state and arms its limit (0: none).
func (s *Supervisor) enter(w *Worker, to State, limit time.Duration) {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	w.state = to
	if limit > 0 {
		w.timer = time.AfterFunc(limit, func() { s.post(event{kind: expired, worker: w, state: to}) })
	}
}

// onLoaded: Loading → Serving, or (a generation that has to wait for its others)
// stays Loading without a limit.
func (s *Supervisor) onLoaded(w *Worker, l worker.Loaded) {
	switch w.state {
	case Loading:
		w.loaded = l
		s.enter(w, Loading, 0)
		s.log.Debug("worker has loaded the application", s.about(w)...)
		if w.slot.next == w {
			s.candidateReady(w)
		}
	default: // it was given up meanwhile
	}
}

// onFailed: the process will exit by itself; the limit of its state stays.
func (s *Supervisor) onFailed(w *Worker, f worker.Failed) {
	if w.state == Loading {
		w.failed = &f
	}
}

// onExpired: the limit of a state is over.
func (s *Supervisor) onExpired(w *Worker, state State) {
	if w.state != state {
		return
	}
	switch state {
	case Loading:
		w.failed = &worker.Failed{Reason: ReasonTimeout, Message: TimeoutMessage(s.cfg.StartupTimeout)}
		s.kill(w, "startup timeout")
	case Draining:
		s.log.Warn("requests did not end in time, stopping their worker", s.about(w, running(w))...)
		s.stop(w, "graceful timeout")
	case Stopping:
		s.kill(w, "shutdown timeout")
	case Serving, Dead:
	}
}

// TimeoutMessage says that an application took too long to load.
func TimeoutMessage(limit time.Duration) string {
	return fmt.Sprintf("the application was not loaded within %v (--startup-timeout)", limit)
}

// retire: Serving → Draining. Its threads get no more requests.
func (s *Supervisor) retire(w *Worker, why string) {
	if w.state != Serving {
		return
	}
	w.why = why
	s.enter(w, Draining, s.cfg.GracefulTimeout)
	drained := s.pool.Remove(w.member)
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		select {
		case <-drained:
			s.post(event{kind: drainedAll, worker: w})
		case <-s.quit:
		}
	}()
}

// onDrained: Draining → Stopping.
func (s *Supervisor) onDrained(w *Worker) {
	if w.state == Draining {
		s.stop(w, w.why)
	}
}

// stop: any living state → Stopping. The process is asked to leave.
func (s *Supervisor) stop(w *Worker, why string) {
	if w.state >= Stopping {
		return
	}
	if w.state == Serving {
		s.pool.Remove(w.member)
	}
	w.why = why
	s.enter(w, Stopping, s.cfg.ShutdownTimeout)
	if err := w.proc.Stop(why); err != nil {
		s.kill(w, why) // its control socket is gone: it cannot be asked
	}
}

// kill ends the process; its exit event follows.
func (s *Supervisor) kill(w *Worker, why string) {
	if w.state == Dead {
		return
	}
	if w.state == Serving {
		s.pool.Remove(w.member)
	}
	if w.why == "" {
		w.why = why
	}
	s.enter(w, Stopping, 0)
	w.proc.Kill()
}

// serve: Loading → Serving.
func (s *Supervisor) serve(w *Worker) {
	s.enter(w, Serving, 0)
	for _, t := range w.proc.Transports(w.loaded) {
		w.threads = append(w.threads, &Thread{Transport: t, Worker: w})
	}
	w.member = s.pool.Add(w.threads)
}
