package server

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"

	"go.uber.org/zap"

	"modwsgi-express/core/front"
)

// Server is one instance.
type Server struct {
	cfg       Config
	logs      *logSet
	log       *zap.Logger
	listeners []net.Listener
	apps      []*application // longest mount point first
	front     *front.Server
	proof     string // what was proved of the privilege drop, "" if there was none

	ready    chan struct{}
	commands chan command
	drain    context.Context // ended by Stop: cuts a drain short
	cut      context.CancelFunc
	ended    chan struct{}
	endOnce  sync.Once
}

type command uint8

const (
	cmdReload command = iota
	cmdDrain
	cmdStop
	cmdReopen
)

// Open is the root phase: it binds the listeners, opens the logs and becomes the
// configured user for good. Nothing is served yet. Without a log directory the log
// goes to stderr and the access log to stdout.
// Errors are *ConfigError, *BindError and *PrivilegeError; whatever was opened
// before one is closed again.
func Open(cfg Config, stdout, stderr io.Writer) (*Server, error) {
	s := &Server{cfg: cfg, ready: make(chan struct{}), ended: make(chan struct{}), commands: make(chan command, 16)}
	s.drain, s.cut = context.WithCancel(context.Background())
	if err := s.open(stdout, stderr); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *Server) open(stdout, stderr io.Writer) error {
	who, err := resolve(s.cfg.Identity)
	if err != nil {
		return err
	}
	if err := who.check(s.cfg.Applications); err != nil {
		return err
	}
	if err := prepareDescriptors(&s.cfg.Front); err != nil {
		return err
	}
	if s.listeners, err = bind(s.cfg.Listen, s.cfg.Backlog, who); err != nil {
		return err
	}
	if err := s.openLogsAndBecome(who, stdout, stderr); err != nil {
		return err
	}
	if s.proof != "" {
		s.log.Info("privileges dropped", zap.String("proof", s.proof))
	}
	if who.warning != "" {
		s.log.Warn(who.warning)
	}
	who.own(s.cfg.Applications)
	for _, c := range s.cfg.Applications {
		s.apps = append(s.apps, newApplication(c, &s.cfg, s.log))
	}
	slices.SortStableFunc(s.apps, func(a, b *application) int { return len(b.cfg.MountPoint) - len(a.cfg.MountPoint) })
	s.front = front.New(s.cfg.Front, &router{s.apps}, s.hooks(), s.log)
	return nil
}

// openLogsAndBecome opens the logs while files can still be opened that only root
// may. A directory that belongs to the user is none for root to write in: there
// the logs are opened when root is gone.
func (s *Server) openLogsAndBecome(who *identity, stdout, stderr io.Writer) (err error) {
	s.logs, err = openLogs(s.cfg.Logs, who, stdout, stderr)
	if err != nil && !who.drop {
		return err
	}
	proof, failed := who.become()
	if failed != nil {
		return failed
	}
	if s.logs == nil {
		var again error
		if s.logs, again = openLogs(s.cfg.Logs, who, stdout, stderr); again != nil {
			return err
		}
	}
	s.log, s.proof = s.logs.log, proof
	return nil
}

func (s *Server) hooks() front.Hooks {
	if s.logs.access == nil {
		return front.Hooks{}
	}
	return front.Hooks{Ended: s.logs.record, LogFields: s.logs.access.ResponseFields()}
}

// close gives back what a server holds that does not run.
func (s *Server) close() {
	for _, l := range s.listeners {
		l.Close()
	}
	if s.logs != nil {
		s.logs.close()
	}
}

// Run loads the applications, serves them, and returns when the server was
// stopped: nil after a drain in which nothing was lost. If an application cannot
// be loaded at the start it returns the *supervise.LoadError at once. The end of
// ctx is a Stop. Run is called once.
func (s *Server) Run(ctx context.Context) error {
	defer close(s.ended)
	defer s.close()
	defer context.AfterFunc(ctx, s.Stop)()
	if err := s.start(); err != nil {
		for _, a := range s.apps {
			a.stop(true)
		}
		return err
	}
	for _, l := range s.listeners {
		s.front.Serve(l)
	}
	close(s.ready)
	for c := range s.commands {
		switch c {
		case cmdReload:
			s.log.Info("reloading")
			for _, a := range s.apps {
				a.workers.Reload()
			}
		case cmdReopen:
			s.reopen()
		case cmdDrain, cmdStop:
			return s.shutdown(c == cmdStop)
		}
	}
	return nil
}

