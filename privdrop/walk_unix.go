//go:build unix

package privdrop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

// The bits of one class of a mode.
const (
	mayRead uint32 = 4
	mayRun  uint32 = 1
)

const (
	maxLinks        = 40  // as Linux
	maxInterpreters = 5   // as Linux: a script's interpreter may be a script
	scriptHead      = 256 // of which Linux reads the #! line
)

// walker follows a path with the rights of an identity.
type walker struct {
	id    Identity
	links int
}

// node is what decides about access to one file.
type node struct {
	mode     fs.FileMode
	uid, gid int
}

func lstat(name string) (node, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return node{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return node{}, fmt.Errorf("stat %s: no owner", name)
	}
	return node{mode: info.Mode(), uid: int(st.Uid), gid: int(st.Gid)}, nil
}

// walk goes to the file that name leads to, entering every directory on the
// way and the last one too, and following every symbolic link. It gives the
// path without links.
func (w *walker) walk(name string) (string, node, error) {
	full, err := absolute(name)
	if err != nil {
		return "", node{}, err
	}
	at, todo := "/", strings.Split(full, "/")
	st, err := w.visit(at)
	for err == nil && len(todo) > 0 {
		part := todo[0]
		todo = todo[1:]
		if part == "" || part == "." {
			continue
		}
		if !st.mode.IsDir() {
			return "", node{}, fmt.Errorf("%s is not a directory", at)
		}
		next := path.Join(at, part) // at has no links, so ".." is its parent
		if st, err = w.visit(next); err != nil {
			break
		}
		if st.mode&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		var target string
		if target, err = w.follow(next); err != nil {
			break
		}
		todo = append(strings.Split(target, "/"), todo...)
		if path.IsAbs(target) {
			at = "/"
		}
		st, err = lstat(at)
	}
	return at, st, err
}

// visit looks at a file, and enters it if it is a directory.
func (w *walker) visit(name string) (node, error) {
	st, err := lstat(name)
	if err == nil && st.mode.IsDir() {
		err = w.allow(name, st, mayRun, "enter")
	}
	return st, err
}

func (w *walker) follow(name string) (string, error) {
	if w.links++; w.links > maxLinks {
		return "", fmt.Errorf("%s: %w", name, syscall.ELOOP)
	}
	return os.Readlink(name)
}

// allow gives a [*Denied] unless the identity has the right on the file.
func (w *walker) allow(name string, st node, want uint32, verb string) error {
	allowed, byACL := w.permits(name, st, want)
	if allowed {
		return nil
	}
	db := system()
	return &Denied{Path: name, Mode: st.mode, Owner: db.userName(st.uid), Group: db.groupName(st.gid),
		User: w.id.User, Verb: verb, ACL: byACL}
}

// permits decides as the kernel does: one class decides alone, the owner first.
// Root passes, but runs only what somebody may run.
func (w *walker) permits(name string, st node, want uint32) (allowed, byACL bool) {
	perm := uint32(st.mode.Perm())
	if w.id.UID == 0 {
		return want != mayRun || st.mode.IsDir() || perm&0o111 != 0, false
	}
	if w.id.UID == st.uid {
		return perm>>6&want == want, false
	}
	if perm&0o070 != 0 { // the mask is in the group bits: without one no entry allows anything
		if list, ok := readACL(name); ok {
			return list.permits(w.id, st.gid, want), true
		}
	}
	if w.id.member(st.gid) {
		return perm>>3&want == want, false
	}
	return perm&want == want, false
}

// exec follows a program and, for a script, its interpreters.
func (w *walker) exec(name string, depth int) error {
	real, st, err := w.walk(name)
	switch {
	case err != nil:
		return err
	case !st.mode.IsRegular():
		return fmt.Errorf("%s is not a program but %s", real, lsMode(st.mode))
	}
	if err := w.allow(real, st, mayRun, "run"); err != nil {
		return err
	}
	if noExec(real) {
		return fmt.Errorf("%s is on a file system mounted noexec", real)
	}
	interpreter, err := scriptInterpreter(real)
	if err != nil || interpreter == "" {
		return err
	}
	if depth == 0 {
		return fmt.Errorf("%s: %w", real, syscall.ELOOP)
	}
	if err := w.allow(real, st, mayRead, "read"); err != nil { // its interpreter has to
		return err
	}
	return w.exec(interpreter, depth-1)
}

// scriptInterpreter gives the program named by a #! line, "" for other files.
// A file that this process cannot read is not known to be a script.
func scriptInterpreter(name string) (string, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrPermission) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // read only: nothing to lose
	head := make([]byte, scriptHead)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	line, isScript := bytes.CutPrefix(head[:n], []byte("#!"))
	if !isScript {
		return "", nil
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) == 0 {
		return "", fmt.Errorf("%s has an empty #! line", name)
	}
	return string(fields[0]), nil
}
