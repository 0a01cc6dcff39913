// Package front is the side of the server that clients see: it accepts
// connections, runs the HTTP/1.1 engine over them and hands each request to a
// handler as an exchange.
//
//	           ┌──────────────────────── conn (one goroutine) ───────────────────────┐
//	accept ──► │ idle ─► head ─► body (memory, spool file, or on demand) ─► Serve ─┐  │
//	           │  ▲                                                                │  │
//	           │  └────────────── ended ◄── output drained ◄── response ◄──────────┘  │
//	           └──────────────────────────────────────────────────────────────────────┘
//
// The rules that everything here follows:
//
//   - A slow client costs a goroutine and a bounded buffer, never a worker: the
//     head and (unless it is wanted on demand) the body are here before Serve is
//     called, and a response that the client does not take is kept by the
//     connection's output queue while the worker goes on.
//   - Every wait on a client has a deadline: see progress.go.
//   - A response that failed midway is cut off by a reset, never ended.
package front
