package process

import (
	"errors"
	"math"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

const maxRSSUnit = 1 << 10 // getrusage tells KiB

// attributes: Go checks in the child that the parent is still there after it
// has asked for the signal, so a parent that died in between is noticed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

var spawner struct {
	once sync.Once
	jobs chan func()
}

// onSpawner runs f on the one thread that starts processes. The thread lives as
// long as this process: its end would be taken for the parent's death.
func onSpawner(f func()) {
	spawner.once.Do(func() {
		spawner.jobs = make(chan func())
		go func() {
			runtime.LockOSThread()
			for job := range spawner.jobs {
				job()
			}
		}()
	})
	done := make(chan struct{})
	spawner.jobs <- func() { defer close(done); f() }
	<-done
}

func socketpair() ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

// waitEnd returns when the child has ended, without reaping it.
func (c *Child) waitEnd() {
	for {
		err := unix.Waitid(unix.P_PID, c.process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// closeRangeOnExec does the work of closeOnExec in one call, from Linux 5.11 on.
func closeRangeOnExec() bool {
	return unix.CloseRange(firstInherited, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil
}
