//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package process

import (
	"errors"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxRSSUnit: Darwin alone tells bytes, the others KiB.
var maxRSSUnit = func() int64 {
	if runtime.GOOS == "darwin" {
		return 1
	}
	return 1 << 10
}()

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func onSpawner(f func()) { f() }

func socketpair() ([2]int, error) {
	// Without SOCK_CLOEXEC: the lock keeps a fork from coming in between.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	return [2]int{fds[0], fds[1]}, err
}

// waitEnd returns when the child has ended, without reaping it.
func (c *Child) waitEnd() {
	kq, err := unix.Kqueue()
	if err != nil {
		return
	}
	defer unix.Close(kq)
	unix.CloseOnExec(kq)
	var ev unix.Kevent_t
	unix.SetKevent(&ev, c.process.Pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	ev.Fflags = unix.NOTE_EXIT
	for {
		// An error of the registration (ESRCH: it has ended already) comes back as
		// the call's error or as an event; either way there is nothing to wait for.
		_, err := unix.Kevent(kq, []unix.Kevent_t{ev}, make([]unix.Kevent_t, 1), nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func closeRangeOnExec() bool { return false }
