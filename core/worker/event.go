package worker

import "modwsgi-express/platforms/process"

// Event is something a worker process did; one of its fields is set.
//
//	Hello ─► Loaded ─► Stopping ─► Exited
//	     └─► Failed ─────────────► Exited     Files: any time after Hello
//
// Any of them but Exited may be missing, because a process can die at any time.
type Event struct {
	Hello  *Hello
	Loaded *Loaded
	Failed *Failed
	// Files lists what makes up the application: files, and directories of
	// templates. Each list replaces the one before it.
	Files []string
	// Stopping is the worker's answer to [Process.Stop].
	Stopping bool
	// Exited is the last event.
	Exited *Exited
}

// Exited says how a worker process ended.
type Exited struct {
	process.Exit
	// Breach is set if the process was killed because of what it sent on its
	// control socket.
	Breach error
	// Err is set if how it ended could not be found out.
	Err error
}

// String completes a sentence that begins with the worker.
func (e *Exited) String() string {
	switch {
	case e.Breach != nil:
		return "was killed: " + e.Breach.Error()
	case e.Err != nil:
		return "ended: " + e.Err.Error()
	}
	return e.Exit.String()
}
