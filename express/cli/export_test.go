package cli

import (
	"context"
	"os"
	"syscall"
)

// For tests of what only a running server shows.
var (
	Banner       = banner
	CheckText    = checkText
	Checked      = checked
	Expand       = expand
	ExitCode     = exitCode
	ReopenSignal = reopenSignal
	Render       = render
	Report       = report
)

// Signalled makes the error of an end by a signal.
func Signalled(n int) error { return signalled{number: n} }

// HandleSignals gives the parts of an ending.
func HandleSignals(ctx context.Context, signals <-chan os.Signal, c controls) (cut syscall.Signal, early bool) {
	e := handleSignals(ctx, signals, c)
	return e.cut, e.early
}
