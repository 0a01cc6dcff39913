package worker

// CloseControl does what the death of this process does to the worker.
func CloseControl(p *Process) { p.control.Close() }

// Lines and Conversation are for the fuzz test of the control parser.
var Lines = lines

// Talk feeds the lines of a control socket to a new conversation.
func Talk(asked bool) func(line []byte) (Event, error) {
	var c conversation
	return func(line []byte) (Event, error) {
		ev, _, err := c.take(line, asked)
		return ev, err
	}
}
