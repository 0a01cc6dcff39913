//go:build unix

package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/pathguard"
)

const (
	homeVariable = "HOME"
	homeCache    = ".cache"
)

var systemRun = map[bool]string{true: "/var/run", false: "/run"}[runtime.GOOS == "darwin" || runtime.GOOS == "freebsd"]

// checkDir refuses what is not a directory of ours alone: the owner is the
// process's user or the one it is made for.
func checkDir(path string, info fs.FileInfo, uid int) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("stat %s: no owner", path)
	}
	u := &pathguard.Unsafe{Path: path, Mode: info.Mode(), UID: int(st.Uid), GID: int(st.Gid)}
	switch owner := int(st.Uid); {
	case info.Mode()&fs.ModeSymlink != 0:
		u.Reason = "it is a symbolic link"
	case !info.IsDir():
		u.Reason = "it is not a directory"
	case owner != 0 && owner != os.Geteuid() && owner != uid:
		u.Reason = "it belongs to another user"
	case info.Mode().Perm()&0o022 != 0:
		u.Reason = "others than its owner can write in it"
		u.Fix = "chmod go-w " + path
	default:
		return nil
	}
	return u
}

// errLocked means that another process holds the lock.
var errLocked = errors.New("locked")

// lockFile takes the lock without waiting; shared is for looking only.
func lockFile(f *os.File, shared bool) error {
	how := unix.LOCK_EX
	if shared {
		how = unix.LOCK_SH
	}
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return errLocked
		default:
			return err
		}
	}
}

// openQuietly are flags for opening what may turn out not to be a file.
const openQuietly = unix.O_NONBLOCK | unix.O_NOFOLLOW
