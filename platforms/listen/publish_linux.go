package listen

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// bindPrivate creates the socket file with a mode for the creator alone. Linux
// takes the mode from the socket itself, so that the umask, which is the whole
// process's, need not be touched.
func bindPrivate(path string) (*net.UnixListener, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var chmodErr error
		err := raw.Control(func(fd uintptr) { chmodErr = unix.Fchmod(int(fd), uint32(privateMode)) })
		if err != nil {
			return err
		}
		return os.NewSyscallError("fchmod", chmodErr)
	}}
	l, err := config.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	return l.(*net.UnixListener), nil // what this network gives
}

// publish gives the socket file its owner and mode through a descriptor, so
// that what is changed is what was looked at.
func publish(path string, o UnixOptions) (fs.FileInfo, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	defer func() { _ = f.Close() }() // names a file only: nothing to lose
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkCreated(path, info); err != nil {
		return nil, err
	}
	if uid, gid := owners(o); uid >= 0 || gid >= 0 {
		if err := unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH); err != nil {
			return info, fmt.Errorf("give the socket to user %d, group %d: %w", uid, gid, err)
		}
	}
	if err := os.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), o.Mode.Perm()); err != nil {
		return info, fmt.Errorf("set the mode of the socket: %w", err)
	}
	return info, nil
}
