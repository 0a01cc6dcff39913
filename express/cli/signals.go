package cli

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// controls are the requests that signals make of a running server.
type controls interface {
	Reload()
	Drain()
	Stop()
	ReopenLogs()
}

// handleSignals turns signals into requests until ctx ends, and returns the
// signal that cut the server short, 0 if none did:
//
//	SIGTERM   finish what runs; the second one stops at once
//	SIGINT    stop at once
//	SIGHUP    reload the application
//	SIGUSR1   reopen the log files
func handleSignals(ctx context.Context, signals <-chan os.Signal, c controls) (cut syscall.Signal) {
	terminating := false
	for {
		select {
		case <-ctx.Done():
			return cut
		case received := <-signals:
			switch {
			case received == syscall.SIGHUP:
				c.Reload()
			case received == reopenSignal():
				c.ReopenLogs()
			case received == syscall.SIGTERM && !terminating:
				terminating = true
				c.Drain()
			case received == syscall.SIGTERM:
				cut = syscall.SIGTERM
				c.Stop()
			default:
				cut = syscall.SIGINT
				c.Stop()
			}
		}
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
	return signals, func() { signal.Stop(signals) }
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
