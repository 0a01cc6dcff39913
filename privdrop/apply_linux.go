package privdrop

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// step is one change of the drop. The error texts name it.
type step struct {
	name string
	run  func() error
}

// IsRoot reports whether any of the process's user ids is root's: each of them
// can become the effective one.
func IsRoot() bool {
	r, e, s := unix.Getresuid()
	return r == 0 || e == 0 || s == 0
}

// Current is the identity that the process has now.
func Current() (Identity, error) { return current() }

// Apply makes the process the identity, irrevocably and on every thread, and
// proves it. Started without root it can only stay who it is: then it gives up
// what capabilities it was given and nothing else changes hands.
//
// After an error the process may be half of each: the caller has to exit at
// once, without having started anything. The error is an [*Error].
func Apply(id Identity, o Options) (Proof, error) {
	id.Groups = sortedGroups(id.Groups)
	if err := allThreadsWork(); err != nil {
		return Proof{}, err
	}
	mode, err := startMode(&id, o)
	if err != nil {
		return Proof{}, err
	}
	bounding, err := boundingLeft()
	if err != nil {
		return Proof{}, &Error{What: "cannot drop root", Err: err}
	}
	for _, s := range steps(id, o, mode, bounding) {
		if err := s.run(); err != nil {
			return Proof{}, stepError(s.name, id, err)
		}
	}
	return verify(id, mode, bounding)
}

// startMode decides what there is to do, and refuses what must not be done.
// Without root the groups stay those of the process; they differ from the
// database's where a container or service manager has set fewer.
func startMode(id *Identity, o Options) (Mode, error) {
	if !IsRoot() {
		self, err := current()
		if err != nil {
			return 0, err
		}
		if self.UID != id.UID || self.GID != id.GID {
			return 0, otherUserError(*id, self)
		}
		if id.Named && !slices.Equal(self.Groups, id.Groups) {
			return 0, &Error{
				What: fmt.Sprintf("cannot set the supplementary groups %s: not started as root", formatGroups(id.Groups)),
				Hint: "leave --user and --supplementary-groups out, or start with sudo",
			}
		}
		id.Groups = self.Groups
		return Unprivileged, nil
	}
	if err := id.Refuse(o.AllowRoot); err != nil {
		return 0, err
	}
	if id.UID == 0 {
		return KeptRoot, nil
	}
	return Dropped, nil
}

func steps(id Identity, o Options, mode Mode, bounding uint64) []step {
	groups := []step{
		{"setgroups", func() error { return syscall.Setgroups(id.Groups) }},
		{"setresgid", func() error { return syscall.Setresgid(id.GID, id.GID, id.GID) }},
		{"setresuid", func() error { return syscall.Setresuid(id.UID, id.UID, id.UID) }},
	}
	emptied := []step{
		{"prctl(PR_CAP_AMBIENT)", clearAmbient},
		{"capset", emptyCapabilities},
	}
	last := []step{
		{"prctl(PR_SET_NO_NEW_PRIVS)", func() error { return prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0) }},
		{"prctl(PR_SET_DUMPABLE)", func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }}, // of the address space: one call
		{"umask", func() error { setUmask(o.Umask); return nil }},
	}
	switch mode {
	case KeptRoot:
		return slices.Concat(groups, last)
	case Unprivileged:
		return slices.Concat(emptied, last)
	}
	all := []step{{"prctl(PR_SET_KEEPCAPS)", keepNothing}}
	if bounding == 0 {
		all = append(all, step{"prctl(PR_CAPBSET_DROP)", emptyBounding})
	}
	return slices.Concat(all, emptied[:1], groups, emptied[1:], last)
}

func setUmask(mask int) {
	if mask >= 0 {
		syscall.Umask(mask)
	}
}

func sortedGroups(groups []int) []int {
	sorted := slices.Clone(groups)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// allThreadsWork finds out, by a call that changes nothing, whether prctl and
// capset can reach every thread.
func allThreadsWork() error {
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_GETPID, 0, 0, 0)
	if errno == 0 {
		return nil
	}
	return &Error{
		What: "cannot drop root completely: this executable was built with cgo, so that capabilities cannot be taken from all threads",
		Hint: "build it with CGO_ENABLED=0, as ./build.sh does",
		Err:  errno,
	}
}

func stepError(name string, id Identity, err error) error {
	e := &Error{What: fmt.Sprintf("cannot become user %s", id.User), Err: fmt.Errorf("%s: %w", name, err)}
	switch {
	case errors.Is(err, unix.EPERM):
		e.Hint = "root lacks the right here; in a container it needs CAP_SETUID and CAP_SETGID, or start the container itself as that user"
	case errors.Is(err, unix.EINVAL):
		e.Hint = "in a user namespace the ids have to be mapped: compare /proc/self/uid_map"
	case errors.Is(err, unix.EAGAIN):
		e.Hint = fmt.Sprintf("user %s has reached its limit of processes: see ulimit -u", id.User)
	}
	return e
}

func otherUserError(id, self Identity) error {
	return &Error{
		What: fmt.Sprintf("cannot become user %s with group %s: not started as root but as user %s with group %s",
			id.User, id.Group, self.User, self.Group),
		Hint: "leave --user and --group out, or start with sudo",
	}
}
