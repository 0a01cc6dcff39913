package privdrop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An Identity is what a process becomes: one user, its group and the complete
// list of its supplementary groups.
type Identity struct {
	User   string // name, or the number where the database has no entry
	Group  string // name of GID, or the number
	UID    int
	GID    int
	Groups []int  // all supplementary groups, set as they are: sorted, without duplicates; empty means none at all
	Named  bool   // Groups were named by the operator, not found in the database
	Home   string // home directory, "" without an entry
	Shell  string // login shell, "" without an entry
	Source string // where the user was found: "/etc/passwd", "getent", "number", "process"
}

// String describes the identity for a log line: "www-data (uid 33, gid 33,
// groups 33)".
func (id Identity) String() string {
	return fmt.Sprintf("%s (uid %d, gid %d, groups %s)", id.User, id.UID, id.GID, formatGroups(id.Groups))
}

func formatGroups(groups []int) string {
	if len(groups) == 0 {
		return "none"
	}
	texts := make([]string, len(groups))
	for i, g := range groups {
		texts[i] = strconv.Itoa(g)
	}
	return strings.Join(texts, ",")
}

// member reports whether the identity belongs to the group.
func (id Identity) member(gid int) bool {
	return id.GID == gid || slices.Contains(id.Groups, gid)
}

// Refuse gives the reason not to serve with this identity: user root, group
// root, or group root among the supplementary ones. With allowRoot nothing is
// refused.
func (id Identity) Refuse(allowRoot bool) error {
	switch {
	case allowRoot:
		return nil
	case id.UID == 0:
		return &Error{
			What: fmt.Sprintf("cannot serve as user %s: uid 0 is root", id.User),
			Hint: "name an unprivileged user: --user " + exampleUser(),
		}
	case id.GID == 0:
		return &Error{
			What: fmt.Sprintf("cannot serve as user %s with group %s: gid 0 is root's group", id.User, id.Group),
			Hint: fmt.Sprintf("name another group: --user %s --group %s", id.User, exampleGroup()),
		}
	case slices.Contains(id.Groups, 0):
		return &Error{
			What: fmt.Sprintf("cannot serve as user %s: its supplementary groups %s include gid 0, root's group",
				id.User, formatGroups(id.Groups)),
			Hint: fmt.Sprintf("name the groups it needs: --user %s --supplementary-groups %s", id.User, id.Group),
		}
	}
	return nil
}

// serviceUsers are the accounts that systems and web server packages create
// for this purpose, in the order of preference.
var serviceUsers = []string{"www-data", "www", "_www", "http", "nginx", "apache", "nobody", "daemon"}

// exampleUser is the first service user of this machine, to be shown in hints.
func exampleUser() string {
	db := system()
	for _, name := range serviceUsers {
		if a, ok, err := db.localUser(name); err == nil && ok && a.uid != 0 {
			return name
		}
	}
	return "www"
}

func exampleGroup() string {
	db := system()
	for _, name := range append(slices.Clone(serviceUsers), "nogroup") {
		if g, ok, err := db.localGroup(name); err == nil && ok && g.gid != 0 {
			return name
		}
	}
	return "www"
}
