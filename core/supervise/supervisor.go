package supervise

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/pool"
	"modwsgi-express/core/worker"
)

// Process is what the supervisor needs of a worker process (see core/worker).
type Process interface {
	PID() int
	// Transports are what serves requests, one a thread, of a worker that has said
	// Loaded. Asked for once.
	Transports(worker.Loaded) []Transport
	// Close ends all transports, and with them the requests that they serve; called
	// when the process has exited.
	Close()
	// Events ends, closed, after the process has exited.
	Events() <-chan worker.Event
	Stop(code string) error
	Kill()
	Tail() []string
	Stacks(ctx context.Context, thread int) (string, error)
}

// Config is how an application wants its workers.
type Config struct {
	Processes int
	// Spawn starts a process. It must not wait for the application.
	Spawn func(slot, generation int) (Process, error)

	StartupTimeout  time.Duration // to load the application; 0: none
	GracefulTimeout time.Duration // for running requests of a worker that is replaced
	ShutdownTimeout time.Duration // for the process to exit when asked
	// OnLoaded is told what was loaded, before requests are given to it.
	OnLoaded func(worker.Hello, worker.Loaded)
	// OnFiles gets the files whose change should reload the application.
	OnFiles func(paths []string)
}

// Supervisor runs the workers of one application.
type Supervisor struct {
	cfg  Config
	pool *pool.Pool[*Thread]
	log  *zap.Logger

	events chan event
	quit   chan struct{} // closed when the event loop has ended
	wg     sync.WaitGroup

	// Owned by the event loop:
	slots      []*slot
	generation int
	living     map[*Worker]struct{}
	stopping   bool
	again      bool       // a reload was asked for while one is under way
	reloading  bool       // the slots' next workers are one generation
	first      chan error // outcome of the first start, nil once told

	mu     sync.Mutex
	status Status
}

// Status is what can be said of the workers at one moment.
type Status struct {
	Generation int
	Hello      worker.Hello  // of the generation that serves
	Loaded     worker.Loaded // the same
	// Failure is why the last attempt to load the application failed, nil if it
	// did not.
	Failure *worker.Failed
}

type kind uint8

const (
	workerEvent kind = iota // anything a process says
	expired                 // the limit of a worker's state
	drainedAll              // a retired worker has no requests left
	refillDue               // a slot's delay is over
	reload                  // Reload was called
	replace                 // Replace was called
	drop                    // Drop was called
	shutdown                // Stop was called
)

type event struct {
	kind   kind
	worker *Worker
	slot   *slot
	state  State
	say    worker.Event
	gone   bool // the process's events are over
	text   string
}

// New makes a supervisor; nothing is started until Start.
func New(cfg Config, p *pool.Pool[*Thread], log *zap.Logger) *Supervisor {
	s := &Supervisor{cfg: cfg, pool: p, log: log,
		events: make(chan event, 64), quit: make(chan struct{}), living: map[*Worker]struct{}{}}
	for i := range cfg.Processes {
		s.slots = append(s.slots, &slot{index: i})
	}
	return s
}

// Reasons of a worker.Failed that the worker itself cannot give.
const (
	ReasonStart   = "start"   // the process could not be started
	ReasonSilent  = "silent"  // it ended without a word: that is no Python
	ReasonExit    = "exit"    // it ended while it was loading
	ReasonTimeout = "timeout" // it was not done in time
)

// EndedLoading is the failure of a process that ended before it had said how the
// loading went.
func EndedLoading(h worker.Hello, how string) *worker.Failed {
	if h.PID == 0 {
		return &worker.Failed{Reason: ReasonSilent, Message: "the interpreter ended before it had started: " + how,
			Hint: "name a Python interpreter with --python, or a virtual environment with --virtualenv"}
	}
	return &worker.Failed{Reason: ReasonExit, Message: "the worker ended while it was loading the application: " + how}
}

// LoadError says why an application could not be loaded.
type LoadError struct {
	worker.Failed
	Tail []string // last lines of the worker's stderr
}

func (e *LoadError) Error() string { return e.Message }

// Start starts the first generation and returns when all of it serves, or with a
// *LoadError (or a failure to start the process at all) when one of it does not:
// then everything is stopped again.
func (s *Supervisor) Start(ctx context.Context) error {
	first := make(chan error, 1)
	s.first = first
	s.wg.Add(1)
	go s.run()
	s.Reload()
	select {
	case err := <-first:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reload starts a new generation; see the package comment.
func (s *Supervisor) Reload() { s.post(event{kind: reload}) }

// Replace has a worker replaced: the new one is loaded first.
func (s *Supervisor) Replace(w *Worker, why string) {
	s.post(event{kind: replace, worker: w, text: why})
}

// Drop kills a worker that cannot be trusted any more; its slot is filled again.
func (s *Supervisor) Drop(w *Worker, why string) {
	s.post(event{kind: drop, worker: w, text: why})
}

// Stop asks all workers to leave, and ends those that do not. It returns when
// none is left.
func (s *Supervisor) Stop() {
	s.post(event{kind: shutdown, text: "shutdown"})
	s.wg.Wait()
}

// Kill ends all workers at once.
func (s *Supervisor) Kill() {
	s.post(event{kind: shutdown})
	s.wg.Wait()
}

// Status returns what is known.
func (s *Supervisor) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *Supervisor) setStatus(change func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.status)
}

