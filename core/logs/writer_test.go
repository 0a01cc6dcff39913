package logs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/logs"
)

// patience bounds waits that end with an event; it is a guard, not a measure.
const patience = 30 * time.Second

func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
}

func newWriter(t *testing.T, cfg logs.WriterConfig) *logs.Writer {
	t.Helper()
	if cfg.Path != "" && cfg.Open == nil {
		cfg.Open = open
	}
	w, err := logs.NewWriter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIn(w, time.Second) })
	return w
}

func closeIn(w *logs.Writer, d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return w.Close(ctx)
}

// troubles collects reports.
type troubles chan logs.Trouble

func (tr troubles) next(t *testing.T) logs.Trouble {
	t.Helper()
	select {
	case got := <-tr:
		return got
	case <-time.After(patience):
		t.Fatal("no report")
		panic("unreachable")
	}
}

// numbered is line i, long enough that a page is no multiple of it.
func numbered(i int) string { return fmt.Sprintf("line %06d %s\n", i, strings.Repeat("x", 88)) }

// checkNumbered checks that text is the lines from..to-1, whole and in order.
func checkNumbered(t *testing.T, text string, from, to int) {
	t.Helper()
	var want strings.Builder
	for i := from; i < to; i++ {
		want.WriteString(numbered(i))
	}
	if text == want.String() {
		return
	}
	n := 0
	for n < len(text) && n < want.Len() && text[n] == want.String()[n] {
		n++
	}
	t.Errorf("%d bytes instead of %d; they differ at %d: %.120q", len(text), want.Len(), n, text[n:])
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWriterWritesInOrder(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond, time.Hour} {
		path := filepath.Join(t.TempDir(), "log")
		w := newWriter(t, logs.WriterConfig{Path: path, Delay: delay, Limit: 16 << 20})
		const n = 3000
		for i := range n {
			w.Append([]byte(numbered(i)))
		}
		if !w.Flush(patience) {
			t.Error("not flushed")
		}
		checkNumbered(t, read(t, path), 0, n)
		w.Append([]byte(numbered(n)))
		if err := closeIn(w, patience); err != nil {
			t.Error(err)
		}
		checkNumbered(t, read(t, path), 0, n+1)
		if w.Append([]byte("late\n")) || w.Dropped() != 1 {
			t.Errorf("a line after Close was taken; dropped %d", w.Dropped())
		}
		if err := w.Reopen(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("reopen after close: %v", err)
		}
	}
}

// TestReopenUnderLoad renames the file away again and again, as logrotate does,
// while several goroutines write.
func TestReopenUnderLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	w := newWriter(t, logs.WriterConfig{Path: path, Delay: time.Millisecond, Limit: 64 << 20})
	const goroutines, each, rotations = 4, 5000, 50
	var writers sync.WaitGroup
	for g := range goroutines {
		writers.Go(func() {
			for i := range each {
				w.Append([]byte(numbered(g*each + i)))
			}
		})
	}
	for i := range rotations {
		rotated := fmt.Sprintf("%s.%d", path, i)
		if err := os.Rename(path, rotated); err != nil {
			t.Fatal(err)
		}
		if err := w.Reopen(); err != nil {
			t.Fatal(err)
		}
	}
	writers.Wait()
	if err := closeIn(w, patience); err != nil {
		t.Fatal(err)
	}
	if n := w.Dropped(); n != 0 {
		t.Errorf("%d lines dropped", n)
	}
	seen := make(map[string]int)
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != rotations+1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		for line := range strings.Lines(read(t, f)) {
			seen[line]++
		}
	}
	for i := range goroutines * each {
		if seen[numbered(i)] != 1 {
			t.Fatalf("line %d is there %d times", i, seen[numbered(i)])
		}
	}
	if len(seen) != goroutines*each {
		t.Errorf("%d different lines, want %d", len(seen), goroutines*each)
	}
}

func TestReopenThatFailsKeepsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	refuse := false
	w := newWriter(t, logs.WriterConfig{Path: path, Open: func(path string) (*os.File, error) {
		if refuse {
			return nil, os.ErrPermission
		}
		return open(path)
	}})
	w.Append([]byte("one\n"))
	refuse = true
	if err := w.Reopen(); !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	w.Append([]byte("two\n"))
	if !w.Flush(patience) {
		t.Error("not flushed")
	}
	if got := read(t, path); got != "one\ntwo\n" {
		t.Errorf("got %q", got)
	}
}

// TestHungSink: a pipe that nobody reads is the slowest disk there is.
func TestHungSink(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tr := make(troubles, 100)
	w := newWriter(t, logs.WriterConfig{Output: out, Limit: 64 << 10, Trouble: func(x logs.Trouble) { tr <- x }, Interval: time.Millisecond})
	var taken []string
	for i := 0; w.Dropped() < 10; i++ { // ends only because Append does not wait
		if line := numbered(i); w.Append([]byte(line)) {
			taken = append(taken, line)
		}
	}
	if got := tr.next(t); got.Dropped == 0 || got.Err != nil || got.Path != "" {
		t.Errorf("reported %+v", got)
	}
	if w.Flush(time.Nanosecond) || w.Flush(patience) {
		t.Error("flushed into a pipe that is full")
	}
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		text <- string(b)
	}()
	if err := closeIn(w, patience); err != nil {
		t.Error(err)
	}
	out.Close()
	if got := <-text; got != strings.Join(taken, "") {
		t.Errorf("%d bytes came out, %d lines were taken", len(got), len(taken))
	}
}

