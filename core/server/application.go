package server

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/gateway"
	"modwsgi-express/core/http1"
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
	environ atomic.Pointer[gateway.Environ]
	pool    *pool.Pool[*supervise.Thread]
	workers *supervise.Supervisor
	watch   *watcher // nil unless ReloadOnChanges
	dropped atomic.Bool

	lanesNoted atomic.Bool
}

func newApplication(cfg Application, sc *Config, log *zap.Logger) *application {
	if cfg.MountPoint != "" {
		log = log.With(zap.String("application", cfg.MountPoint))
	}
	a := &application{cfg: cfg, log: log, pool: pool.New[*supervise.Thread](cfg.QueueSize)}
	a.setEnviron(worker.Hello{}, worker.Loaded{})
	config := supervise.Config{
		Name: cfg.MountPoint, Processes: cfg.Processes, Spawn: a.spawn,
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

func (a *application) processGroup() string {
	if a.cfg.MountPoint == "" {
		return "/"
	}
	return a.cfg.MountPoint
}

// spawn starts one worker process.
func (a *application) spawn(slot, generation int) (supervise.Process, error) {
	p, err := spawn(&a.cfg, worker.Start{
		MultiProcess: a.cfg.Processes > 1,
		ReloadFiles:  a.cfg.ReloadOnChanges,
		ProcessGroup: a.processGroup(),
	}, a.cfg.Threads, a.log, strconv.Itoa(slot+1)+"."+strconv.Itoa(generation))
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
	queued := time.Now()
	t, err := a.pool.Acquire(a.cfg.QueueTimeout)
	taken := time.Now()
	x.QueueTime = taken.Sub(queued)
	if err != nil {
		a.unavailable(x, err)
		return exchange.Done
	}
	var id [40]byte
	t.Value.Begin(x.AppendID(id[:0]), x.Request.Method, x.Request.Target)
	x.WorkerPID = t.Value.Worker.PID()
	job := lane.Job{X: x, Environ: a.environ.Load(), Queued: queued, Taken: taken, Log: a.log}
	if a.cfg.RequestTimeout > 0 {
		job.Deadline = taken.Add(a.cfg.RequestTimeout)
	}
	a.finish(x, t, t.Value.Transport.Serve(&job))
	return exchange.Done
}

// finish gives the thread back, or deals with what happened to it.
func (a *application) finish(x *exchange.Exchange, t *pool.Thread[*supervise.Thread], res lane.Result) {
	th := t.Value
	switch {
	case res.Err == nil:
		th.Finish()
		if res.Exit {
			a.workers.Replace(th.Worker, "application raised SystemExit")
		}
		a.pool.Release(t)
		return
	case res.TimedOut():
		a.timedOut(x, th)
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
	answer(x, 503, "Service Unavailable\n",
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

func reason(status int) string { return http1.StatusText(status) }