// start loads all applications side by side. Commands that end the server end
// this too.
func (s *Server) start() error {
	ctx, cancel := context.WithCancelCause(s.drain)
	defer cancel(nil)
	results := make(chan error, len(s.apps))
	for _, a := range s.apps {
		go func() { results <- a.start(ctx) }()
	}
	var failed error
	for range s.apps {
		if err := <-results; err != nil && failed == nil {
			failed = err
			cancel(err)
		}
	}
	if failed != nil && s.drain.Err() != nil {
		return errStopped
	}
	return failed
}

var errStopped = errors.New("stopped while loading the application")

// shutdown lets what runs finish, unless now, and ends the workers.
func (s *Server) shutdown(now bool) error {
	if now {
		s.cut()
		s.log.Info("stopping at once")
	} else {
		s.log.Info("draining", zap.Int("connections", s.front.Connections()), zap.Duration("limit", s.cfg.GracefulTimeout))
	}
	ctx, cancel := context.WithTimeout(s.drain, s.cfg.GracefulTimeout)
	defer cancel()
	err := s.front.Drain(ctx)
	now = now || ctx.Err() != nil
	var wg sync.WaitGroup
	for _, a := range s.apps {
		wg.Go(func() { a.stop(now) })
	}
	wg.Wait()
	s.front.Wait()
	for _, a := range s.apps {
		a.lingering.Wait() // ends with the workers; no handler can add to it any more
	}
	if err != nil {
		s.log.Warn("stopped before all requests had ended", zap.Error(err))
	} else {
		s.log.Info("stopped")
	}
	if now && s.drain.Err() != nil {
		return nil // what was cut off was meant to be
	}
	return err
}

func (s *Server) reopen() {
	if err := s.logs.reopen(); err != nil {
		s.log.Error("cannot reopen the logs, the old files stay in use", zap.Error(err))
		return
	}
	s.log.Info("logs reopened")
}

// send hands a command to Run; commands beyond the channel's bound, and those
// after the end, have nothing left to do.
func (s *Server) send(c command) {
	select {
	case s.commands <- c:
	case <-s.ended:
	default:
	}
}

// Reload loads the application anew in new workers, which take over when all of
// them have; if one fails the old ones stay.
func (s *Server) Reload() { s.send(cmdReload) }

// Drain stops accepting, finishes what runs within GracefulTimeout, and ends Run.
func (s *Server) Drain() { s.send(cmdDrain) }

// Stop ends Run at once, also during a drain or while applications are loading.
func (s *Server) Stop() {
	s.cut()
	s.send(cmdStop)
}

// ReopenLogs closes and opens the log files, after they were renamed.
func (s *Server) ReopenLogs() { s.send(cmdReopen) }

// Ready is closed when the applications are loaded and connections are accepted.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Log is the server's log, for what its caller has to say.
func (s *Server) Log() *zap.Logger { return s.log }

// Info is what a banner tells; the parts about applications are there once Ready.
type Info struct {
	PID          int
	User         string
	Addresses    []string // as bound: "127.0.0.1:8000", "unix:/run/app.sock"
	Applications []ApplicationInfo
}

// ApplicationInfo is the part of Info about one application.
type ApplicationInfo struct {
	MountPoint                              string
	Interpreter, InterpreterOrigin          string
	Python, Implementation, Prefix          string
	FreeThreaded                            bool
	Target, Kind, Callable, Framework, File string
	LoadSeconds                             float64
	Processes, Threads                      int
}

// Info returns what is known of the instance.
func (s *Server) Info() Info {
	info := Info{PID: os.Getpid(), User: userName()}
	for _, l := range s.listeners {
		a := l.Addr().String()
		if l.Addr().Network() == "unix" {
			a = "unix:" + a
		}
		info.Addresses = append(info.Addresses, a)
	}
	for _, a := range s.apps {
		st := a.workers.Status()
		info.Applications = append(info.Applications, ApplicationInfo{
			MountPoint: a.cfg.MountPoint, Interpreter: st.Hello.Executable, InterpreterOrigin: a.cfg.InterpreterOrigin,
			Python: st.Hello.Python, Implementation: st.Hello.Implementation, Prefix: st.Hello.Prefix, FreeThreaded: st.Hello.FreeThreaded,
			Target: st.Loaded.Target, Kind: st.Loaded.Kind, Callable: st.Loaded.Callable, Framework: st.Loaded.Framework,
			File: st.Loaded.File, LoadSeconds: st.Loaded.Seconds, Processes: a.cfg.Processes, Threads: a.cfg.Threads,
		})
	}
	return info
}