func TestCloseDoesNotWaitForAHungSink(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer out.Close()
	for _, cfg := range []logs.WriterConfig{
		{Output: out},
		{Path: "fifo", Open: func(string) (*os.File, error) { return out, nil }},
	} {
		w := newWriter(t, cfg)
		for w.Append([]byte(numbered(0))) {
		}
		ctx, cancel := context.WithCancelCause(context.Background())
		why := errors.New("enough")
		cancel(why)
		if err := w.Close(ctx); !errors.Is(err, why) || !strings.Contains(err.Error(), "bytes not written") {
			t.Errorf("got %v", err)
		}
	}
}

// TestPipeSharedByTwoLogs: the access log on stdout and the log on stderr are one
// pipe in a container.
func TestPipeSharedByTwoLogs(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const n = 5000
	var sides sync.WaitGroup
	for side := range 2 {
		w := newWriter(t, logs.WriterConfig{Output: out, Limit: 64 << 20, Delay: time.Millisecond})
		for i := range n {
			w.Append([]byte(numbered(side*n + i)))
		}
		sides.Go(func() {
			if err := closeIn(w, patience); err != nil {
				t.Error(err)
			}
		})
	}
	go func() {
		sides.Wait()
		out.Close()
	}()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	next := [2]int{}
	for line := range strings.Lines(string(b)) {
		var i int
		if _, err := fmt.Sscanf(line, "line %d", &i); err != nil || line != numbered(i) || next[i/n] != i%n {
			t.Fatalf("torn, lost or out of order: %q", line)
		}
		next[i/n]++
	}
	if next != [2]int{n, n} {
		t.Errorf("got %v lines", next)
	}
}

func TestLineLongerThanAPipeTakes(t *testing.T) {
	var out bytes.Buffer
	w := newWriter(t, logs.WriterConfig{Output: &out})
	long := strings.Repeat("y", 10000) + "\n"
	for _, line := range []string{"a\n", long, "b\n"} {
		w.Append([]byte(line))
	}
	if err := closeIn(w, patience); err != nil {
		t.Fatal(err)
	}
	if out.String() != "a\n"+long+"b\n" {
		t.Errorf("got %d bytes", out.Len())
	}
}

// failing is a sink with a fault of its own making: EIO cannot be had for real.
type failing struct {
	mu   sync.Mutex
	err  error
	n    int // bytes taken before err
	text bytes.Buffer
}

func (f *failing) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		n := min(f.n, len(p))
		f.n -= n
		f.text.Write(p[:n])
		return n, f.err
	}
	return f.text.Write(p)
}

func (f *failing) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// lineChan hands over each write.
type lineChan chan string

func (c lineChan) Write(p []byte) (int, error) {
	c <- string(p)
	return len(p), nil
}

func TestFallbackHearsOnce(t *testing.T) {
	eio := errors.New("input/output error")
	out := &failing{err: eio, n: 7}
	fallback := make(lineChan, 100)
	l, err := logs.Open(logs.Config{Output: out, Fallback: fallback, Format: "console"})
	if err != nil {
		t.Fatal(err)
	}
	const n = 100
	for i := range n {
		l.Info("message", zap.Int("i", i))
	}
	if got, want := <-fallback, "cannot write the log: input/output error; trying again each second\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	out.set(nil)
	if err := l.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, want := <-fallback, "the log is written again\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(fallback) > 0 {
		t.Errorf("and said more: %q", <-fallback)
	}
	if got := strings.Count(out.text.String(), " message i="); got != n {
		t.Errorf("%d lines, want %d", got, n)
	}
}

func TestFallbackTellsWhatWasLost(t *testing.T) {
	out := &failing{err: io.ErrShortWrite}
	fallback := make(lineChan, 100)
	l, err := logs.Open(logs.Config{Output: out, Fallback: fallback})
	if err != nil {
		t.Fatal(err)
	}
	l.Info("message")
	<-fallback
	if err := l.Close(context.Background()); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
	if got, want := <-fallback, "cannot write the log: short write; lines dropped: 1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if l.Dropped() != 1 {
		t.Errorf("dropped %d", l.Dropped())
	}
}

// TestLogIntoAHungPipe: whoever logs goes on.
func TestLogIntoAHungPipe(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	l, err := logs.Open(logs.Config{Output: out})
	if err != nil {
		t.Fatal(err)
	}
	for l.Dropped() == 0 {
		l.Info("message", zap.String("text", strings.Repeat("x", 1000)))
	}
	_ = l.Sync()
	r.Close() // the write that hangs fails now
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.Close(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("close: %v", err)
	}
}
