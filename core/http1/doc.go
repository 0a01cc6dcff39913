// Package http1 is a strict HTTP/1.1 engine (RFC 9110, RFC 9112) that does no
// I/O: bytes in, a request or a verdict out; a response head in, bytes out. It
// knows no connection, goroutine or clock, so that an event loop and a goroutine
// per connection can run the same engine.
//
// One [Engine] serves one connection, request after request:
//
//	        ┌───────────────────────── Reset ◄─────────────────────────┐
//	        ▼                                                          │
//	   ┌─ head ─┐  OK   ┌─ body ─┐  OK   ┌─ done ─┐                    │
//	──►│ParseHead├─────►│ParseBody├─────►│BodyDone ├─┐                 │
//	   └─┬──────┘       └─┬──────┘       └────────┘  │  both done and  │
//	     │ Reject         │ Reject                   ├─── Persist() ───┘
//	     ▼                ▼                          │
//	   dirty for ever: ParseHead and ParseBody       │
//	   answer Reject, Persist answers false          │
//	                                                 │
//	AppendHead ─► (BodyPrefix · bytes · BodySuffix)* ─► AppendEnd
//
// The two rows are independent: a response may begin, and end, before the
// request body was read.
//
// How the framing of a response is chosen (RFC 9112 section 6.3):
//
//	HEAD, 304              the announced length if there is one; no body
//	204                    neither length nor body
//	205                    Content-Length: 0, no body
//	length announced       Content-Length
//	unknown, HTTP/1.1      chunked
//	unknown, HTTP/1.0      the end of the connection
//
// # Verdicts
//
// What a request gets that is not served. Every refusal ends the connection;
// bytes behind a refused request are never looked at.
//
//	400  malformed: bare LF or CR, bad byte in a name, value, target or Host,
//	     obs-fold, white space where none belongs, ambiguous framing (several or
//	     odd Content-Length, Transfer-Encoding with Content-Length, twice, or on
//	     HTTP/1.0), a second Host or Content-Type, a path that leaves the root,
//	     malformed chunk or trailer section
//	414  request line too long
//	417  an expectation other than 100-continue
//	431  a field, the number of fields, the head or the trailer section too large
//	501  a transfer coding other than chunked alone; CONNECT
//	505  a version other than 1.x
//
// A verdict does not depend on how the bytes were split into reads: a limit is
// checked as soon as it is passed, anything else in a line when its end is there
// (but the first byte of a request at once: a TLS hello gets its answer without
// a line end). Bytes are searched once and validated once, so the work is linear
// in what the client sent.
package http1
