package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/lane"
	"modwsgi-express/platforms/process"
)

// Config says which process to start and what it serves.
type Config struct {
	Interpreter string   // path of the Python executable
	Args        []string // for the interpreter, as -W filters
	Env         []string // the whole environment, NAME=VALUE
	Dir         string   // working directory of the process; "" for this process's

	// Start is the first message. Spawn fills in Type, Protocol, Lanes and Ring, and
	// takes Files back where descriptors cannot be passed.
	Start Start
	// Threads is the number of lanes; 0 only loads the application and exits.
	Threads int
	// Ring is offered to the worker, nil: none is. The files stay the caller's.
	Ring *RingFiles

	Log   *zap.Logger
	Label string // names the worker in the log
}

// RingFiles are what the worker inherits of a ring.
type RingFiles struct {
	Region  *os.File
	Size    int // of the region, in bytes
	Front   *os.File
	Library *os.File
	// Required: a worker that cannot use the ring is not to start.
	Required bool
}

const (
	// maxThreads bounds the descriptors that one process inherits.
	maxThreads = 4096
	// outgoing is how many messages may wait for a worker that does not read.
	outgoing = 16
	// lingering is how long the sockets and pipes of a process that has ended are
	// read on: a process of another group may hold them open.
	lingering = 500 * time.Millisecond
)

// ErrGone: the worker process has ended.
var ErrGone = errors.New("worker process has ended")

// Process is one worker process. Its methods are safe for use by several
// goroutines.
//
//	child.Wait ──┐                          ┌──► Events
//	control ─────┼─► goroutines of Process ─┤
//	stdout, stderr                          └──► log, Tail
//
// All goroutines have ended when the channel of Events is closed.
type Process struct {
	child   *process.Child
	control net.Conn
	lanes   []net.Conn
	events  chan Event
	out     chan []byte   // messages to the worker
	gone    chan struct{} // closed when the process has ended
	tail    tail

	stopAsked atomic.Bool

	mu     sync.Mutex
	asked  map[uint64]chan string
	lastID uint64
	breach error
}

// Spawn starts the process and returns at once: what becomes of it are its
// events. The caller has to receive them until the channel is closed.
func Spawn(cfg Config) (*Process, error) {
	if cfg.Threads < 0 || cfg.Threads > maxThreads {
		return nil, fmt.Errorf("start worker: %d threads, at most %d are possible", cfg.Threads, maxThreads)
	}
	s, err := newSockets(cfg.Threads)
	if err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	defer s.closeChildEnds()
	inherit := s.inherit
	if r := cfg.Ring; r != nil {
		n := len(inherit)
		inherit = append(inherit[:n:n], r.Region, r.Front, r.Library)
		cfg.Start.Ring = &Ring{
			Region: process.InheritedNumber(r.Region, n), Size: r.Size,
			Front: process.InheritedNumber(r.Front, n+1), Library: process.InheritedNumber(r.Library, n+2), Required: r.Required,
		}
	}
	first, err := firstMessages(cfg.Start, s)
	if err != nil {
		s.closeOwnEnds()
		return nil, fmt.Errorf("start worker: %w", err)
	}
	args := append([]string{cfg.Interpreter}, cfg.Args...)
	args = append(args, "-u", "-c", bootstrap(), strconv.Itoa(process.InheritedNumber(s.inherit[0], 0)))
	child, err := process.Start(&process.Command{
		Path: cfg.Interpreter, Args: args, Env: cfg.Env, Dir: cfg.Dir,
		Stdout: s.childOut[0], Stderr: s.childOut[1], Inherit: inherit,
	})
	if err != nil {
		s.closeOwnEnds()
		return nil, fmt.Errorf("start worker: %w", err)
	}
	p := &Process{
		child: child, control: s.control, lanes: s.lanes,
		events: make(chan Event, 8), out: make(chan []byte, outgoing), gone: make(chan struct{}),
		asked: make(map[uint64]chan string),
	}
	p.out <- first
	log := cfg.Log
	if log == nil {
		log = zap.NewNop()
	}
	go p.run(s.output, log.With(zap.String("worker", cfg.Label), zap.Int("pid", child.PID())))
	return p, nil
}

// firstMessages is what the worker reads first: its sources, and what to load.
func firstMessages(start Start, s *sockets) ([]byte, error) {
	start.Type, start.Protocol = "start", lane.Version
	start.Files = start.Files && process.CanPassFiles
	start.Lanes = []int{}
	for i, f := range s.inherit[1:] {
		start.Lanes = append(start.Lanes, process.InheritedNumber(f, i+1))
	}
	if start.PythonPath == nil {
		start.PythonPath = []string{} // null is no list
	}
	text, err := json.Marshal(start)
	if err != nil {
		return nil, fmt.Errorf("encode start message: %w", err)
	}
	if len(text) > maxLine {
		return nil, fmt.Errorf("start message of %d bytes, at most %d are possible", len(text), maxLine)
	}
	sources := modules()
	return append(append(sources[:len(sources):len(sources)], text...), '\n'), nil
}

