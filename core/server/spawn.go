package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/lane"
	"modwsgi-express/core/supervise"
	"modwsgi-express/core/worker"
)

// spawn starts one process that loads the application; threads 0 only loads it.
func spawn(a *Application, start worker.Start, threads int, log *zap.Logger, label string) (*workerProcess, error) {
	start.Target = a.Target
	start.ApplicationType = a.ApplicationType
	start.CallableObject = a.CallableObject
	start.WorkingDirectory = a.WorkingDirectory
	start.PythonPath = a.PythonPath
	start.SwitchInterval = a.SwitchInterval
	start.Files = true
	r, files, err := newRing(a, threads)
	if err != nil {
		return nil, err
	}
	p, err := worker.Spawn(worker.Config{
		Interpreter: a.Interpreter, Args: a.InterpreterArgs, Env: a.Environment, Dir: a.WorkingDirectory,
		Start: start, Threads: threads, Ring: files, Log: log, Label: label,
	})
	if err != nil {
		if r != nil {
			r.Close()
		}
		// The system's "no such file" does not say which of the two it means.
		if _, missing := os.Stat(a.WorkingDirectory); missing != nil {
			return nil, fmt.Errorf("cannot use the working directory: %w", missing)
		}
		return nil, err
	}
	wp := &workerProcess{Process: p, ring: r}
	for i, nc := range p.Lanes() {
		wp.lanes = append(wp.lanes, lane.NewConn(nc, i))
	}
	return wp, nil
}

// Check becomes the configured user, loads one of the applications in a process
// of its own, as a server would, and says what it is. An application that cannot
// be loaded is a *supervise.LoadError.
func Check(ctx context.Context, cfg Config, application int, log *zap.Logger) (worker.Hello, worker.Loaded, error) {
	var hello worker.Hello
	var loaded worker.Loaded
	who, err := resolve(cfg.Identity)
	if err != nil {
		return hello, loaded, err
	}
	if err := who.check(cfg.Applications); err != nil {
		return hello, loaded, err
	}
	if _, err := who.become(); err != nil {
		return hello, loaded, err
	}
	who.own(cfg.Applications)
	a := &cfg.Applications[application]
	p, err := spawn(a, worker.Start{}, 0, log, "check")
	if err != nil {
		return hello, loaded, err
	}
	if a.StartupTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, a.StartupTimeout, startupTimeout(a.StartupTimeout))
		defer cancel()
	}
	defer context.AfterFunc(ctx, p.Kill)()
	var failed *worker.Failed
	var exited *worker.Exited
	for e := range p.Events() {
		switch {
		case e.Hello != nil:
			hello = *e.Hello
		case e.Loaded != nil:
			loaded = *e.Loaded
		case e.Failed != nil:
			failed = e.Failed
		case e.Exited != nil:
			exited = e.Exited
		}
	}
	switch {
	case failed != nil:
		return hello, loaded, &supervise.LoadError{Failed: *failed, Tail: p.Tail()}
	case loaded.Target != "":
		return hello, loaded, nil
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), context.Canceled):
		return hello, loaded, &supervise.LoadError{Failed: worker.Failed{Reason: supervise.ReasonTimeout, Message: context.Cause(ctx).Error()}, Tail: p.Tail()}
	case ctx.Err() != nil:
		return hello, loaded, ctx.Err()
	}
	return hello, loaded, &supervise.LoadError{Tail: p.Tail(), Failed: *supervise.EndedLoading(hello, exited.String())}
}

func startupTimeout(d time.Duration) error {
	return errors.New(supervise.TimeoutMessage(d))
}
