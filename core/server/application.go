package server

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/gateway"
	"modwsgi-express/core/lane"
	"modwsgi-express/core/pool"
	"modwsgi-express/core/supervise"
	"modwsgi-express/core/worker"
)

// stacksTime is how long a worker may take to say what a thread is doing.
const stacksTime = time.Second

// retryAfter is what a client is told to wait when there is no room or no worker.
const retryAfter = 5

// application is the handler of one WSGI application: the end of the front's way
// and the start of Python's.
type application struct {
	cfg     Application
	log     *zap.Logger
	output  *zap.Logger // what the application prints, whatever the log level
	environ atomic.Pointer[gateway.Environ]
	pool    *pool.Pool[*supervise.Thread]
	workers *supervise.Supervisor
	watch   *watcher    // nil unless ReloadOnChanges
	dropped atomic.Bool // a header field was, and somebody was told
	noted   atomic.Bool // workers do without the ring, and somebody was told

	bodyless  atomic.Bool    // the same for the body of a 204 or 304
	lingering sync.WaitGroup // threads whose request ran out of time
}

func newApplication(cfg Application, sc *Config, log, output *zap.Logger) *application {
	if cfg.MountPoint != "" {
		log = log.With(zap.String("application", cfg.MountPoint))
		output = output.With(zap.String("application", cfg.MountPoint))
	}
	a := &application{cfg: cfg, log: log, output: output, pool: pool.New[*supervise.Thread](cfg.QueueSize)}
	a.setEnviron(worker.Hello{}, worker.Loaded{})
	config := supervise.Config{
		Processes: cfg.Processes, Spawn: a.spawn,
		StartupTimeout: cfg.StartupTimeout, GracefulTimeout: sc.GracefulTimeout, ShutdownTimeout: sc.ShutdownTimeout,
		OnLoaded: a.setEnviron,
	}
	if cfg.ReloadOnChanges {
		a.watch = newWatcher(log, cfg.WorkingDirectory, func() { a.workers.Reload() })
		config.OnFiles = a.watch.add
	}
	a.workers = supervise.New(config, a.pool, log)
	return a
}

// setEnviron prepares the environ for what was loaded.
func (a *application) setEnviron(_ worker.Hello, l worker.Loaded) {
	a.noteTransport(l)
	a.environ.Store(gateway.NewEnviron(gateway.Settings{
		MountPoint:     a.cfg.MountPoint,
		MultiThread:    a.cfg.Threads > 1,
		MultiProcess:   a.cfg.Processes > 1,
		ProcessGroup:   a.processGroup(),
		CallableObject: l.Callable,
		ScriptFilename: l.File,
		Software:       Software,
		Extra:          a.cfg.Environ,
	}))
}

func (a *application) processGroup() string { return Software + a.cfg.MountPoint }

// spawn starts one worker process.
func (a *application) spawn(slot, generation int) (supervise.Process, error) {
	p, err := spawn(&a.cfg, worker.Start{
		MultiProcess: a.cfg.Processes > 1,
		ReloadFiles:  a.cfg.ReloadOnChanges,
	}, a.cfg.Threads, a.output, strconv.Itoa(slot+1)+"."+strconv.Itoa(generation))
	if err != nil {
		return nil, err // and no Process that is not nil
	}
	return p, nil
}

// Serve implements exchange.Handler.
func (a *application) Serve(x *exchange.Exchange) exchange.Outcome {
	if !x.MayBlock {
		return exchange.Detach
	}
	if a.watch != nil {
		if f := a.workers.Status().Failure; f != nil {
			return failurePage(x, f)
		}
	}
	a.noteDropped(x)
	for attempt := 0; ; attempt++ {
		if !a.attempt(x, attempt) {
			return exchange.Done
		}
	}
}

// attempts is how many dead workers a request may meet before it is lost.
const attempts = 3

// attempt gives the request to a thread. true: the thread's worker turned out to
// have been dead already, so another one is to have the request. One that has
// killed its worker is not given to a second.
func (a *application) attempt(x *exchange.Exchange, number int) (again bool) {
	queued := time.Now()
	t, err := a.pool.Acquire(a.cfg.QueueTimeout)
	taken := time.Now()
	x.QueueTime += taken.Sub(queued)
	if err != nil {
		a.unavailable(x, err)
		return false
	}
	th := t.Value
	var id [40]byte
	th.Begin(x.AppendID(id[:0]), x.Request.Method, x.Request.Target)
	x.WorkerPID = th.Worker.PID()
	job := lane.Job{X: x, Environ: a.environ.Load(), Queued: queued, Taken: taken, Log: a.log, Output: a.output}
	if a.cfg.RequestTimeout > 0 {
		job.Deadline = taken.Add(a.cfg.RequestTimeout)
	}
	res := th.Transport.Serve(&job)
	if res.Unseen && number+1 < attempts {
		th.Finish()
		a.pool.Discard(t)
		return true
	}
	a.finish(x, t, res)
	return false
}

