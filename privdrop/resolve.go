package privdrop

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxName bounds a user or group name; NT-style names of directories are long,
// but not longer.
const maxName = 256

// Resolve finds the identity of a user. The user and the groups are names or
// numbers; a name made of digits wins over the number, as POSIX has it, and
// "#33" is always the number, as Apache has it.
//
//	group          "" for the user's primary group from the database
//	supplementary  nil for the user's groups from the database (initgroups);
//	               otherwise exactly these, besides the group itself
//
// A number that the database does not know gets no supplementary groups at
// all, and needs a group. The error is an [*Error].
func Resolve(user, group string, supplementary []string) (Identity, error) {
	return system().resolve(user, group, supplementary)
}

func (d database) resolve(user, group string, supplementary []string) (Identity, error) {
	a, source, err := d.lookupUser(user)
	if err != nil {
		return Identity{}, &Error{What: fmt.Sprintf("cannot use user %q", user), Hint: userHint(user, err), Err: err}
	}
	id := Identity{User: a.name, UID: a.uid, GID: a.gid, Home: a.home, Shell: a.shell, Source: source, Named: supplementary != nil}
	switch {
	case group != "":
		if id.GID, err = d.lookupGroup(group); err != nil {
			return Identity{}, groupError(group, err)
		}
	case source == sourceNumber:
		return Identity{}, &Error{
			What: fmt.Sprintf("cannot tell the group of user %s: the user database does not know this number", user),
			Hint: fmt.Sprintf("name the group too: --user %s --group %s", user, exampleGroup()),
		}
	}
	id.Group = d.groupName(id.GID)
	if _, _, numeric, err := specification(group); err == nil && !numeric {
		id.Group = group // it may be known to the directory only
	}
	id.Groups, err = d.supplementary(a, source, id.GID, supplementary)
	if err != nil {
		return Identity{}, err
	}
	return id, nil
}

// sourceNumber marks a user that is only a number.
const sourceNumber = "number"

var (
	errNoName    = errors.New("a name is missing")
	errBadName   = errors.New("this cannot be the name of a user or group")
	errBadNumber = errors.New("this number is no user or group id")
)

// unknownError says who does not know the name.
type unknownError struct{ file, other string }

func (e unknownError) Error() string {
	if e.other == "" {
		return e.file + " does not know it"
	}
	return fmt.Sprintf("neither %s nor %s knows it", e.file, e.other)
}

// specification splits what a person typed into the name and number to look for.
func specification(spec string) (name string, number int, numeric bool, err error) {
	digits, forced := strings.CutPrefix(spec, "#")
	switch {
	case digits == "":
		return "", 0, false, errNoName
	case len(spec) > maxName, spec[0] == '-', strings.ContainsFunc(spec, badNameRune):
		return "", 0, false, errBadName
	}
	if strings.Trim(digits, "0123456789") != "" {
		if forced {
			return "", 0, false, errBadNumber
		}
		return spec, 0, false, nil
	}
	number, ok := parseID(digits)
	if !ok {
		return "", 0, false, errBadNumber
	}
	if forced {
		return "", number, true, nil
	}
	return spec, number, true, nil
}

func badNameRune(r rune) bool {
	return r <= ' ' || r == 0x7f || r == ':' || r == '/' || r == ','
}

func (d database) lookupUser(spec string) (account, string, error) {
	name, number, numeric, err := specification(spec)
	if err != nil {
		return account{}, "", err
	}
	a, ok, err := d.localUser(name)
	if err == nil && !ok && numeric {
		a, ok, err = d.localUID(number)
	}
	if err != nil || ok {
		return a, d.passwd, err
	}
	key := name
	if numeric {
		key = strconv.Itoa(number)
	}
	a, ok, err = d.ask.user(key)
	if err != nil || ok && (!numeric || a.uid == number) {
		return a, d.ask.name(), err
	}
	if numeric {
		return account{name: key, uid: number}, sourceNumber, nil
	}
	return account{}, "", unknownError{d.passwd, d.ask.name()}
}

func (d database) lookupGroup(spec string) (int, error) {
	name, number, numeric, err := specification(spec)
	if err != nil {
		return 0, err
	}
	g, ok, err := d.localGroup(name)
	if err != nil || ok {
		return g.gid, err
	}
	if numeric {
		return number, nil // a group needs no entry to be one
	}
	if g, ok, err = d.ask.group(name); err != nil || ok {
		return g.gid, err
	}
	return 0, unknownError{d.group, d.ask.name()}
}

// supplementary gives the list for setgroups. Like initgroups it starts from
// the primary group.
func (d database) supplementary(a account, source string, gid int, names []string) ([]int, error) {
	groups := []int{gid}
	switch {
	case names != nil:
		for _, name := range names {
			g, err := d.lookupGroup(name)
			if err != nil {
				return nil, groupError(name, err)
			}
			groups = append(groups, g)
		}
	case source == sourceNumber:
		return []int{}, nil
	default:
		more, err := d.groupsOf(a, source)
		if err != nil {
			return nil, &Error{What: fmt.Sprintf("cannot list the groups of user %q", a.name), Err: err,
				Hint: fmt.Sprintf("name them: --user %s --supplementary-groups %d", a.name, gid)}
		}
		groups = append(groups, more...)
		if len(groups) > maxGroups {
			groups = groups[:maxGroups] // as the system's own initgroups does
		}
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	if len(groups) > maxGroups {
		return nil, &Error{What: fmt.Sprintf("cannot set %d supplementary groups: the system allows %d", len(groups), maxGroups),
			Hint: "name fewer with --supplementary-groups"}
	}
	return groups, nil
}

func userHint(user string, err error) string {
	if _, unknown := errors.AsType[unknownError](err); unknown {
		return fmt.Sprintf("name a user that exists, for instance --user %s, or create it: "+createUser, exampleUser(), shellQuote(user))
	}
	return "name a user that exists: --user " + exampleUser()
}

func groupError(name string, err error) error {
	return &Error{What: fmt.Sprintf("cannot use group %q", name), Err: err,
		Hint: "name a group that exists: --group " + exampleGroup()}
}
