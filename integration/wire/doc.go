// Package wire tests what the program does with bytes on a connection: tables
// of requests as they are written, and the answers that RFC 9110 and 9112, and
// the limits of this server, ask for.
//
// Each row of a table is a request and what has to come back. Behind it the
// runner always sends a probe, a plain GET, on the same connection:
//
//	verdict   the row's request           the probe
//	kept      is answered                 is answered: the framing was understood
//	closed    is answered, Connection:    is not answered: not one byte comes
//	          close                       after the row's own answer
//
// so a request that was refused, or framed differently than its sender meant,
// can never smuggle another one. Rows are sent in one write and again one byte
// a write; the outcome has to be the same. A refused row must not reach the
// application, which counts its calls.
package wire
