package cli

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
)

// controls are the requests that signals make of a server.
type controls interface {
	Ready() <-chan struct{}
	Reload()
	Drain()
	Stop()
	ReopenLogs()
}

// ending is how signals ended a server.
type ending struct {
	cut   syscall.Signal // the one that ended it before everything was done, 0 if none did
	early bool           // SIGTERM came before it served, so nothing was lost
}

// handleSignals turns signals into requests until ctx ends:
//
//	SIGTERM   finish what runs; the second one, or one during the start, stops at once
//	SIGINT    stop at once
//	SIGHUP    reload the application
//	SIGUSR1   reopen the log files
func handleSignals(ctx context.Context, signals <-chan os.Signal, c controls) (e ending) {
	terminating := false
	for {
		select {
		case <-ctx.Done():
			return e
		case received := <-signals:
			switch {
			case received == syscall.SIGHUP:
				c.Reload()
			case received == reopenSignal():
				c.ReopenLogs()
			case received != syscall.SIGTERM:
				e.cut = syscall.SIGINT
				c.Stop()
			case terminating:
				e.cut = syscall.SIGTERM
				c.Stop()
			case !isReady(c):
				terminating, e.early = true, true
				c.Stop()
			default:
				terminating = true
				c.Drain()
			}
		}
	}
}

func isReady(c controls) bool {
	select {
	case <-c.Ready():
		return true
	default:
		return false
	}
}

// notify subscribes to the signals that handleSignals knows.
func notify() (signals chan os.Signal, stop func()) {
	// A few may come together; those beyond are repetitions.
	signals = make(chan os.Signal, 8)
	wanted := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if reopen := reopenSignal(); reopen != nil {
		wanted = append(wanted, syscall.SIGHUP, reopen)
	}
	signal.Notify(signals, wanted...)
	// A closed pipe on standard output or error would end the process ("| head"):
	// the logs know how to live without a reader. Caught and not ignored, because
	// workers would inherit that. Nobody receives it.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	return signals, func() { signal.Stop(signals); signal.Stop(pipe) }
}

// untilSignal is a context that ends with SIGINT or SIGTERM, which is its cause.
// stop gives the signals back.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case received := <-signals:
			number, _ := received.(syscall.Signal)
			cancel(signalled{number: int(number)})
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		waiting.Wait()
	}
}

// reopenSignal is SIGUSR1. Its number differs by system and Windows has none,
// so package syscall has no name for it that compiles everywhere.
func reopenSignal() os.Signal {
	switch runtime.GOOS {
	case "windows":
		return nil
	case "linux":
		return syscall.Signal(10)
	default:
		return syscall.Signal(30) // macOS and the BSDs
	}
}
