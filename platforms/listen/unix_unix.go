//go:build unix

package listen

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/pathguard"
)

// maxPath is the room for a path in the system's socket address, less the NUL.
const maxPath = len(unix.RawSockaddrUnix{}.Path) - 1

// privateMode is a socket's until it is published.
const privateMode fs.FileMode = 0o600

// checkSocket refuses what is not a socket of root's, the process's or the
// given user's.
func checkSocket(path string, info fs.FileInfo, uid int) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("stat %s: no owner", path)
	}
	u := &pathguard.Unsafe{Path: path, Mode: info.Mode(), UID: int(st.Uid), GID: int(st.Gid)}
	switch owner := int(st.Uid); {
	case info.Mode()&fs.ModeSymlink != 0:
		u.Reason = "it is a symbolic link"
	case info.Mode()&fs.ModeSocket == 0:
		u.Reason = "it is not a socket"
	case owner != 0 && owner != os.Geteuid() && owner != uid:
		u.Reason = "it is a socket of another user"
	default:
		return nil
	}
	return u
}

// checkCreated makes sure that the file is the one just created: nobody else
// can have made a socket with this owner, this mode and a single name.
func checkCreated(path string, info fs.FileInfo) error {
	if err := checkSocket(path, info, -1); err != nil {
		return err
	}
	st := info.Sys().(*syscall.Stat_t) // checkSocket has seen that it is one
	if uint64(st.Nlink) != 1 || int(st.Uid) != os.Geteuid() || info.Mode().Perm()&^privateMode != 0 {
		return fmt.Errorf("%s was exchanged meanwhile", path)
	}
	return nil
}

// owners gives what chown is to set; -1 leaves a value as it is.
func owners(o UnixOptions) (uid, gid int) {
	uid, gid = -1, -1
	if o.UID > 0 && os.Geteuid() == 0 {
		uid = o.UID
	}
	if o.GID > 0 {
		gid = o.GID
	}
	return uid, gid
}