// post hands an event to the loop; after the loop's end it is dropped.
func (s *Supervisor) post(e event) {
	select {
	case s.events <- e:
	case <-s.quit:
	}
}

// run is the event loop. It ends when everything was asked to stop and has.
func (s *Supervisor) run() {
	defer s.wg.Done()
	defer close(s.quit)
	for !s.stopping || len(s.living) > 0 {
		e := <-s.events
		switch e.kind {
		case workerEvent:
			s.onWorker(e)
		case expired:
			s.onExpired(e.worker, e.state)
		case drainedAll:
			s.onDrained(e.worker)
		case refillDue:
			s.onRefillDue(e.slot)
		case reload:
			s.onReload()
		case replace:
			s.onReplace(e.worker, e.text)
		case drop:
			s.kill(e.worker, e.text)
		case shutdown:
			s.onShutdown(e.text)
		}
	}
	s.tellFirst(context.Canceled)
}

func (s *Supervisor) onWorker(e event) {
	w, say := e.worker, e.say
	switch {
	case e.gone:
		s.onExit(w, say)
	case say.Hello != nil:
		w.hello = *say.Hello
	case say.Loaded != nil:
		s.onLoaded(w, *say.Loaded)
	case say.Failed != nil:
		s.onFailed(w, *say.Failed)
	case say.Files != nil && s.cfg.OnFiles != nil:
		s.cfg.OnFiles(say.Files)
	}
}

// spawn starts a process as the candidate of a slot.
func (s *Supervisor) spawn(sl *slot) {
	proc, err := s.cfg.Spawn(sl.index, s.generation)
	if err != nil {
		s.log.Error("cannot start a worker", zap.Error(err))
		s.candidateLost(sl, &worker.Failed{Reason: ReasonStart, Message: err.Error()}, nil)
		return
	}
	w := &Worker{proc: proc, slot: sl, generation: s.generation, started: time.Now()}
	s.living[w] = struct{}{}
	sl.next = w
	s.enter(w, Loading, s.cfg.StartupTimeout)
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		var last worker.Event
		for say := range proc.Events() {
			last = say
			if say.Exited == nil {
				s.post(event{kind: workerEvent, worker: w, say: say})
			}
		}
		s.post(event{kind: workerEvent, worker: w, say: last, gone: true})
	}()
}

// onExit: any state → Dead.
func (s *Supervisor) onExit(w *Worker, say worker.Event) {
	before := w.state
	if before == Serving {
		s.pool.Remove(w.member)
	}
	s.enter(w, Dead, 0)
	delete(s.living, w)
	s.obituary(w, before, say)
	w.proc.Close()
	sl := w.slot
	switch {
	case sl.next == w:
		sl.next = nil
		if w.failed == nil {
			w.failed = EndedLoading(w.hello, exitText(say))
		}
		s.candidateLost(sl, w.failed, w.proc.Tail())
	case sl.current == w:
		sl.current = nil
		s.refill(sl, time.Since(w.started))
	}
}

func exitText(say worker.Event) string {
	if say.Exited == nil {
		return "ended"
	}
	return say.Exited.String()
}

// obituary logs the death of a worker: quietly if it was asked for.
func (s *Supervisor) obituary(w *Worker, before State, say worker.Event) {
	about := s.about(w, zap.String("how", exitText(say)), zap.Stringer("state", before),
		zap.Duration("lived", time.Since(w.started).Round(time.Millisecond)))
	if w.why != "" {
		about = append(about, zap.String("reason", w.why))
	}
	requests := w.running()
	switch {
	case before == Stopping && len(requests) == 0:
		s.log.Info("worker stopped", about...)
		return
	case w.failed != nil && s.first != nil:
		return // who called Start is told
	case w.failed != nil:
		s.log.Error("worker could not load the application", append(about,
			zap.String("error", w.failed.Message), zap.String("traceback", w.failed.Traceback))...)
		return
	}
	if len(requests) > 0 {
		about = append(about, zap.Strings("requests", requests))
	}
	if tail := w.proc.Tail(); len(tail) > 0 {
		about = append(about, zap.String("stderr", strings.Join(tail, "\n")))
	}
	s.log.Error("worker died", about...)
}

func (s *Supervisor) about(w *Worker, more ...zap.Field) []zap.Field {
	return append([]zap.Field{zap.String("worker", fmt.Sprintf("%d.%d", w.slot.index+1, w.generation)), zap.Int("pid", w.PID())}, more...)
}

func running(w *Worker) zap.Field { return zap.Strings("requests", w.running()) }

func (s *Supervisor) onReplace(w *Worker, why string) {
	sl := w.slot
	if s.stopping || sl.current != w || w.state != Serving {
		return // somebody else already takes its place
	}
	w.why = why
	if sl.next == nil {
		s.log.Info("replacing worker", s.about(w, zap.String("reason", why))...)
		s.spawn(sl)
	}
}

func (s *Supervisor) onShutdown(why string) {
	s.stopping = true
	for _, sl := range s.slots {
		if sl.timer != nil {
			sl.timer.Stop()
			sl.timer = nil
		}
	}
	for w := range s.living {
		if why == "" {
			s.kill(w, "shutdown")
		} else {
			s.stop(w, why)
		}
	}
}

// Stacks asks a thread's worker what the thread that runs its request is doing,
// or all of them if none has taken it.
func (t *Thread) Stacks(ctx context.Context) (string, error) {
	return t.Worker.proc.Stacks(ctx, t.Transport.Thread())
}
