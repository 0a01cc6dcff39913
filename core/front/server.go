package front

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
)

// drainIdle is how long an idle connection stays open when a drain begins: a
// request that was sent before the client can know of it still arrives.
const drainIdle = 250 * time.Millisecond

// Server accepts connections on any number of listeners and serves them with
// one handler.
type Server struct {
	cfg       Config
	limits    http1.Limits
	handler   exchange.Handler
	ended     func(*exchange.Exchange)
	logFields []string
	log       *zap.Logger
	clock     dateClock

	draining atomic.Bool
	nextID   atomic.Uint64
	room     chan struct{} // one token per connection

	mu        sync.Mutex
	conns     map[*conn]struct{}
	listeners []net.Listener
	wg        sync.WaitGroup // connections and accept loops
}

// Hooks are what a Server calls besides its handler; both may be empty.
type Hooks struct {
	// Ended is called once for every exchange after its response has left or
	// failed, refused requests included. It keeps nothing of x.
	Ended func(x *exchange.Exchange)
	// LogFields names (in lower case) the response fields whose values Ended
	// wants in x.LogFields, in that order.
	LogFields []string
}

// New makes a server; it does nothing until Serve.
func New(cfg Config, handler exchange.Handler, hooks Hooks, log *zap.Logger) *Server {
	s := &Server{
		cfg: cfg, handler: handler, ended: hooks.Ended, logFields: hooks.LogFields, log: log,
		conns: map[*conn]struct{}{},
		room:  make(chan struct{}, cfg.MaxConnections),
	}
	s.limits = http1.DefaultLimits()
	s.limits.RequestLine, s.limits.Fields = cfg.LimitRequestLine, cfg.LimitRequestFields
	s.limits.FieldSize, s.limits.HeadSize = cfg.LimitRequestFieldSize, cfg.LimitRequestHead
	if s.ended == nil {
		s.ended = func(*exchange.Exchange) {}
	}
	return s
}

// Serve accepts connections from l in the background until Drain or Close. l
// becomes the server's.
func (s *Server) Serve(l net.Listener) {
	s.mu.Lock()
	s.listeners = append(s.listeners, l)
	s.mu.Unlock()
	s.wg.Add(1)
	go s.accept(l)
}

func (s *Server) accept(l net.Listener) {
	defer s.wg.Done()
	full := time.Time{}
	for backoff := time.Duration(0); ; {
		select {
		case s.room <- struct{}{}:
		default:
			if time.Since(full) > time.Minute {
				full = time.Now()
				s.log.Warn("all connections in use, new ones wait", zap.Int("max_connections", s.cfg.MaxConnections))
			}
			s.room <- struct{}{} // ends when a connection does, and Close ends those
		}
		nc, err := l.Accept()
		if err == nil {
			backoff = 0
			s.take(nc, l)
			continue
		}
		<-s.room
		if s.draining.Load() || errors.Is(err, net.ErrClosed) {
			return
		}
		// Out of descriptors, or a connection that was gone before it was
		// accepted: the listener is fine, but trying again at once would spin.
		if backoff == 0 {
			s.log.Warn("cannot accept a connection, trying again", zap.Error(err))
		}
		backoff = min(max(2*backoff, 5*time.Millisecond), time.Second)
		time.Sleep(backoff)
	}
}

// take starts the goroutine of a new connection.
func (s *Server) take(nc net.Conn, l net.Listener) {
	c := &conn{srv: s, nc: nc}
	c.engine.Init(&s.limits)
	c.x.ConnID = s.nextID.Add(1)
	c.peer = peerOf(nc, l)
	if len(s.logFields) > 0 {
		c.x.LogFields = make([][]byte, len(s.logFields))
	}
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.wg.Add(1)
	s.mu.Unlock()
	go c.serve()
}

func peerOf(nc net.Conn, l net.Listener) exchange.Peer {
	var p exchange.Peer
	if a, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		p.Remote = unmap(a.AddrPort())
	}
	switch a := l.Addr().(type) {
	case *net.TCPAddr:
		if la, ok := nc.LocalAddr().(*net.TCPAddr); ok {
			a = la
		}
		p.Local = unmap(a.AddrPort())
	case *net.UnixAddr:
		p.Unix = a.Name
	}
	return p
}

// unmap shows the IPv4 clients of a socket for both families as what they are.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	<-s.room
	s.wg.Done()
}

// Connections is the number of open connections.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Drain stops accepting, lets the requests that are under way (or on their way,
// see drainIdle) be answered, and returns when all connections are closed. When
// ctx ends first it closes what is left, says how much that was, and leaves it to
// the caller to end the handlers that are still running before it calls Wait.
func (s *Server) Drain(ctx context.Context) error {
	s.draining.Store(true)
	s.closeListeners()
	s.mu.Lock()
	for c := range s.conns {
		c.wind()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	n := s.Connections()
	s.cut()
	if n == 0 {
		return nil
	}
	return fmt.Errorf("close connections: %d were cut off", n)
}

// Wait returns when every connection and accept loop has ended. Waits on clients
// end when Drain closes their sockets; handlers are the caller's.
func (s *Server) Wait() { s.wg.Wait() }

func (s *Server) closeListeners() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.log.Warn("cannot close a listener", zap.Stringer("address", l.Addr()), zap.Error(err))
		}
	}
	s.listeners = nil
}

// cut closes every connection under its goroutine.
func (s *Server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.nc.Close()
	}
}
