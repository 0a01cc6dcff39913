package privdrop

// An Error is a refusal meant for the person at the terminal.
type Error struct {
	What string // what cannot be done, starting with "cannot"
	Hint string // what to do, most often the line to type; may be empty or hold several lines
	Err  error  // the reason, nil when What says it all
}

// Error gives what cannot be done and the reason, without the hint, which is
// for the caller to print on its own line.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.What
	}
	return e.What + ": " + e.Err.Error()
}

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// Advice gives the hint; errors of the packages below platforms have the same
// method.
func (e *Error) Advice() string { return e.Hint }