// finish gives the thread back, or deals with what happened to it.
func (a *application) finish(x *exchange.Exchange, t *pool.Thread[*supervise.Thread], res lane.Result) {
	th := t.Value
	switch {
	case res.Err == nil:
		th.Finish()
		a.noteLonger(x, res.Dropped)
		if res.Exit {
			a.workers.Replace(th.Worker, "application raised SystemExit")
		}
		a.pool.Release(t)
		return
	case res.TimedOut():
		a.timedOut(x, th)
		a.linger(th)
		a.pool.Discard(t)
		return
	case errors.Is(res.Err, lane.ErrWorkerGone):
		a.log.Error("request lost, its worker died", zap.Int("pid", th.Worker.PID()),
			zap.String("request", th.Request()), zap.String("phase", string(res.Phase)))
		x.Response.Abort(502, res.Err) // how it died is in the worker's obituary
	default:
		a.log.Error("dropping a worker", zap.Int("pid", th.Worker.PID()), zap.String("request", th.Request()), zap.Error(res.Err))
		x.Response.Abort(502, res.Err)
		a.workers.Drop(th.Worker, res.Err.Error())
	}
	a.pool.Discard(t)
}

// linger stays with a thread whose request ran out of time, until it is done with
// it or its worker is gone: the other requests of the worker are to finish.
func (a *application) linger(th *supervise.Thread) {
	a.lingering.Go(func() {
		if err := th.Transport.Drain(); err != nil && !errors.Is(err, lane.ErrWorkerGone) {
			a.workers.Drop(th.Worker, err.Error())
		}
		th.Finish()
	})
}

// noteLonger says that a response had more body than its head allows: each time
// where an announced length is wrong, once where there may be no body at all.
func (a *application) noteLonger(x *exchange.Exchange, dropped int64) {
	if dropped == 0 {
		return
	}
	if x.Status == 204 || x.Status == 205 || x.Status == 304 {
		if !a.bodyless.CompareAndSwap(false, true) {
			return
		}
	}
	var id [40]byte
	a.log.Warn("response has more body than its head allows, rest dropped", zap.ByteString("request_id", x.AppendID(id[:0])),
		zap.ByteString("target", x.Request.Target), zap.Int("status", x.Status), zap.Int64("dropped_bytes", dropped))
}

// timedOut answers for a request whose time is over. Its thread is lost; the
// worker is replaced while its other requests finish.
func (a *application) timedOut(x *exchange.Exchange, th *supervise.Thread) {
	ctx, cancel := context.WithTimeout(context.Background(), stacksTime)
	defer cancel()
	stacks, err := th.Stacks(ctx)
	if err != nil {
		stacks = "not available: " + err.Error()
	}
	a.log.Error("request timed out", zap.Duration("request_timeout", a.cfg.RequestTimeout),
		zap.Int("pid", th.Worker.PID()), zap.String("request", th.Request()), zap.String("stack", stacks))
	x.Response.Abort(504, errRequestTimeout)
	a.workers.Replace(th.Worker, "request timeout")
}

var errRequestTimeout = errors.New("request timed out")

// unavailable answers for a request that no thread took.
func (a *application) unavailable(x *exchange.Exchange, why error) {
	x.Aborted = why
	if errors.Is(why, pool.ErrTimeout) {
		x.Response.Abort(504, why)
		return
	}
	answer(x, 503,
		exchange.Field{Name: []byte("Retry-After"), Value: strconv.AppendInt(nil, retryAfter, 10)})
}

// noteDropped says once what happens to fields that cannot be environ keys: who
// misses one would search for long.
func (a *application) noteDropped(x *exchange.Exchange) {
	if n, first := gateway.Dropped(x.Request.Fields); n > 0 && a.dropped.CompareAndSwap(false, true) {
		a.log.Warn("request header dropped: only letters, digits and \"-\" can be told apart in the WSGI environ (logged once)",
			zap.ByteString("name", first), zap.Int("fields", n))
	}
}

// start loads the application in all its workers.
func (a *application) start(ctx context.Context) error {
	if a.watch != nil {
		if err := a.watch.start(); err != nil {
			return err
		}
	}
	return a.workers.Start(ctx)
}

// stop ends the workers, at once if now.
func (a *application) stop(now bool) {
	if a.watch != nil {
		a.watch.stop()
	}
	a.pool.Close()
	if now {
		a.workers.Kill()
	} else {
		a.workers.Stop()
	}
}
