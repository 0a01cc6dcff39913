package logs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// run is the writing goroutine.
func (w *Writer) run() {
	defer close(w.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		w.wait(timer, 0, func() bool { return len(w.buf) > 0 || w.next != nil || w.closing })
		if w.cfg.Delay > 0 {
			w.wait(timer, w.cfg.Delay, func() bool { return w.urgent || w.next != nil || w.closing })
		}
		w.adopt(nil)
		batch, closing := w.take()
		left := w.write(timer, batch)
		w.drop(countLines(left))
		w.settle(batch)
		if closing {
			w.end()
			return
		}
	}
}

// wait returns when ready, which is called under the lock, says so, or when limit
// (0: none) is over.
func (w *Writer) wait(timer *time.Timer, limit time.Duration, ready func() bool) {
	var over <-chan time.Time
	if limit > 0 {
		timer.Reset(limit)
		over = timer.C
	}
	for {
		w.mu.Lock()
		ok := ready()
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-w.kick:
		case <-over:
			return
		}
	}
}

// take makes a batch of the lines that wait. After closing was seen here no line
// is added any more.
func (w *Writer) take() (batch []byte, closing bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	batch = w.buf
	w.buf, w.spare = w.spare, nil
	w.urgent = false
	return batch, w.closing
}

// settle gives the batch's memory back and wakes who waits for its lines.
func (w *Writer) settle(batch []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.used -= len(batch)
	w.settled += uint64(len(batch))
	w.stalled = false
	if cap(batch) <= keepBytes {
		w.spare = batch[:0]
	}
	w.wakeWaiting()
}

func (w *Writer) wakeWaiting() {
	if w.waiting != nil {
		close(w.waiting)
		w.waiting = nil
	}
}

// write writes batch, for as long as it takes. It gives up, and returns the lines
// that are not written, only while the Writer is being closed.
func (w *Writer) write(timer *time.Timer, batch []byte) (left []byte) {
	last := false
	for done := 0; done < len(batch); {
		n, err := w.sink.write(batch[done:])
		done += n
		w.note(err)
		if err == nil {
			continue
		}
		begun := bytes.LastIndexByte(batch[:done], '\n') + 1 // of the line that is torn, or of the next
		if last {
			w.sink.untear(done - begun)
			return batch[begun:]
		}
		w.wait(timer, retryDelay, func() bool { return w.next != nil || w.closing })
		if w.adopt(func() { w.sink.untear(done - begun) }) {
			done = begun
		}
		w.mu.Lock()
		last = w.closing // one more attempt
		w.mu.Unlock()
	}
	return nil
}

// note keeps how the last write went.
func (w *Writer) note(err error) {
	var pe *fs.PathError
	if w.cfg.Path != "" && errors.As(err, &pe) {
		err = pe.Err // who hears of it is told the path anyway
	}
	w.mu.Lock()
	changed := (err == nil) != (w.err == nil)
	w.err = err
	if changed {
		w.wakeWaiting()
	}
	w.mu.Unlock()
	if changed {
		signal(w.news)
	}
}

// adopt begins to use the file that Reopen opened, if there is one. leave, if not
// nil, is called before the old one is closed. The disk is touched outside the
// lock, for which those wait who have a line to log.
func (w *Writer) adopt(leave func()) bool {
	w.mu.Lock()
	old, next, swapped := w.file, w.next, w.swapped
	if next == nil {
		w.mu.Unlock()
		return false
	}
	w.file, w.next, w.swapped = next, nil, nil
	w.mu.Unlock()
	if leave != nil {
		leave()
	}
	w.sink.use(next)
	old.Close() // all that was written is with the kernel; nobody could be told
	close(swapped)
	return true
}

// end closes the file. Reopen leaves none behind once closing was seen.
func (w *Writer) end() {
	w.adopt(nil)
	w.mu.Lock()
	f := w.file
	w.file = nil
	w.mu.Unlock()
	if f != nil {
		f.Close()
	}
}

// pipeBytes is PIPE_BUF of Linux: what goes into a pipe in one piece while others
// (the access log on stdout, the error log on stderr) write to it too.
const pipeBytes = 4096

// sink is where the lines go.
type sink struct {
	out     io.Writer
	regular *os.File // out, if it is a file on a disk
	size    int64    // its size after the last failed write, -1: not known
}

func (s *sink) use(out io.Writer) {
	*s = sink{out: out, size: -1}
	if f, ok := out.(*os.File); ok {
		if fi, err := f.Stat(); err == nil && fi.Mode().IsRegular() {
			s.regular = f
		}
	}
}

// write writes the lines at the start of b in one call: all of them to a file, as
// many as a pipe takes undivided to anything else.
func (s *sink) write(b []byte) (int, error) {
	if s.regular == nil && len(b) > pipeBytes {
		if i := bytes.LastIndexByte(b[:pipeBytes], '\n'); i >= 0 {
			b = b[:i+1]
		} else {
			b = b[:bytes.IndexByte(b, '\n')+1]
		}
	}
	n, err := s.out.Write(b)
	n = max(0, min(n, len(b)))
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil && s.regular != nil {
		s.size = -1
		if fi, statErr := s.regular.Stat(); statErr == nil {
			s.size = fi.Size()
		}
	}
	return n, err
}

// untear takes back the n bytes at the end of the file that are the start of a
// line. It leaves a file alone that has changed in the meantime.
func (s *sink) untear(n int) {
	if n == 0 || s.regular == nil || s.size < int64(n) {
		return
	}
	if fi, err := s.regular.Stat(); err == nil && fi.Size() == s.size {
		_ = s.regular.Truncate(s.size - int64(n)) // then the torn line stays: the disk is in trouble
	}
}
