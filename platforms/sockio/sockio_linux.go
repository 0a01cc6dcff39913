package sockio

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxSendFile keeps one call short enough that a write deadline is a limit on
// progress and not on the whole file.
const maxSendFile = 256 << 10

func sendFile(rc syscall.RawConn, f *os.File, off, n int64) (sent int64, ok bool, err error) {
	src, err := f.SyscallConn()
	if err != nil {
		return 0, false, nil
	}
	ok = true
	cerr := src.Control(func(in uintptr) {
		werr := rc.Write(func(out uintptr) bool {
			for {
				o := off
				m, e := unix.Sendfile(int(out), int(in), &o, int(min(n, maxSendFile)))
				switch {
				case e == nil:
					sent = int64(m)
					return true
				case errors.Is(e, unix.EINTR):
				case errors.Is(e, unix.EAGAIN):
					return false // wait until writable, or the deadline
				case errors.Is(e, unix.EINVAL), errors.Is(e, unix.ENOSYS):
					ok = false
					return true
				default:
					err = e
					return true
				}
			}
		})
		if err == nil {
			err = werr
		}
	})
	if err == nil {
		err = cerr
	}
	return sent, ok, err
}
