//go:build unix

package pathguard

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const maxLinks = 40 // as Linux

func (p Policy) trusts(uid int) bool {
	return uid == 0 || uid == os.Geteuid() || slices.Contains(p.Trusted, uid)
}

func directory(dir string, p Policy) error {
	full, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	at, todo, links := "/", strings.Split(full, "/"), 0
	last, err := inspect(at, p)
	for err == nil && len(todo) > 0 {
		part := todo[0]
		todo = todo[1:]
		if part == "" || part == "." {
			continue
		}
		next := path.Join(at, part) // at has no links, so ".." is its parent
		var u *Unsafe
		if u, err = inspect(next, p); err != nil {
			break
		}
		if u.Mode&fs.ModeSymlink == 0 {
			at, last = next, u
			continue
		}
		var target string
		if target, err = os.Readlink(next); err != nil {
			break
		}
		if links++; links > maxLinks {
			return fmt.Errorf("%s: %w", next, syscall.ELOOP)
		}
		todo = append(strings.Split(target, "/"), todo...)
		if path.IsAbs(target) {
			at = "/"
		}
	}
	switch {
	case err != nil:
		return err
	case !p.Sticky && othersWrite(last):
		last.Reason, last.Fix = "everybody can create files in it", ""
		return last
	}
	return nil
}

// inspect looks at one step of the way. The value describes it; the error is
// the same value with a reason.
func inspect(name string, p Policy) (*Unsafe, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	u, err := describe(name, info)
	if err != nil {
		return nil, err
	}
	if !p.trusts(u.UID) {
		u.Reason = "it belongs to another user, who can replace what is in it"
		return nil, u
	}
	switch {
	case u.Mode&fs.ModeSymlink != 0:
		return u, nil
	case !u.Mode.IsDir():
		u.Reason = "it is not a directory"
		return nil, u
	case othersWrite(u) && u.Mode&fs.ModeSticky == 0:
		u.Reason = "others than its owner can replace what is in it"
		u.Fix = "chmod go-w " + name
		return nil, u
	}
	return u, nil
}

// othersWrite reports whether more than the owner can write. Started by an
// ordinary user, that user's own group does not count: it is the private group
// that many systems make, with a umask of 002.
func othersWrite(u *Unsafe) bool {
	perm := u.Mode.Perm()
	if os.Geteuid() != 0 && u.GID == os.Getegid() {
		perm &^= 0o020
	}
	return perm&0o022 != 0
}

func describe(name string, info fs.FileInfo) (*Unsafe, error) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, fmt.Errorf("stat %s: no owner", name)
	}
	return &Unsafe{Path: name, Mode: info.Mode(), UID: int(st.Uid), GID: int(st.Gid)}, nil
}

func file(name string, info fs.FileInfo, p Policy) error {
	u, err := describe(name, info)
	if err != nil {
		return err
	}
	st := info.Sys().(*syscall.Stat_t) // describe has seen that it is one
	switch {
	case u.Mode&fs.ModeSymlink != 0:
		u.Reason = "it is a symbolic link"
	case !u.Mode.IsRegular():
		u.Reason = "it is not a regular file"
	case uint64(st.Nlink) > 1:
		u.Reason = fmt.Sprintf("it has %d names (hard links), so it may be another file too", uint64(st.Nlink))
	case !p.trusts(u.UID):
		u.Reason = "it belongs to another user"
	default:
		return nil
	}
	return u
}

const (
	lockWait = 2 * time.Second
	lockStep = 10 * time.Millisecond
)

func lock(dir string) (func(), error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	unlock := func() { _ = f.Close() } // closing is what gives the lock up
	for deadline := time.Now().Add(lockWait); ; time.Sleep(lockStep) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return unlock, nil
		case errors.Is(err, unix.EINTR):
		case !errors.Is(err, unix.EWOULDBLOCK):
			return unlock, nil // a file system without locks on directories
		case time.Now().After(deadline):
			unlock()
			return nil, fmt.Errorf("lock %s: another process has held it for %v", dir, lockWait)
		}
	}
}
