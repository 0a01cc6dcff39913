//go:build unix && !linux

package listen

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

var umaskLock sync.Mutex

// bindPrivate creates the socket file with a mode for the creator alone. The
// umask is the whole process's: files that others create meanwhile have less
// rights, never more.
func bindPrivate(path string) (*net.UnixListener, error) {
	umaskLock.Lock()
	defer umaskLock.Unlock()
	old := syscall.Umask(0o777 &^ int(privateMode))
	defer syscall.Umask(old)
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	return l.(*net.UnixListener), nil // what this network gives
}

// publish gives the socket file its owner and mode, without following a link.
func publish(path string, o UnixOptions) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if err := checkCreated(path, info); err != nil {
		return nil, err
	}
	if uid, gid := owners(o); uid >= 0 || gid >= 0 {
		if err := os.Lchown(path, uid, gid); err != nil {
			return info, fmt.Errorf("give the socket to user %d, group %d: %w", uid, gid, err)
		}
	}
	if err := unix.Fchmodat(unix.AT_FDCWD, path, uint32(o.Mode.Perm()), unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return info, fmt.Errorf("set the mode of the socket: %w", err)
	}
	return info, nil
}
