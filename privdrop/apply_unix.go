//go:build unix && !linux

package privdrop

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"syscall"
)

// IsRoot reports whether the process is root.
func IsRoot() bool { return syscall.Getuid() == 0 || syscall.Geteuid() == 0 }

// Current is the identity that the process has now.
func Current() (Identity, error) {
	groups, err := syscall.Getgroups()
	if err != nil {
		return Identity{}, &Error{What: "cannot find out who this process is", Err: err}
	}
	id := Identity{UID: syscall.Geteuid(), GID: syscall.Getegid(), Groups: sortedGroups(groups), Source: "process"}
	db := system()
	id.User, id.Group = strconv.Itoa(id.UID), db.groupName(id.GID)
	if a, ok, err := db.localUID(id.UID); err == nil && ok {
		id.User, id.Home, id.Shell = a.name, a.home, a.shell
	}
	return id, nil
}

// Apply makes the process the identity, irrevocably, and proves it. Started
// without root it can only stay who it is. After an error the caller has to
// exit at once, without having started anything. The error is an [*Error].
func Apply(id Identity, o Options) (Proof, error) {
	id.Groups = sortedGroups(id.Groups)
	if !IsRoot() {
		if id.UID != syscall.Geteuid() || id.GID != syscall.Getegid() {
			return Proof{}, &Error{What: fmt.Sprintf("cannot become user %s with group %s: not started as root", id.User, id.Group),
				Hint: "leave --user and --group out, or start with sudo"}
		}
		self, err := Current()
		if err != nil {
			return Proof{}, err
		}
		if id.Named && !slices.Equal(id.Groups, self.Groups) {
			return Proof{}, &Error{What: "cannot set the supplementary groups " + formatGroups(id.Groups) + ": not started as root",
				Hint: "leave --supplementary-groups out, or start with sudo"}
		}
		id.Groups = self.Groups // they stay
		setUmask(o.Umask)
		return Proof{Identity: id, Mode: Unprivileged}, nil
	}
	if err := id.Refuse(o.AllowRoot); err != nil {
		return Proof{}, err
	}
	calls := []struct {
		name string
		run  func() error
	}{
		{"setgroups", func() error { return syscall.Setgroups(id.Groups) }},
		{"setgid", func() error { return syscall.Setgid(id.GID) }}, // as root: real, effective and saved
		{"setuid", func() error { return syscall.Setuid(id.UID) }},
	}
	for _, c := range calls {
		if err := c.run(); err != nil {
			return Proof{}, &Error{What: "cannot become user " + id.User, Err: fmt.Errorf("%s: %w", c.name, err)}
		}
	}
	setUmask(o.Umask)
	if id.UID == 0 {
		return Proof{Identity: id, Mode: KeptRoot}, nil
	}
	return Verify(id)
}

// Verify proves that the process is the identity and stays it: becoming root
// again must be refused. These systems hold the ids for the whole process. If
// regaining root succeeds, the process is root when Verify returns its error:
// it has to exit.
func Verify(id Identity) (Proof, error) {
	refused, err := regain(id)
	if err == nil {
		err = compareProcess(id)
	}
	if err != nil {
		return Proof{}, &Error{What: "cannot prove that root's rights are gone", Err: err}
	}
	return Proof{Identity: id, Mode: Dropped, Refused: refused}, nil
}

func regain(id Identity) ([]string, error) {
	attempts := map[string]func() error{
		"setuid(0)":    func() error { return syscall.Setuid(0) },
		"seteuid(0)":   func() error { return syscall.Setreuid(-1, 0) },
		"setgroups(0)": func() error { return syscall.Setgroups([]int{0}) },
	}
	if id.GID != 0 {
		attempts["setgid(0)"] = func() error { return syscall.Setgid(0) }
	}
	var refused []string
	for name, try := range attempts {
		err := try()
		if err == nil {
			return nil, fmt.Errorf("%s was allowed", name)
		}
		if !errors.Is(err, syscall.EPERM) {
			return nil, fmt.Errorf("%s failed for another reason than missing rights: %w", name, err)
		}
		refused = append(refused, name)
	}
	slices.Sort(refused)
	return refused, nil
}

func compareProcess(id Identity) error {
	if r, e := syscall.Getuid(), syscall.Geteuid(); r != id.UID || e != id.UID {
		return fmt.Errorf("the user ids are %d and %d instead of %d", r, e, id.UID)
	}
	if r, e := syscall.Getgid(), syscall.Getegid(); r != id.GID || e != id.GID {
		return fmt.Errorf("the group ids are %d and %d instead of %d", r, e, id.GID)
	}
	groups, err := syscall.Getgroups()
	if err != nil {
		return fmt.Errorf("list the groups: %w", err)
	}
	for _, g := range groups {
		if !id.member(g) {
			return fmt.Errorf("group %d is still there", g)
		}
	}
	return nil
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
