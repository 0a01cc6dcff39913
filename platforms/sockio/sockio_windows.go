package sockio

import (
	"net"
	"os"
	"syscall"
)

// Overlapped sockets have no write that does not wait; the caller writes with a
// deadline from a goroutine.
func tryWrite(syscall.RawConn, []byte) (int, error) { return 0, nil }

func receiveRights(c *net.UnixConn, p []byte) (int, []*os.File, error) {
	n, err := c.Read(p)
	return n, nil, err
}
