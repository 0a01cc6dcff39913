package server

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/front/accesslog"
	"modwsgi-express/core/logs"
	"modwsgi-express/platforms/logfile"
)

// closeLogs bounds writing what waits when the server ends.
const closeLogs = 3 * time.Second

// logSet is the server's log and its access log.
type logSet struct {
	server *logs.Log
	access *accesslog.Log // nil: off
	log    *zap.Logger
}

// openLogs opens both while files can still be opened that only root may; the
// user the server becomes owns them.
func openLogs(c LogConfig, who *identity, stdout, stderr io.Writer) (*logSet, error) {
	open := func(path string) (*os.File, error) {
		var o logfile.Options
		if who.drop {
			o.UID, o.GID = who.id.UID, who.id.GID
		}
		return logfile.Open(path, o)
	}
	config := logs.Config{Level: c.Level, Format: c.Format, Terminal: c.Terminal, Colour: c.Colour, Width: c.Width,
		Output: stderr, Fallback: stderr, Open: open}
	if c.Directory != "" {
		config.Path = filepath.Join(c.Directory, c.ErrorName)
		config.Terminal, config.Colour = false, false
	}
	l, err := logs.Open(config)
	if err != nil {
		return nil, withAdvice("cannot open the log", err)
	}
	set := &logSet{server: l, log: l.Logger}
	if c.AccessFormat == "" {
		return set, nil
	}
	access := accesslog.Config{Format: c.AccessFormat, Output: stdout, Open: open, Log: l.Logger}
	if c.Directory != "" {
		access.Path = filepath.Join(c.Directory, c.AccessName)
	}
	if set.access, err = accesslog.Open(access); err != nil {
		set.close()
		return nil, withAdvice("cannot open the access log", err)
	}
	return set, nil
}

// withAdvice keeps the advice of who refused a file.
func withAdvice(what string, err error) error {
	e := &ConfigError{What: what, Err: err}
	var advice interface{ Advice() string }
	if errors.As(err, &advice) {
		e.Hint = advice.Advice()
	}
	return e
}

// record is the front's hook for the access log.
func (s *logSet) record(x *exchange.Exchange) { s.access.Record(x, time.Now()) }

func (s *logSet) reopen() error {
	err := s.server.Reopen()
	if s.access != nil {
		err = errors.Join(err, s.access.Reopen())
	}
	return err
}

// close writes what waits. What cannot be written now is lost, which the logs
// have said to stderr themselves.
func (s *logSet) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeLogs)
	defer cancel()
	if s.access != nil {
		_ = s.access.Close(ctx)
	}
	_ = s.server.Close(ctx)
}
