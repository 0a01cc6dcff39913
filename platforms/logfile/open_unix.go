//go:build unix

package logfile

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/pathguard"
)

// openFile opens for appending without following a link and without waiting
// for the other end of a FIFO.
func openFile(path string, flags int) (*os.File, error) {
	const always = unix.O_WRONLY | unix.O_APPEND | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOCTTY
	var fd int
	for {
		var err error
		fd, err = unix.Open(path, flags|always, 0o600)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
	if err := unix.SetNonblock(fd, false); err != nil { // it was for the opening only
		_ = unix.Close(fd) // the first error says it
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// filePolicy: started by an ordinary user, a file of another one that this
// process may append to is as the system's permissions have it.
func filePolicy(p pathguard.Policy, info fs.FileInfo) pathguard.Policy {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() != 0 {
		p.Trusted = append(p.Trusted, int(st.Uid))
	}
	return p
}

// inherited duplicates a standard output that is meant by its path.
func inherited(path string) (*os.File, bool, error) {
	fd, special := map[string]int{"/dev/stdout": 1, "/dev/stderr": 2, "/dev/fd/1": 1, "/dev/fd/2": 2}[path]
	if !special {
		return nil, false, nil
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, true, err
	}
	return os.NewFile(uintptr(dup), path), true, nil
}
