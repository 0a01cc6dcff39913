//go:build unix

package sockio

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

func tryWrite(rc syscall.RawConn, p []byte) (n int, err error) {
	cerr := rc.Write(func(fd uintptr) bool {
		for n < len(p) {
			m, e := unix.Write(int(fd), p[n:])
			switch {
			case e == nil:
				n += m
			case errors.Is(e, unix.EINTR):
			case errors.Is(e, unix.EAGAIN):
				return true
			default:
				err = e
				return true
			}
		}
		return true
	})
	if err == nil {
		err = cerr
	}
	return n, err
}
