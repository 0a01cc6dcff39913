package privdrop

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// maxDatabase bounds what is read of a database file or of getent's answer.
const maxDatabase = 32 << 20

// database is where users and groups are looked up: the local files, then a
// program of the system that knows the other sources (LDAP, SSSD, Open
// Directory).
type database struct {
	passwd, group, nsswitch string // paths
	ask                     directory
}

// directory is the system's own way to the user database.
type directory interface {
	name() string // what error texts call it
	// user and group look a name or, given digits, a number up.
	user(key string) (account, bool, error)
	group(key string) (group, bool, error)
	// groups gives all groups of the user; false where it cannot tell.
	groups(user string) ([]int, bool, error)
	// always reports whether groups has to be asked for local users too.
	always() bool
}

func system() database {
	return database{passwd: "/etc/passwd", group: "/etc/group", nsswitch: "/etc/nsswitch.conf", ask: systemDirectory()}
}

// readDatabase reads a whole database file; one that does not exist is empty
// (containers from scratch have none).
func readDatabase(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // read only: nothing to lose
	data, err := io.ReadAll(io.LimitReader(f, maxDatabase+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	if len(data) > maxDatabase {
		return "", fmt.Errorf("read %s: larger than %d bytes", path, maxDatabase)
	}
	return string(data), nil
}

func find[E any](path string, parse func(string) (E, bool), match func(E) bool) (E, bool, error) {
	var none E
	text, err := readDatabase(path)
	if err != nil {
		return none, false, err
	}
	for line := range strings.Lines(text) {
		if e, ok := parse(strings.TrimRight(line, "\r\n")); ok && match(e) {
			return e, true, nil
		}
	}
	return none, false, nil
}

func (d database) localUser(name string) (account, bool, error) {
	return find(d.passwd, parsePasswdLine, func(a account) bool { return a.name == name })
}

func (d database) localGroup(name string) (group, bool, error) {
	return find(d.group, parseGroupLine, func(g group) bool { return g.name == name })
}

func (d database) localUID(uid int) (account, bool, error) {
	return find(d.passwd, parsePasswdLine, func(a account) bool { return a.uid == uid })
}

func (d database) localGID(gid int) (group, bool, error) {
	return find(d.group, parseGroupLine, func(g group) bool { return g.gid == gid })
}

// userName and groupName name an id for a message, from the local files only:
// a message is not worth a query to a directory server.
func (d database) userName(uid int) string {
	if a, ok, err := d.localUID(uid); err == nil && ok {
		return a.name
	}
	return fmt.Sprint(uid)
}

func (d database) groupName(gid int) string {
	if g, ok, err := d.localGID(gid); err == nil && ok {
		return g.name
	}
	return fmt.Sprint(gid)
}

// groupsOf is initgroups: all groups that have the user as a member. The
// groups that getent adds are additions, never a replacement, so that a
// directory that is down costs rights and gives none.
func (d database) groupsOf(a account, source string) ([]int, error) {
	text, err := readDatabase(d.group)
	if err != nil {
		return nil, err
	}
	var gids []int
	for line := range strings.Lines(text) {
		g, ok := parseGroupLine(strings.TrimRight(line, "\r\n"))
		if ok && slices.Contains(g.members, a.name) {
			gids = append(gids, g.gid)
		}
	}
	ask, err := d.mustAskGroups(source)
	if err != nil || !ask {
		return gids, err
	}
	more, ok, err := d.ask.groups(a.name)
	if err != nil {
		return nil, err
	}
	if ok {
		gids = append(gids, more...)
	}
	return gids, nil
}

func (d database) mustAskGroups(source string) (bool, error) {
	if source != d.passwd || d.ask.always() {
		return true, nil
	}
	conf, err := readDatabase(d.nsswitch)
	if err != nil {
		return false, err
	}
	return remoteGroups(conf), nil
}
