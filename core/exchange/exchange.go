// Package exchange is the contract in the middle of the server: what every
// listener fills in and what every handler serves.
//
//	socket ─ driver ─ http1 ─┐                                        ┌─► ring ─► Python
//	fastcgi, uwsgi, scgi, h2 ┴─► Exchange ─► handlers ─► gateway ─► pool ┴─► lane ─► Python
//
// An [Exchange] is one request and its one response. A driver owns it: the
// driver fills [Request], hands it to a [Handler], and takes it back when the
// exchange has ended; drivers reuse Exchange values, so a handler keeps
// nothing of one after its end. All []byte in it are views into the driver's
// buffers and are valid until the end of the exchange.
//
// The life of an exchange:
//
//	            Serve ─► Done      the response was ended or aborted inside Serve
//	driver ─────Serve ─► Pending   End or Abort follows later, once, from elsewhere
//	            Serve ─► Detach    nothing was done: Serve needs to block; the driver
//	                               moves connection and exchange to a goroutine,
//	                               sets MayBlock and calls Serve again
//
// Serve may return Detach only while MayBlock is false and Pending only after
// it has arranged for the end.
package exchange

import (
	"net/netip"
	"time"
)

// Outcome is what a handler's Serve answers to its driver.
type Outcome uint8

const (
	// Done: the response has been ended or aborted.
	Done Outcome = iota
	// Pending: the response will be ended or aborted later, exactly once.
	Pending
	// Detach: the handler would have to block; see the package comment.
	Detach
)

// A Handler serves exchanges. It is called by several drivers at once.
type Handler interface {
	Serve(x *Exchange) Outcome
}

// HandlerFunc lets a function be a [Handler].
type HandlerFunc func(x *Exchange) Outcome

// Serve calls f.
func (f HandlerFunc) Serve(x *Exchange) Outcome { return f(x) }

// Exchange is one request and its response. The driver fills the first part
// before Serve; the counters are filled while the response goes out and are
// complete when the driver reports the exchange as ended.
type Exchange struct {
	Request  Request
	Peer     *Peer
	Body     Body
	Response Response

	// Start is when the first byte of the request was there (monotonic).
	Start time.Time
	// MayBlock tells the handler that Serve runs on a goroutine of its own.
	MayBlock bool

	// ID is the request's identity in logs and in the environ
	// (mod_wsgi.request_id): the connection's number and the request's number
	// on it. Format with [Exchange.AppendID].
	ConnID uint64
	Seq    uint32

	// Filled by whoever knows; read by the access log.
	Status     int           // final status sent, 0 if none was
	BodyIn     int64         // body bytes taken from the client
	BodyOut    int64         // body bytes of the response, after framing rules, without framing
	QueueTime  time.Duration // waiting for a worker thread
	WorkerPID  int           // 0 if no worker was asked
	Aborted    error         // why the response did not end well, nil if it did
	RemoteUser []byte        // authenticated user, if any
	LogFields  [][]byte      // response field values that the access log asked for, in its order
}

// Peer is what is known of a connection, the same for all its exchanges.
type Peer struct {
	// Remote and Local are the addresses of a TCP connection; the zero
	// AddrPort on a unix socket.
	Remote, Local netip.AddrPort
	// Unix is the path of the listening unix socket, "" on TCP.
	Unix string
	// TLS is set on an encrypted connection (wsgi.url_scheme https).
	TLS bool
}

// AppendID appends the request's identity, as "<conn>-<seq>" in base 36.
func (x *Exchange) AppendID(dst []byte) []byte {
	dst = appendBase36(dst, x.ConnID)
	dst = append(dst, '-')
	return appendBase36(dst, uint64(x.Seq))
}

func appendBase36(dst []byte, v uint64) []byte {
	var b [13]byte
	i := len(b)
	for {
		i--
		b[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[v%36]
		if v /= 36; v == 0 {
			return append(dst, b[i:]...)
		}
	}
}
