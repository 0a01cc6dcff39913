package accesslog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"modwsgi-express/core/front/accesslog"
	"modwsgi-express/core/logs"
)

// patience bounds waits that end with an event; it is a guard, not a measure.
const patience = 30 * time.Second

func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
}

func openLog(t testing.TB, cfg accesslog.Config) *accesslog.Log {
	t.Helper()
	cfg.Open = openFile
	l, err := accesslog.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func closeLog(t testing.TB, l *accesslog.Log) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return l.Close(ctx)
}

// said is an entry of the error log.
type said struct {
	text   string
	fields map[string]any
}

// hearing returns a logger and what it is told.
func hearing() (*zap.Logger, <-chan said) {
	heard := make(chan said, 100)
	return zap.New(&core{heard: heard}), heard
}

// core hands over entries as they come, which zap's own observer does not.
type core struct{ heard chan<- said }

func (c *core) Enabled(zapcore.Level) bool { return true }
func (c *core) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return ce.AddCore(e, c)
}
func (c *core) Sync() error                       { return nil }
func (c *core) With([]zapcore.Field) zapcore.Core { return c }
func (c *core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	m := zapcore.NewMapObjectEncoder()
	for _, f := range fields {
		f.AddTo(m)
	}
	c.heard <- said{e.Level.String() + " " + e.Message, m.Fields}
	return nil
}

func hear(t *testing.T, heard <-chan said) said {
	t.Helper()
	select {
	case s := <-heard:
		return s
	case <-time.After(patience):
		t.Fatal("nothing was logged")
		panic("unreachable")
	}
}

// TestLineShowsByItself: nobody flushes, closes or sends a second request.
func TestLineShowsByItself(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer out.Close()
	l := openLog(t, accesslog.Config{Format: "%h %s", Output: out})
	if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(r)
	for range 3 {
		l.Record(sample(), end)
		if got, err := lines.ReadString('\n'); got != "192.0.2.7 200\n" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if err := l.Reopen(); err != nil { // an output of the caller's cannot be, and need not
		t.Error(err)
	}
	if err := closeLog(t, l); err != nil {
		t.Error(err)
	}
}

// TestHungDisk: a request never waits for its line, and the loss is told.
func TestHungDisk(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	log, heard := hearing()
	l := openLog(t, accesslog.Config{Format: "%L", Output: out, Log: log, Limit: 4096, Interval: time.Nanosecond})
	x := sample()
	recorded := uint64(0)
	for ; l.Dropped() < 1000; recorded++ { // ends only because Record does not wait
		x.ConnID = recorded
		l.Record(x, end)
	}
	dropped := l.Dropped()
	for told := uint64(0); told < dropped; {
		s := hear(t, heard)
		n, _ := s.fields[logs.KeyDropped].(uint64)
		if s.text != "warn access log: lines dropped" || n == 0 {
			t.Fatalf("heard %+v", s)
		}
		told += n
	}
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		text <- string(b)
	}()
	if err := closeLog(t, l); err != nil {
		t.Error(err)
	}
	out.Close()
	if got := uint64(strings.Count(<-text, "\n")); got != recorded-dropped {
		t.Errorf("%d lines came out of %d, of which %d were dropped", got, recorded, dropped)
	}
}

func TestDiskFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	log, heard := hearing()
	l := openLog(t, accesslog.Config{Format: "common", Path: "/dev/full", Log: log, Limit: 1 << 10, Interval: time.Nanosecond})
	for range 100 {
		l.Record(sample(), end)
	}
	s := hear(t, heard)
	for s.fields[logs.KeyError] == nil { // the bound is small: the first that is told may be a loss
		s = hear(t, heard)
	}
	if s.text != "error access log: cannot write, trying again each second" || s.fields[logs.KeyLog] != "/dev/full" ||
		s.fields[logs.KeyError] != "no space left on device" {
		t.Errorf("heard %+v", s)
	}
	if err := closeLog(t, l); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("close: %v", err)
	}
	if l.Dropped() != 100 {
		t.Errorf("dropped %d", l.Dropped())
	}
}

// TestWorksAgain tells the third of what tell has to say.
func TestWorksAgain(t *testing.T) {
	log, heard := hearing()
	path := filepath.Join(t.TempDir(), "access_log")
	target := "/dev/full"
	if _, err := os.Stat(target); err != nil {
		t.Skip("this system has no /dev/full")
	}
	l, err := accesslog.Open(accesslog.Config{Format: "%s", Path: path, Log: log, Interval: time.Nanosecond,
		Open: func(string) (*os.File, error) { return openFile(target) }})
	if err != nil {
		t.Fatal(err)
	}
	l.Record(sample(), end)
	hear(t, heard)
	target = path
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	if s := hear(t, heard); s.text != "info access log: written again" {
		t.Errorf("heard %+v", s)
	}
	if err := closeLog(t, l); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(path); string(b) != "200\n" {
		t.Errorf("got %q, %v", b, err)
	}
}

// TestReopenUnderLoad rotates while requests end: each has exactly one whole line.
func TestReopenUnderLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access_log")
	l := openLog(t, accesslog.Config{Format: "combined", Path: path, Limit: 64 << 20})
	const goroutines, each, rotations = 4, 2500, 20
	var requests sync.WaitGroup
	for g := range goroutines {
		requests.Go(func() {
			x := sample()
			for i := range each {
				x.Request.Target = fmt.Appendf(x.Request.Target[:0], "/%d-%d", g, i)
				l.Record(x, end)
			}
		})
	}
	for i := range rotations {
		if err := os.Rename(path, fmt.Sprintf("%s.%d", path, i)); err != nil {
			t.Fatal(err)
		}
		if err := l.Reopen(); err != nil {
			t.Fatal(err)
		}
	}
	requests.Wait()
	if err := closeLog(t, l); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != rotations+1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	seen := make(map[string]int)
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			seen[line]++
		}
	}
	f, x := parse(t, "combined"), sample()
	for g := range goroutines {
		for i := range each {
			x.Request.Target = fmt.Appendf(nil, "/%d-%d", g, i)
			if line := string(f.Append(nil, x, end)) + "\n"; seen[line] != 1 {
				t.Fatalf("%d times: %s", seen[line], line)
			}
		}
	}
	if len(seen) != goroutines*each || l.Dropped() != 0 {
		t.Errorf("%d different lines, %d dropped", len(seen), l.Dropped())
	}
}

func TestOffOpensNothing(t *testing.T) {
	l, err := accesslog.Open(accesslog.Config{Format: "off", Path: "/nowhere/at/all"})
	if err != nil {
		t.Fatal(err)
	}
	l.Record(sample(), end)
	if err := errors.Join(l.Reopen(), closeLog(t, l)); err != nil || l.Dropped() != 0 || len(l.ResponseFields()) != 0 {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	refuse := func(string) (*os.File, error) { return nil, os.ErrPermission }
	if _, err := accesslog.Open(accesslog.Config{Format: "%z", Output: io.Discard}); err == nil {
		t.Error("format %z was accepted")
	}
	if _, err := accesslog.Open(accesslog.Config{Format: "json", Path: "/x", Open: refuse}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, format := range []string{"combined", "json"} {
		b.Run(format, func(b *testing.B) {
			l := openLog(b, accesslog.Config{Format: format, Path: filepath.Join(b.TempDir(), "access_log")})
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for x := sample(); pb.Next(); {
					l.Record(x, end)
				}
			})
			b.ReportMetric(float64(l.Dropped())/float64(b.N), "dropped/op")
			if err := closeLog(b, l); err != nil {
				b.Fatal(err)
			}
		})
	}
}
