package logs

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Forms of Config.Format.
const (
	FormatAuto    = "auto" // console on a terminal, else JSON
	FormatConsole = "console"
	FormatJSON    = "json"
)

// Bounds of what a log that hangs costs who logs: so long the first line waits to
// be written, later ones not at all until it is.
const (
	lineWait = 250 * time.Millisecond
	syncWait = time.Second
)

// Config says where the log goes and how it looks.
type Config struct {
	Level  string // debug, info, warn or error; "": info
	Format string // FormatAuto ("" is the same), FormatConsole or FormatJSON

	// Terminal: the lines are read on a terminal. Colour: with colours. Width:
	// columns at which the console form breaks between fields; 0: nowhere.
	Terminal bool
	Colour   bool
	Width    int

	// Path is the log file, opened with Open for appending. Without one, lines go
	// to Output, which is not closed and not reopened.
	Path   string
	Open   func(path string) (*os.File, error)
	Output io.Writer

	// Fallback gets a line in plain text when the log itself cannot be written
	// and when it can be again; nil: nobody is told.
	Fallback io.Writer
}

// Log is a zap logger and what is below it.
type Log struct {
	*zap.Logger
	level  zap.AtomicLevel
	writer *Writer
}

// Open makes the logger. Close ends it.
func Open(cfg Config) (*Log, error) {
	level := zap.NewAtomicLevel()
	if err := setLevel(level, cfg.Level); err != nil {
		return nil, err
	}
	encoder, isJSON, err := newEncoder(cfg)
	if err != nil {
		return nil, err
	}
	w, err := NewWriter(WriterConfig{
		Path: cfg.Path, Open: cfg.Open, Output: cfg.Output,
		Trouble: func(t Trouble) { tell(cfg.Fallback, t) },
	})
	if err != nil {
		return nil, err
	}
	l := &Log{level: level, writer: w}
	// A logger that fails has nowhere to say so but here: zap's own choice would
	// be the process's standard error.
	l.Logger = zap.New(zapcore.NewCore(encoder, lineSink{w, isJSON}, level), zap.ErrorOutput(lineSink{w, false}))
	return l, nil
}

// SetLevel changes the level while the log is in use.
func (l *Log) SetLevel(name string) error { return setLevel(l.level, name) }

// Reopen goes on in a newly opened file; see [Writer.Reopen].
func (l *Log) Reopen() error { return l.writer.Reopen() }

// Dropped is the number of lines that could not be written.
func (l *Log) Dropped() uint64 { return l.writer.Dropped() }

// Close writes what waits and closes the file; see [Writer.Close].
func (l *Log) Close(ctx context.Context) error { return l.writer.Close(ctx) }

func setLevel(level zap.AtomicLevel, name string) error {
	switch name {
	case "debug":
		level.SetLevel(zap.DebugLevel)
	case "info", "":
		level.SetLevel(zap.InfoLevel)
	case "warn":
		level.SetLevel(zap.WarnLevel)
	case "error":
		level.SetLevel(zap.ErrorLevel)
	default:
		return fmt.Errorf("cannot use log level %q: it is one of debug, info, warn and error", name)
	}
	return nil
}

func newEncoder(cfg Config) (enc zapcore.Encoder, isJSON bool, err error) {
	switch cfg.Format {
	case FormatConsole:
	case FormatJSON:
		return newJSONEncoder(), true, nil
	case FormatAuto, "":
		if !cfg.Terminal {
			return newJSONEncoder(), true, nil
		}
	default:
		return nil, false, fmt.Errorf("cannot use log format %q: it is one of auto, console and json", cfg.Format)
	}
	return &consoleEncoder{colour: cfg.Colour, width: cfg.Width}, false, nil
}

func newJSONEncoder() zapcore.Encoder {
	return zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey: KeyTime, LevelKey: KeyLevel, NameKey: "logger", MessageKey: KeyMessage,
		EncodeTime:     zapcore.TimeEncoderOfLayout("2006-01-02T15:04:05.000000Z07:00"),
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeDuration: zapcore.SecondsDurationEncoder,
		LineEnding:     "\n",
	})
}

// lineSink is a Writer as zap sees it: an entry a call, which is there on return
// if the log is in order, because the next moment may be a crash.
type lineSink struct {
	w    *Writer
	json bool
}

// Write never fails: the Writer counts and tells what went wrong, and zap could
// do nothing but repeat it on standard error.
func (s lineSink) Write(p []byte) (int, error) {
	line := p
	if s.json {
		line = printableJSON(p)
	}
	if s.w.Append(line) {
		s.w.Flush(lineWait)
	}
	return len(p), nil
}

func (s lineSink) Sync() error {
	s.w.Flush(syncWait)
	return nil
}

// tell says in one line what is wrong with the log.
func tell(out io.Writer, t Trouble) {
	if out == nil {
		return
	}
	name := "the log"
	if t.Path != "" {
		name = fmt.Sprintf("log %q", t.Path)
	}
	var text string
	switch {
	case t.Err != nil && t.Dropped > 0:
		text = fmt.Sprintf("cannot write %s: %v; lines dropped: %d", name, t.Err, t.Dropped)
	case t.Err != nil:
		text = fmt.Sprintf("cannot write %s: %v; trying again each second", name, t.Err)
	case t.Dropped > 0:
		text = fmt.Sprintf("%s could not be written for a while; lines dropped: %d", name, t.Dropped)
	default:
		text = fmt.Sprintf("%s is written again", name)
	}
	_, _ = io.WriteString(out, text+"\n") // there is no one left to tell
}
