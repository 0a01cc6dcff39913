// Package logfile opens log files so that nobody else decides where the lines
// go: the directory is trusted ([pathguard]) when root opens, the last part of
// the path is no symbolic link, FIFO or device, and the file has one name only.
//
// What a root process opens is the target of rotation as well. The way that
// needs no root for it: a directory of root's and a file in it that belongs to
// the service user (Options.UID), which that user can open again after
// logrotate's "create 0640 www www". A directory of the service user's own is
// for that user to open files in, after the drop; root refuses it.
package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"modwsgi-express/platforms/pathguard"
)

// DefaultMode is the mode of new log files: they may hold what not everybody
// should read.
const DefaultMode fs.FileMode = 0o640

// Options are for files that have to be created. An existing file keeps its
// owner and mode.
type Options struct {
	Mode     fs.FileMode // 0 is DefaultMode; the umask does not apply
	UID, GID int         // owner, when root creates it; 0 leaves it with root
}

// Open opens the log file for appending, and creates it if it does not exist.
// /dev/stdout and /dev/stderr stand for the process's own outputs, as they were
// inherited: opening the pipe of a container again would fail after a change of
// user. The error is a [*pathguard.Refusal].
func Open(path string, o Options) (*os.File, error) {
	if f, special, err := inherited(path); special {
		return f, refusal(path, err)
	}
	if path == os.DevNull {
		f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		return f, refusal(path, err)
	}
	policy := pathguard.Policy{}
	if o.UID > 0 {
		policy.Trusted = []int{o.UID}
	}
	if os.Geteuid() == 0 {
		if err := pathguard.Directory(filepath.Dir(path), pathguard.Policy{}); err != nil {
			return nil, refusal(path, err)
		}
	}
	f, err := openOrCreate(path, o)
	if err != nil {
		return nil, refusal(path, err)
	}
	info, err := f.Stat()
	if err == nil {
		err = pathguard.File(path, info, filePolicy(policy, info))
	}
	if err != nil {
		return nil, refusal(path, errors.Join(err, f.Close()))
	}
	return f, nil
}

// openOrCreate tries both ways until one holds: the file may come or go in
// between, as logrotate works.
func openOrCreate(path string, o Options) (*os.File, error) {
	const attempts = 5
	for range attempts {
		f, err := openFile(path, os.O_CREATE|os.O_EXCL)
		if err == nil {
			if err = own(f, o); err != nil {
				return nil, errors.Join(err, f.Close())
			}
			return f, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		f, err = openFile(path, 0)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, errors.New("it keeps appearing and disappearing")
}

// own gives a new file its mode and owner.
func own(f *os.File, o Options) error {
	if o.Mode == 0 {
		o.Mode = DefaultMode
	}
	if err := f.Chmod(o.Mode); err != nil {
		return err
	}
	if os.Geteuid() != 0 || o.UID <= 0 {
		return nil
	}
	return f.Chown(o.UID, o.GID)
}

// refusal explains an error, nil for nil.
func refusal(path string, err error) error {
	if err == nil {
		return nil
	}
	r := &pathguard.Refusal{What: "cannot open log file " + path, Err: err}
	u, unsafe := errors.AsType[*pathguard.Unsafe](err)
	switch {
	case unsafe && u.Fix != "":
		r.Hint = "type: " + u.Fix
	case unsafe && u.Mode.IsDir():
		r.Hint = "use a directory that only root can write, such as /var/log, or log to standard error"
	case unsafe:
		r.Hint = "remove it: rm " + path
	case errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ELOOP):
		r.Hint = fmt.Sprintf("it is a symbolic link, a FIFO or a socket; remove it: rm %s", path)
	case errors.Is(err, fs.ErrNotExist):
		r.Hint = "create the directory: mkdir -p " + filepath.Dir(path)
	}
	return r
}
