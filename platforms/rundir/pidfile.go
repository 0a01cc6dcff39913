package rundir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"modwsgi-express/platforms/pathguard"
)

// A PIDFile is a pid file of this process, locked.
type PIDFile struct {
	path string
	file *os.File // holds the lock
}

// RunningError means that the pid file belongs to a process that lives.
type RunningError struct {
	Path string
	PID  int // 0 if the file does not say
}

func (e *RunningError) Error() string {
	if e.PID == 0 {
		return "another server holds pid file " + e.Path
	}
	return fmt.Sprintf("another server is running with pid file %s: pid %d", e.Path, e.PID)
}

// maxPIDFile is more than any number takes.
const maxPIDFile = 64

// WritePID writes the process's id to a pid file, as a whole, and locks it. A
// stale one is replaced; one in use is a [*RunningError]; anything else at the
// path, or a directory that others than root, this user and the trusted ones
// can write, is refused with a [*pathguard.Refusal] and nothing is touched.
func WritePID(path string, trusted ...int) (*PIDFile, error) {
	p, err := writePID(path, pathguard.Policy{Trusted: trusted, Sticky: os.Geteuid() != 0})
	if err == nil {
		return p, nil
	}
	if running, ok := errors.AsType[*RunningError](err); ok {
		return nil, running
	}
	return nil, pidRefusal("write", path, err)
}

func pidRefusal(verb, path string, err error) error {
	r := &pathguard.Refusal{What: "cannot " + verb + " pid file " + path, Err: err}
	u, unsafe := errors.AsType[*pathguard.Unsafe](err)
	switch {
	case unsafe && u.Fix != "":
		r.Hint = "type: " + u.Fix
	case unsafe && filepath.Base(u.Path) == filepath.Base(path) && !u.Mode.IsDir():
		r.Hint = "remove it: rm " + path
	case unsafe:
		r.Hint = "use a directory that only root or this user can write"
	}
	return r
}

func writePID(path string, p pathguard.Policy) (*PIDFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dir, name := filepath.Split(path)
	if err := pathguard.Directory(dir, p); err != nil {
		return nil, err
	}
	unlock, err := pathguard.Lock(dir) // no other starter of ours between looking and replacing
	if err != nil {
		return nil, err
	}
	defer unlock()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // a directory: nothing to lose
	if err := checkStale(root, name, path, p); err != nil {
		return nil, err
	}
	f, err := replacePID(root, name)
	if err != nil {
		return nil, err
	}
	return &PIDFile{path: path, file: f}, nil
}

// checkStale looks at what is there already.
func checkStale(root *os.Root, name, path string, p pathguard.Policy) error {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := pathguard.File(path, info, p); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|openQuietly, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only: nothing to lose
	if now, err := f.Stat(); err != nil || !os.SameFile(info, now) {
		return errors.Join(fmt.Errorf("%s was exchanged meanwhile", path), err)
	}
	locked, err := inUse(f)
	if err != nil || !locked {
		return err
	}
	pid, err := readPID(f)
	if err != nil {
		pid = 0 // in use all the same
	}
	return &RunningError{Path: path, PID: pid}
}

// inUse reports whether a process holds the lock for longer than a reader
// does, who takes it for an instant to look.
func inUse(f *os.File) (bool, error) {
	const tries, pause = 20, 10 * time.Millisecond
	for range tries {
		err := lockFile(f, false)
		if !errors.Is(err, errLocked) {
			return false, err
		}
		time.Sleep(pause)
	}
	return true, nil
}

// replacePID writes a new file beside the old one and renames it. The lock is
// on the file before it has the name.
func replacePID(root *os.Root, name string) (*os.File, error) {
	temporary := fmt.Sprintf(".%s.%016x.tmp", name, rand.Uint64())
	f, err := root.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	err = fillPID(f)
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), root.Remove(temporary))
	}
	return f, nil
}

func fillPID(f *os.File) error {
	if _, err := fmt.Fprintf(f, "%d\n", os.Getpid()); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return lockFile(f, false)
}

// Remove gives up the lock and removes the file, if it still is the one that
// was written.
func (p *PIDFile) Remove() error {
	ours, err := p.file.Stat()
	if err != nil {
		return errors.Join(err, p.file.Close())
	}
	there, err := os.Lstat(p.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	case err == nil && os.SameFile(ours, there):
		err = os.Remove(p.path)
	}
	return errors.Join(err, p.file.Close())
}

// ReadPID gives the number in a pid file, and whether its process lives. The
// rules for the directory are those of [WritePID]: who acts on the number as
// root must not take it from a file that somebody else may have written.
func ReadPID(path string, trusted ...int) (pid int, running bool, err error) {
	policy := pathguard.Policy{Trusted: trusted, Sticky: os.Geteuid() != 0}
	if err := pathguard.Directory(filepath.Dir(path), policy); err != nil {
		return 0, false, pidRefusal("trust", path, err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|openQuietly, 0)
	if err != nil {
		return 0, false, err
	}
	defer func() { _ = f.Close() }() // read only: nothing to lose
	info, err := f.Stat()
	if err == nil {
		err = pathguard.File(path, info, policy)
	}
	if err != nil {
		return 0, false, pidRefusal("trust", path, err)
	}
	if pid, err = readPID(f); err != nil {
		return 0, false, pidRefusal("read", path, err)
	}
	err = lockFile(f, true)
	if errors.Is(err, errLocked) {
		return pid, true, nil
	}
	return pid, false, err
}

func readPID(r io.Reader) (int, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPIDFile))
	if err != nil {
		return 0, err
	}
	pid, err := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 31)
	if err != nil || pid == 0 {
		return 0, fmt.Errorf("it holds no process id but %q", data)
	}
	return int(pid), nil
}
