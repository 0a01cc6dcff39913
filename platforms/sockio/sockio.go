// Package sockio holds the socket operations that a server needs and that the
// net package does not offer: a write that takes what the kernel takes now, and
// sending a piece of a file without touching its offset.
//
// The portable file documents the operations; each system has its own file
// behind it.
package sockio

import (
	"net"
	"os"
	"syscall"
)

// TryWrite writes as much of p as the kernel takes at once and never waits.
// n < len(p) with a nil error means that the socket is full (or that this
// system cannot tell: then n is 0 and the caller has to write with a deadline).
func TryWrite(rc syscall.RawConn, p []byte) (n int, err error) { return tryWrite(rc, p) }

// SendFile sends n bytes of f from off to the connection, waiting as its write
// deadline allows, and returns how many were sent. It may send fewer bytes than
// asked with a nil error, as a write would: call it again. 0 bytes with a nil
// error is the end of the file. ok is false if the system cannot do it for
// these two; nothing has been sent then.
func SendFile(rc syscall.RawConn, f *os.File, off, n int64) (sent int64, ok bool, err error) {
	return sendFile(rc, f, off, n)
}

// ResetOnClose makes the next Close of a TCP connection a reset, so that a
// response that was cut short cannot look complete. On other connections it
// does nothing: there a close is all there is.
func ResetOnClose(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // fails only on a connection that is gone already
	}
}

// MaxRights is how many descriptors one ReceiveRights takes; more are closed.
const MaxRights = 4

// ReceiveRights reads from c as Read does, and takes over the descriptors that
// came along with the bytes (SCM_RIGHTS), which are the caller's to close. On a
// system or connection that cannot carry descriptors it is a plain Read.
func ReceiveRights(c net.Conn, p []byte) (n int, files []*os.File, err error) {
	if u, ok := c.(*net.UnixConn); ok {
		return receiveRights(u, p)
	}
	n, err = c.Read(p)
	return n, nil, err
}
