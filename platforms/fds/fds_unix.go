//go:build unix

package fds

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

func ensureStandard() error {
	for fd := range 3 {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil {
			continue
		}
		got, err := unix.Open(os.DevNull, unix.O_RDWR, 0) // takes the lowest free number
		if err != nil {
			return fmt.Errorf("open %s as descriptor %d: %w", os.DevNull, fd, err)
		}
		if got != fd {
			_ = unix.Close(got) // not the one wanted: nothing lost
			return fmt.Errorf("open %s as descriptor %d: got %d", os.DevNull, fd, got)
		}
	}
	return nil
}

// open lists the open descriptors. The list's own is closed again when the
// caller sees it.
func open() ([]int, error) {
	dir := "/proc/self/fd"
	if _, err := os.Stat(dir); err != nil {
		dir = "/dev/fd"
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the open descriptors: %w", err)
	}
	var list []int
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil {
			list = append(list, fd)
		}
	}
	slices.Sort(list)
	return list, nil
}

func closeInherited(keep []int) ([]int, error) {
	list, err := open()
	if err != nil {
		return nil, err
	}
	var closed []int
	var errs []error
	for _, fd := range list {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if fd <= 2 || err != nil || flags&unix.FD_CLOEXEC != 0 {
			continue // standard, gone again, or opened since the start
		}
		if slices.Contains(keep, fd) {
			unix.CloseOnExec(fd)
			continue
		}
		if err := unix.Close(fd); err != nil {
			errs = append(errs, fmt.Errorf("close inherited descriptor %d: %w", fd, err))
			continue
		}
		closed = append(closed, fd)
	}
	return closed, errors.Join(errs...)
}

// markOpen is the way without close_range.
func markOpen(first int) error {
	list, err := open()
	if err != nil {
		return err
	}
	for _, fd := range list {
		if fd >= first {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}

// raiseLimit goes through package syscall. Go itself has raised the soft limit
// at the start already and gives children the one from before; a limit that is
// set here is theirs as well.
func raiseLimit(want uint64) (uint64, error) {
	most := want == 0
	var now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &now); err != nil {
		return 0, fmt.Errorf("read the limit of open descriptors: %w", err)
	}
	if most {
		want = uint64(now.Max)
	}
	if uint64(now.Cur) >= want {
		return uint64(now.Cur), nil
	}
	raised := now
	raised.Cur = rlim(want)
	if want > uint64(now.Max) {
		raised.Max = rlim(want) // only root may
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err == nil {
			return want, nil
		}
		raised.Cur, raised.Max = now.Max, now.Max
	}
	err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised)
	if most && errors.Is(err, unix.EINVAL) {
		return uint64(now.Cur), nil // macOS calls its hard limit unlimited and refuses that as a soft one
	}
	if err != nil {
		return uint64(now.Cur), fmt.Errorf("raise the limit of open descriptors from %d to %d: %w", now.Cur, raised.Cur, err)
	}
	return uint64(raised.Cur), nil
}
