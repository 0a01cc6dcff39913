// Package pathguard tells whether files can be created and opened at a path
// without somebody else deciding what they are.
//
// A directory in which another user can write is one in which that user can
// put a symbolic link, a FIFO or a hard link where root is about to write a
// log, a pid file or a socket. So the whole way to a directory is looked at:
//
//	/            root:root  0755    every directory belongs to somebody trusted
//	├─ run       root:root  0755    and only its owner can write,
//	│  └─ link ─►                   every symbolic link belongs to somebody trusted,
//	└─ tmp       root:root  1777    and a sticky directory, where files stay with
//	   └─ app    root:root  0755    their owners, will do on the way, but is no end
//	                                of it unless the policy says so
//
// Trusted are root, the process's own user, and whom the policy names.
package pathguard

import (
	"fmt"
	"io/fs"
)

// Policy says who may have a hand in a directory.
type Policy struct {
	Trusted []int // user ids that may own it, besides root and the process's own
	Sticky  bool  // a directory where everybody can write but not replace (like /tmp) will do
}

// A Refusal says what cannot be done with a path, why, and what to do.
type Refusal struct {
	What string // "cannot ..." and the path
	Hint string // what to do; may be empty
	Err  error  // the reason
}

// Error gives what and why, without the hint.
func (r *Refusal) Error() string {
	if r.Err == nil {
		return r.What
	}
	return r.What + ": " + r.Err.Error()
}

// Unwrap gives the reason.
func (r *Refusal) Unwrap() error { return r.Err }

// Advice gives the hint.
func (r *Refusal) Advice() string { return r.Hint }

// Unsafe is the reason why a file or directory is not to be trusted.
type Unsafe struct {
	Path   string
	Mode   fs.FileMode
	UID    int // owner
	GID    int
	Reason string // "another user can write there", ...
	Fix    string // a command that mends it, may be empty
}

// Error is for instance "/srv/www is drwxrwxrwx, owner 0:0: everybody can
// replace files in it".
func (u *Unsafe) Error() string {
	return fmt.Sprintf("%s is %v, owner %d:%d: %s", u.Path, u.Mode, u.UID, u.GID, u.Reason)
}

// Directory gives the reason not to create files in dir as an [*Unsafe]; nil
// if only trusted users decide what is in it. Windows has no such check: there
// a directory inherits the access list of a parent that others cannot write.
func Directory(dir string, p Policy) error { return directory(dir, p) }

// File checks an opened file that was meant to be ours: a regular file, of a
// trusted owner, and without a second name, which could be another file's.
func File(path string, info fs.FileInfo, p Policy) error { return file(path, info, p) }

// Lock keeps other processes that use this package out of the directory until
// unlock is called. It waits a second or two at most. On file systems and
// systems without such locks it does nothing.
func Lock(dir string) (unlock func(), err error) { return lock(dir) }
