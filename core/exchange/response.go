package exchange

import (
	"errors"
	"os"
)

// Head is the start of a response as a handler gives it: validated (see
// core/gateway), without framing. Date, Server, Connection, Transfer-Encoding
// and, where it is known, Content-Length are added by the driver.
type Head struct {
	Status int    // 200 to 599; drivers send 1xx themselves
	Reason []byte // may be empty
	Fields []Field
	// ContentLength is the announced length of the body, -1 if unknown. With
	// HEAD and 304 it is sent, and no body follows.
	ContentLength int64
	// Close asks for the connection to be closed after this response.
	Close bool
}

// Response is the driver's sink for one response. Order of calls:
//
//	Head · (Write | SendFile | Flush)* · (End | Abort)      or Abort alone
//
// Calls come from one goroutine at a time. A sink copies what it must keep:
// the caller's slices are its own again when a call returns. Bytes beyond the
// announced length, and bytes where no body is allowed (HEAD, 204, 304), are
// dropped by the sink, which counts what it dropped (see Extra).
//
// A sink buffers up to a limit of its own; beyond it Write and SendFile block
// if the exchange may block. They return an error as soon as the client is
// known to be gone ([ErrClientGone]) or too slow ([ErrClientSlow]); the caller
// then still calls Abort.
type Response interface {
	Head(h *Head) error
	Write(p []byte) error
	// SendFile sends n bytes of f from off. f becomes the sink's, which closes it
	// when it is done, also after an error: so the caller need not wait for a
	// slow client. f's own offset is neither used nor changed.
	SendFile(f *os.File, off, n int64) error
	// Flush sends what is buffered: the application wants the client to see it.
	Flush() error
	// End completes the response. If fewer bytes came than the head announced
	// it aborts instead, with ErrShortBody.
	End() error
	// Abort ends the response so that it cannot look complete: before the head
	// was given, the sink sends the error page of status (a 5xx); after it, the
	// connection is reset. why goes to the log.
	Abort(status int, why error)
	// Started tells whether any byte of the head may have left.
	Started() bool
	// Extra is the number of body bytes dropped because of the framing.
	Extra() int64
}

// Body is the request's content, decoded from its framing.
type Body interface {
	// Size is the length of the body if it is known: announced, or buffered
	// whole; else -1.
	Size() int64
	// Whole returns the body if all of it is in memory. The view is valid until
	// the exchange ends.
	Whole() (view []byte, ok bool)
	// Read reads what comes next. The first Read of a body that is streamed
	// sends 100 Continue if the client waits for it. At the end: io.EOF. A body
	// that cannot be delivered (framing error, client gone, too slow, too
	// large) answers with a *BodyError, for ever.
	Read(p []byte) (int, error)
}

// BodyError says why a request body could not be delivered.
type BodyError struct {
	Status int // what the client deserves: 400, 408, 413
	Err    error
}

func (e *BodyError) Error() string { return "read request body: " + e.Err.Error() }
func (e *BodyError) Unwrap() error { return e.Err }

var (
	// ErrClientGone: the client closed or reset the connection.
	ErrClientGone = errors.New("client closed the connection")
	// ErrClientSlow: the client did not take response bytes for the socket timeout.
	ErrClientSlow = errors.New("client too slow in reading the response")
	// ErrShortBody: fewer body bytes came than Content-Length announced.
	ErrShortBody = errors.New("response body shorter than its Content-Length")
)

// NoBody is the Body of a request without one.
var NoBody Body = noBody{}
