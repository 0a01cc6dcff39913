package cli

// For tests of what only a running server shows.
var (
	Banner        = banner
	CheckText     = checkText
	Checked       = checked
	Expand        = expand
	ExitCode      = exitCode
	HandleSignals = handleSignals
	ReopenSignal  = reopenSignal
	Render        = render
	Report        = report
)

// Signalled makes the error of an end by a signal.
func Signalled(n int) error { return signalled{number: n} }
