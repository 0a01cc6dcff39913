package privdrop

import (
	"errors"
	"io/fs"
	"syscall"
)

// CgoLinked reports whether this binary cannot reach all its threads.
func CgoLinked() bool { return errors.Is(allThreadsWork(), syscall.ENOTSUP) }

// AskGetent is getent's user lookup.
func AskGetent(key string) (name string, uid int, ok bool, err error) {
	a, ok, err := getent{}.user(key)
	return a.name, a.uid, ok, err
}

// AskGetentGroups is getent's initgroups.
func AskGetentGroups(user string) ([]int, bool, error) { return getent{}.groups(user) }

// WalkPermits decides from a mode alone.
func WalkPermits(id Identity, perm uint32, dir bool, uid, gid int, want uint32) bool {
	n := node{mode: modeOf(perm, dir), uid: uid, gid: gid}
	ok, _ := (&walker{id: id}).permits("/nonexistent", n, want)
	return ok
}

func modeOf(perm uint32, dir bool) fs.FileMode {
	m := fs.FileMode(perm)
	if dir {
		m |= fs.ModeDir
	}
	return m
}
