package accesslog

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/logs"
)

// DefaultLimit is the bound of the lines that wait, in bytes: at 20,000 requests a
// second a disk may stop for a second.
const DefaultLimit = 4 << 20

const (
	// gatherTime is how long lines are gathered for one write, and how late a line
	// shows on an idle server.
	gatherTime = 50 * time.Millisecond
	// keepLine is the largest line buffer that is kept for another line.
	keepLine = 16 << 10
)

// Config says where the access log goes.
type Config struct {
	// Format is off, common, combined, json or an Apache format string; see [Parse].
	Format string

	// Path is the file, opened with Open for appending. Without one, lines go to
	// Output, which is not closed and not reopened.
	Path   string
	Open   func(path string) (*os.File, error)
	Output io.Writer

	// Limit bounds the bytes of the lines that wait for the disk; 0: DefaultLimit.
	Limit int
	// Log hears, once at most in Interval, that lines were dropped, and when
	// writing begins to fail or works again. nil: nobody does. Interval 0:
	// logs.DefaultInterval.
	Log      *zap.Logger
	Interval time.Duration
}

// Log is the access log of a server. Its methods may be called from several
// goroutines at once.
type Log struct {
	format *Format
	writer *logs.Writer // nil: off
	lines  sync.Pool    // of *[]byte
}

// Open opens the file and starts the goroutines that write. With the format off
// nothing is opened. Close ends it.
func Open(cfg Config) (*Log, error) {
	format, err := Parse(cfg.Format)
	if err != nil {
		return nil, err
	}
	l := &Log{format: format, lines: sync.Pool{New: func() any { return new([]byte) }}}
	if format.IsOff() {
		return l, nil
	}
	if cfg.Limit <= 0 {
		cfg.Limit = DefaultLimit
	}
	w, err := logs.NewWriter(logs.WriterConfig{
		Path: cfg.Path, Open: cfg.Open, Output: cfg.Output,
		Limit: cfg.Limit, Delay: gatherTime, Interval: cfg.Interval,
		Trouble: func(t logs.Trouble) { tell(cfg.Log, t) },
	})
	if err != nil {
		return nil, err
	}
	l.writer = w
	return l, nil
}

// tell puts what is wrong with the access log into the error log.
func tell(log *zap.Logger, t logs.Trouble) {
	if log == nil {
		return
	}
	fields := make([]zap.Field, 0, 3)
	if t.Path != "" {
		fields = append(fields, zap.String(logs.KeyLog, t.Path))
	}
	if t.Dropped > 0 {
		fields = append(fields, zap.Uint64(logs.KeyDropped, t.Dropped))
	}
	switch {
	case t.Err != nil:
		log.Error("access log: cannot write, trying again each second", append(fields, zap.Error(t.Err))...)
	case t.Dropped > 0:
		log.Warn("access log: lines dropped", fields...)
	default:
		log.Info("access log: written again", fields...)
	}
}

// ResponseFields are the response fields that Record wants; see
// [Format.ResponseFields].
func (l *Log) ResponseFields() []string { return l.format.ResponseFields() }

// Record logs an exchange that ended at end; keptAlive is as for [Format.Append].
// It never waits for the disk and keeps nothing of x.
func (l *Log) Record(x *exchange.Exchange, end time.Time, keptAlive ...bool) {
	if l.writer == nil {
		return
	}
	b := l.lines.Get().(*[]byte)
	*b = append(l.format.Append((*b)[:0], x, end, keptAlive...), '\n')
	l.writer.Append(*b)
	if cap(*b) <= keepLine {
		l.lines.Put(b)
	}
}

// Reopen goes on in a newly opened file, for log rotation; see
// [logs.Writer.Reopen].
func (l *Log) Reopen() error {
	if l.writer == nil {
		return nil
	}
	return l.writer.Reopen()
}

// Dropped is the number of lines that were never written.
func (l *Log) Dropped() uint64 {
	if l.writer == nil {
		return 0
	}
	return l.writer.Dropped()
}

// Close writes what waits, while ctx lasts, and closes the file; see
// [logs.Writer.Close].
func (l *Log) Close(ctx context.Context) error {
	if l.writer == nil {
		return nil
	}
	return l.writer.Close(ctx)
}
