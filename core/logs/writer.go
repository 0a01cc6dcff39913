package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of WriterConfig.
const (
	DefaultLimit    = 1 << 20
	DefaultInterval = 10 * time.Second
)

const (
	// batchBytes ends the gathering of lines before its time.
	batchBytes = 64 << 10
	// keepBytes is the largest buffer that is kept for the next batch.
	keepBytes = 256 << 10
	// retryDelay is the pause after a write that failed.
	retryDelay = time.Second
	// swapWait bounds how long Reopen waits for a write that hangs.
	swapWait = time.Second
)

// WriterConfig describes a Writer. The zero values of Limit, Delay and Interval
// are useful.
type WriterConfig struct {
	// Path is the file, opened with Open (for appending, O_APPEND) now and at
	// each Reopen. Without a Path lines go to Output, which is never closed.
	Path   string
	Open   func(path string) (*os.File, error)
	Output io.Writer

	// Limit bounds the bytes that wait to be written; 0: DefaultLimit.
	Limit int
	// Delay is how long lines are gathered before they are written; 0: not at all.
	Delay time.Duration

	// Trouble is told when writing begins to fail, when it works again, and when
	// lines were dropped: once at most in Interval (0: DefaultInterval), from a
	// goroutine of the Writer. It may be nil.
	Trouble  func(Trouble)
	Interval time.Duration
}

// Writer hands whole lines to a file; see the package comment. Its methods may be
// called from several goroutines at once.
type Writer struct {
	cfg     WriterConfig
	kick    chan struct{} // wakes the writing goroutine; its state is below mu
	news    chan struct{} // wakes the reporting goroutine
	done    chan struct{} // the writing goroutine has ended
	told    chan struct{} // the reporting goroutine has ended
	dropped atomic.Uint64

	reopening sync.Mutex // one Reopen at a time

	mu       sync.Mutex
	buf      []byte        // lines that no batch has taken
	spare    []byte        // memory for the next buf
	used     int           // bytes in buf and in the batch that is being written
	appended uint64        // bytes ever taken
	settled  uint64        // bytes ever written or given up
	waiting  chan struct{} // closed when settled or err changes; nil: nobody waits
	urgent   bool          // do not gather
	stalled  bool          // a Flush gave up; until something is written
	closing  bool
	err      error    // the last write failed with this
	file     *os.File // nil without a Path; changed by the writing goroutine alone
	next     *os.File // opened by Reopen, not in use yet
	swapped  chan struct{}

	sink sink // the writing goroutine's own
}

// NewWriter opens the file and starts to wait for lines. Close ends it.
func NewWriter(cfg WriterConfig) (*Writer, error) {
	if cfg.Limit <= 0 {
		cfg.Limit = DefaultLimit
	}
	if cfg.Interval <= 0 {
		cfg.Interval = DefaultInterval
	}
	w := &Writer{
		cfg: cfg, kick: make(chan struct{}, 1), news: make(chan struct{}, 1),
		done: make(chan struct{}), told: make(chan struct{}),
	}
	if cfg.Path == "" {
		if cfg.Output == nil {
			return nil, errors.New("open log: neither a path nor an output given")
		}
		w.sink.use(cfg.Output)
	} else {
		f, err := w.openFile()
		if err != nil {
			return nil, err
		}
		w.file = f
		w.sink.use(f)
	}
	go w.run()
	go w.report()
	return w, nil
}

func (w *Writer) openFile() (*os.File, error) {
	if w.cfg.Open == nil {
		return nil, fmt.Errorf("open log %q: no way to open files given", w.cfg.Path)
	}
	f, err := w.cfg.Open(w.cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("open log %q: %w", w.cfg.Path, err)
	}
	return f, nil
}

// Append takes a copy of line, which is a line or several, the last one ended by
// its line feed too. It does not wait. false: there was no room for all of it; it
// was dropped and counted.
func (w *Writer) Append(line []byte) bool {
	w.mu.Lock()
	if w.closing || len(line) > w.cfg.Limit-w.used {
		w.mu.Unlock()
		w.drop(countLines(line))
		return false
	}
	wake := len(w.buf) == 0
	w.buf = append(w.buf, line...)
	w.used += len(line)
	w.appended += uint64(len(line))
	if len(w.buf) >= batchBytes && !w.urgent {
		w.urgent, wake = true, true
	}
	w.mu.Unlock()
	if wake {
		signal(w.kick)
	}
	return true
}

func (w *Writer) drop(lines uint64) {
	if lines > 0 {
		w.dropped.Add(lines)
		signal(w.news)
	}
}

// Dropped is the number of lines that were never written.
func (w *Writer) Dropped() uint64 { return w.dropped.Load() }

// Flush waits until what was appended before it is written, for limit at most,
// and not at all while writing fails or after a Flush that waited in vain. It
// tells whether it is written.
func (w *Writer) Flush(limit time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	target := w.appended
	var over <-chan time.Time
	for w.settled < target {
		if w.err != nil || w.stalled {
			return false
		}
		if over == nil {
			over = time.After(limit)
			w.urgent = true
			signal(w.kick)
		}
		if w.waiting == nil {
			w.waiting = make(chan struct{})
		}
		ch := w.waiting
		w.mu.Unlock()
		late := false
		select {
		case <-ch:
		case <-over:
			late = true
		}
		w.mu.Lock()
		if late && w.settled < target {
			w.stalled = true
		}
	}
	return true
}

// Reopen opens the path anew and goes on there, for log rotation. The new file is
// opened first: if that fails the old one stays in use. On return the old file
// is closed, unless a write to it hangs: then it is closed after that.
func (w *Writer) Reopen() error {
	if w.cfg.Path == "" {
		return nil
	}
	w.reopening.Lock()
	defer w.reopening.Unlock()
	f, err := w.openFile()
	if err != nil {
		return err
	}
	w.mu.Lock()
	if w.closing {
		w.mu.Unlock()
		f.Close()
		return fmt.Errorf("reopen log %q: %w", w.cfg.Path, os.ErrClosed)
	}
	if w.next != nil {
		w.next.Close() // nothing was written to it
	}
	w.next = f
	if w.swapped == nil {
		w.swapped = make(chan struct{})
	}
	swapped := w.swapped
	w.mu.Unlock()
	signal(w.kick)
	select {
	case <-swapped:
	case <-time.After(swapWait):
	}
	return nil
}

// Close writes what waits, closes the file and ends the Writer. Lines that cannot
// be written now are dropped; the error says how many. If ctx ends first, a write
// hangs: Close returns, and the goroutine ends with that write.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	signal(w.kick)
	for _, ended := range []chan struct{}{w.done, w.told} {
		select {
		case <-ended:
		case <-ctx.Done():
			return w.abandon(ctx)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return fmt.Errorf("close log%s: not all of it was written: %w", quoted(w.cfg.Path), w.err)
	}
	return nil
}

// abandon ends a write that hangs, where that can be done: on a FIFO, not on a
// disk and not on a stderr that others use too.
func (w *Writer) abandon(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file != nil {
		_ = w.file.SetWriteDeadline(time.Unix(1, 0)) // not supported by disk files
	}
	return fmt.Errorf("close log%s: %d bytes not written: %w", quoted(w.cfg.Path), w.used, context.Cause(ctx))
}

func quoted(path string) string {
	if path == "" {
		return ""
	}
	return fmt.Sprintf(" %q", path)
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

func countLines(b []byte) uint64 { return uint64(bytes.Count(b, []byte{'\n'})) }
