// Package rundir makes the directory for what lives as long as the server
// runs (control socket, pid file), and writes pid files.
//
// Neither is at a place where another user could have been first: the parents
// are trusted ([pathguard]), the directory is no symbolic link, belongs to whom
// it should and nobody else can write in it. What is found otherwise is refused
// and left as it is.
//
// A pid file is locked while its process lives, so that one that was left
// behind by a crash is told from one in use without trusting the number in it,
// which may be another process's by now:
//
//	absent ──Write──► written and locked ──Remove──► absent
//	                      │ crash: the lock is gone with the process
//	                      ▼
//	                    stale ──Write──► replaced as a whole
package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"modwsgi-express/platforms/pathguard"
)

// DefaultMode lets others see what is there and write nothing.
const DefaultMode fs.FileMode = 0o755

// Options say whose the directory is.
type Options struct {
	Mode     fs.FileMode // of a directory that is created; 0 is DefaultMode
	UID, GID int         // owner, when root opens it; 0 leaves it with root
}

// Default is where a server of that name keeps its run directory: what systemd
// made for it ($RUNTIME_DIRECTORY, the first of them), /run/NAME (on macOS
// /var/run/NAME) for root, and $XDG_RUNTIME_DIR/NAME or ~/.cache/NAME/run for an
// ordinary user. It never is in a directory like /tmp, where another user could
// create it first. getenv is os.Getenv or a stand-in.
func Default(name string, root bool, getenv func(string) string) (string, error) {
	if dirs := filepath.SplitList(getenv("RUNTIME_DIRECTORY")); len(dirs) > 0 && filepath.IsAbs(dirs[0]) {
		return dirs[0], nil
	}
	if root && systemRun != "" {
		return filepath.Join(systemRun, name), nil
	}
	if dir := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, name), nil
	}
	if dir := getenv(homeVariable); filepath.IsAbs(dir) {
		return filepath.Join(dir, homeCache, name, "run"), nil
	}
	return "", &pathguard.Refusal{What: "cannot choose a run directory",
		Err:  fmt.Errorf("neither XDG_RUNTIME_DIR nor %s is set to an absolute path", homeVariable),
		Hint: "name one that only this user can write"}
}

// Open makes the directory if it does not exist, checks it and gives its path
// without symbolic links. The error is a [*pathguard.Refusal].
func Open(path string, o Options) (string, error) {
	full, err := open(path, o)
	if err == nil {
		return full, nil
	}
	r := &pathguard.Refusal{What: "cannot use run directory " + path, Err: err}
	if u, unsafe := errors.AsType[*pathguard.Unsafe](err); unsafe {
		if r.Hint = "use another directory, or remove what is there: rm -r " + u.Path; u.Fix != "" {
			r.Hint = "type: " + u.Fix
		} else if u.Path != path {
			r.Hint = "use a directory below one that only root or this user can write"
		}
	}
	return "", r
}

func open(path string, o Options) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if o.Mode == 0 {
		o.Mode = DefaultMode
	}
	asRoot := os.Geteuid() == 0
	parent, name := filepath.Dir(path), filepath.Base(path)
	if !asRoot {
		if err := os.MkdirAll(parent, 0o700); err != nil { // ~/.cache/NAME
			return "", err
		}
	}
	if err := pathguard.Directory(parent, pathguard.Policy{Sticky: !asRoot}); err != nil {
		return "", err
	}
	if parent, err = filepath.EvalSymlinks(parent); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }() // a directory: nothing to lose
	return filepath.Join(parent, name), makeAndCheck(root, name, filepath.Join(parent, name), o)
}

// makeAndCheck works relative to the open parent. A new directory is nobody's
// but ours until its mode is set.
func makeAndCheck(parent *os.Root, name, full string, o Options) error {
	err := parent.Mkdir(name, 0o700)
	created := err == nil
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	before, err := parent.Lstat(name)
	if err != nil {
		return err
	}
	if err := checkDir(full, before, o.UID); err != nil || !created {
		return err
	}
	dir, err := parent.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(adopt(dir, before, o), dir.Close())
}

// adopt gives the new directory its owner and mode, if it still is the one that
// was looked at.
func adopt(dir *os.File, before fs.FileInfo, o Options) error {
	info, err := dir.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(before, info) {
		return fmt.Errorf("%s was exchanged meanwhile", dir.Name())
	}
	if err := dir.Chmod(o.Mode); err != nil {
		return err
	}
	if os.Geteuid() != 0 || o.UID <= 0 {
		return nil
	}
	return dir.Chown(o.UID, o.GID)
}
