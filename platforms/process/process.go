// Package process starts child processes that cannot outlive their parent, and
// the connected sockets they inherit.
//
//	                Linux                     other Unix             Windows
//	own group       setpgid                   setpgid                job object
//	parent dies     PR_SET_PDEATHSIG          (the child must watch) kill on job close
//	kill            SIGKILL to the group      the same               TerminateJobObject
//	sockets         socketpair                socketpair             loopback TCP
//
// On every system a child should also watch a socket of its parent's for its
// end: that works where the table has nothing, and when a child changed its
// credentials, which clears PR_SET_PDEATHSIG.
//
// A child leads a process group, and the group ends with it: whatever the child
// started and did not move to a group of its own is killed when the child is
// gone.
package process

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Command says what to start. Nothing is inherited but what it names.
type Command struct {
	Path string   // of the executable; not searched for
	Args []string // the first one is the program's name
	Env  []string // complete, NAME=VALUE
	Dir  string   // working directory, "" for the parent's

	Stdout, Stderr *os.File // stdin is the null device
	// Inherit are further files; [InheritedNumber] tells what the child calls
	// them. They stay the caller's, who closes its copies after Start.
	Inherit []*os.File
}

// Exit says how a child ended.
type Exit struct {
	Code     int    // -1 if a signal ended it
	Signal   string // "" or as "SIGSEGV"
	CoreDump bool

	UserTime, SystemTime time.Duration
	MaxRSS               int64 // bytes, 0 if the system does not tell
}

// String completes a sentence that begins with the process.
func (e Exit) String() string {
	switch {
	case e.Signal == "":
		return fmt.Sprintf("exited with code %d", e.Code)
	case e.CoreDump:
		return "was killed by " + e.Signal + " (core dumped)"
	}
	return "was killed by " + e.Signal
}

// Child is a running child process.
type Child struct {
	process *os.Process
	group   group

	mu   sync.Mutex // a kill must not meet a group that is someone else's by now
	gone bool
}

// Start starts a child. On Linux the call is made by a thread that never ends,
// because the parent-death signal comes when the starting thread ends, which
// with Go's scheduler may be any time.
func Start(cmd *Command) (*Child, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, fmt.Errorf("open the null device: %w", err)
	}
	defer null.Close()
	var c *Child
	onSpawner(func() { c, err = start(cmd, []*os.File{null, cmd.Stdout, cmd.Stderr}) })
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return c, nil
}

// PID is the child's process number, and on Unix its group's.
func (c *Child) PID() int { return c.process.Pid }

// ErrGone: the child has ended.
var ErrGone = errors.New("process has ended")

// Kill ends the child and its group at once. After the child's end it does
// nothing and returns [ErrGone].
func (c *Child) Kill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return ErrGone
	}
	return c.killGroup()
}

// Wait waits for the child's end, kills what is left of its group, and says how
// the child ended. It is to be called once.
func (c *Child) Wait() (Exit, error) {
	c.waitEnd()
	c.mu.Lock()
	// The child has ended but is not reaped, so its number, which is the group's,
	// cannot be another's yet.
	_ = c.killGroup() // fails if the group is empty
	c.gone = true
	state, err := c.process.Wait()
	c.mu.Unlock()
	c.release()
	if err != nil {
		return Exit{Code: -1}, fmt.Errorf("wait for process %d: %w", c.process.Pid, err)
	}
	return exitOf(state), nil
}