// PID is the number of the process and of its group.
func (p *Process) PID() int { return p.child.PID() }

// Lanes are the front's ends of the lanes, *net.UnixConn where descriptors can
// be passed. They are the caller's to close, also after the process has ended.
func (p *Process) Lanes() []net.Conn { return p.lanes }

// Events are what the process does. The last one is Exited; then the channel
// is closed. It has to be received from until then.
func (p *Process) Events() <-chan Event { return p.events }

// Tail returns the last lines that the process wrote to stderr, at most 20 of at
// most 1 KiB each.
func (p *Process) Tail() []string { return p.tail.last() }

// Kill ends the process and its group at once. It does nothing to a process
// that has ended.
func (p *Process) Kill() {
	_ = p.child.Kill() // it is gone, or it cannot be: SIGKILL to a child of ours is always allowed
}

// Stop asks the worker to finish its running requests and to exit; code says
// why (drain, reload, shutdown, recycle). Nothing bounds how long that takes:
// that is what Kill is for. Further calls do nothing.
func (p *Process) Stop(code string) error {
	if p.stopAsked.Swap(true) {
		return nil
	}
	return p.send(map[string]any{"type": "stop", "code": code})
}

// Stacks returns the Python stacks of all threads (thread is -1) or of the
// thread of one lane. It fails with ctx's error if the worker does not answer:
// then something holds the interpreter lock.
func (p *Process) Stacks(ctx context.Context, thread int) (string, error) {
	reply := make(chan string, 1)
	p.mu.Lock()
	p.lastID++
	id := p.lastID
	p.asked[id] = reply
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.asked, id)
		p.mu.Unlock()
	}()
	if err := p.send(map[string]any{"type": "stacks", "id": id, "lane": thread}); err != nil {
		return "", err
	}
	select {
	case text := <-reply:
		return text, nil
	case <-p.gone:
		return "", ErrGone
	case <-ctx.Done():
		return "", fmt.Errorf("ask worker %d for its stacks: %w", p.PID(), context.Cause(ctx))
	}
}

// send queues a message; it never waits.
func (p *Process) send(message map[string]any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode control message: %w", err)
	}
	select {
	case <-p.gone:
		return ErrGone
	default:
	}
	select {
	case p.out <- append(text, '\n'):
		return nil
	default:
		return fmt.Errorf("worker %d does not read its control socket", p.PID())
	}
}

// run owns the goroutines of the process and tells of its end.
func (p *Process) run(streams [2]*os.File, log *zap.Logger) {
	var wg sync.WaitGroup
	wg.Go(p.write)
	wg.Go(p.read)
	wg.Go(func() { newOutput(log.With(zap.String("stream", "stdout")), nil).copy(streams[0]) })
	wg.Go(func() { newOutput(log.With(zap.String("stream", "stderr")), &p.tail).copy(streams[1]) })

	exit, err := p.child.Wait()
	close(p.gone)
	limit := time.Now().Add(lingering)
	for _, c := range []interface{ SetReadDeadline(time.Time) error }{p.control, streams[0], streams[1]} {
		_ = c.SetReadDeadline(limit) // where there is none, the end of the job's processes ends the stream
	}
	_ = p.control.SetWriteDeadline(limit)
	wg.Wait()
	p.control.Close()
	streams[0].Close()
	streams[1].Close()

	p.mu.Lock()
	breach := p.breach
	p.mu.Unlock()
	p.events <- Event{Exited: &Exited{Exit: exit, Breach: breach, Err: err}}
	close(p.events)
}

// write sends the queued messages. A worker that does not read makes it wait,
// until the worker is gone.
func (p *Process) write() {
	for {
		select {
		case text := <-p.out:
			if _, err := p.control.Write(text); err != nil {
				return // it is dying, or too old to listen: its events tell
			}
		case <-p.gone:
			return
		}
	}
}

// read takes what the worker says, and ends one that says what it may not.
func (p *Process) read() {
	var c conversation
	err := lines(p.control, func(line []byte) error {
		ev, reply, err := c.take(line, p.stopAsked.Load())
		switch {
		case err != nil:
			return &breachError{err}
		case reply != nil:
			p.deliver(reply)
		default:
			p.events <- ev
		}
		return nil
	})
	var b *breachError
	if errors.Is(err, errLineTooLong) {
		b = &breachError{err}
	}
	if b != nil || errors.As(err, &b) {
		p.mu.Lock()
		p.breach = b
		p.mu.Unlock()
		p.Kill()
		_, _ = io.Copy(io.Discard, p.control) // until it is dead; a write of its own must not keep it
	}
}

type breachError struct{ err error }

func (e *breachError) Error() string { return "worker broke the control protocol: " + e.err.Error() }
func (e *breachError) Unwrap() error { return e.err }

// deliver gives an answer to who asked; nobody may be waiting any more.
func (p *Process) deliver(r *stacksReply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if reply, ok := p.asked[r.ID]; ok {
		delete(p.asked, r.ID)
		reply <- r.Text
	}
}
