package privdrop

import (
	"fmt"
	"io/fs"
	"path/filepath"
)

// The questions of this file are answered from modes, owners and POSIX access
// control lists, without becoming the user. What else may stand in the way
// (SELinux, AppArmor, macOS's own lists) shows only when it is tried.

// Denied names the file or directory that stops an identity, in the words of
// ls -l.
type Denied struct {
	Path  string
	Mode  fs.FileMode
	Owner string // name or number
	Group string
	User  string // who is stopped
	Verb  string // "enter", "read", "run"
	ACL   bool   // an access control list decided
}

// Error is for instance "/root is drwx------ root:root: user www cannot enter it".
func (d *Denied) Error() string {
	more := ""
	if d.ACL {
		more = "+" // as ls has it
	}
	return fmt.Sprintf("%s is %s%s %s:%s: user %s cannot %s it",
		d.Path, lsMode(d.Mode), more, d.Owner, d.Group, d.User, d.Verb)
}

// CanEnter reports why the identity cannot use dir as its working directory;
// nil if it can. The error is an [*Error], with a [*Denied] inside where a mode
// is the reason.
func CanEnter(id Identity, dir string) error {
	return explain(id, "enter", dir, func(w *walker) error {
		_, st, err := w.walk(dir)
		switch {
		case err != nil:
			return err
		case !st.mode.IsDir():
			return fmt.Errorf("%s is not a directory", dir)
		}
		return nil // walk has entered it
	})
}

// CanRead reports why the identity cannot read the file, or list the directory.
func CanRead(id Identity, path string) error {
	return explain(id, "read", path, func(w *walker) error {
		real, st, err := w.walk(path)
		if err != nil {
			return err
		}
		return w.allow(real, st, mayRead, "read")
	})
}

// CanExec reports why the identity cannot run the program. A script's
// interpreter has to be runnable too.
func CanExec(id Identity, path string) error {
	return explain(id, "run", path, func(w *walker) error { return w.exec(path, maxInterpreters) })
}

// explain wraps the reason into a refusal with a way out.
func explain(id Identity, verb, path string, ask func(*walker) error) error {
	w := &walker{id: id}
	err := ask(w)
	if err == nil {
		return nil
	}
	e := &Error{What: fmt.Sprintf("cannot %s %s as user %s", verb, path, id.User), Err: err}
	d, ok := err.(*Denied)
	switch {
	case !ok:
	case d.Verb == "enter":
		e.Hint = fmt.Sprintf("move it to where %s can go, for instance below /srv or /opt, or let that one user pass: setfacl -m u:%s:x %s",
			id.User, shellQuote(id.User), shellQuote(d.Path))
	case d.Verb == "read":
		e.Hint = fmt.Sprintf("let that one user read it: setfacl -m u:%s:r %s", shellQuote(id.User), shellQuote(d.Path))
	default:
		e.Hint = fmt.Sprintf("let everybody run it: chmod a+rx %s", shellQuote(d.Path))
	}
	return e
}

// absolute is filepath.Abs without the cleaning: "a/.." is not "." where a is
// a symbolic link.
func absolute(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	wd, err := filepath.Abs(".")
	if err != nil {
		return "", err
	}
	return wd + string(filepath.Separator) + path, nil
}

// lsMode writes a mode as ls -l does.
func lsMode(m fs.FileMode) string {
	kind := byte('-')
	switch {
	case m.IsDir():
		kind = 'd'
	case m&fs.ModeSymlink != 0:
		kind = 'l'
	case m&fs.ModeNamedPipe != 0:
		kind = 'p'
	case m&fs.ModeSocket != 0:
		kind = 's'
	case m&fs.ModeCharDevice != 0:
		kind = 'c'
	case m&fs.ModeDevice != 0:
		kind = 'b'
	}
	b := []byte(string(kind) + m.Perm().String()[1:])
	special := func(at int, set fs.FileMode, with, without byte) {
		if m&set == 0 {
			return
		}
		if b[at] == 'x' {
			b[at] = with
		} else {
			b[at] = without
		}
	}
	special(3, fs.ModeSetuid, 's', 'S')
	special(6, fs.ModeSetgid, 's', 'S')
	special(9, fs.ModeSticky, 't', 'T')
	return string(b)
}
