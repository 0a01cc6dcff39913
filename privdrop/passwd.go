package privdrop

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// account is one entry of the user database.
type account struct {
	name        string
	uid, gid    int
	home, shell string
}

// group is one entry of the group database.
type group struct {
	name    string
	gid     int
	members []string
}

// parseID reads a user or group number. The largest 32-bit number is not one:
// to setresuid and its kin it means "leave as it is", which would keep root.
func parseID(s string) (int, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' { // ParseUint takes no sign, but be plain about it
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == math.MaxUint32 || n > math.MaxInt {
		return 0, false
	}
	return int(n), true
}

// parsePasswdLine reads name:password:uid:gid:gecos:home:shell. Lines that are
// comments, NIS switches (+ and -) or broken are skipped, as libc does: one bad
// line must not lock everybody out.
func parsePasswdLine(line string) (account, bool) {
	fields := strings.SplitN(line, ":", 7)
	if len(fields) < 6 || !databaseName(fields[0]) {
		return account{}, false
	}
	uid, ok := parseID(fields[2])
	if !ok {
		return account{}, false
	}
	gid, ok := parseID(fields[3])
	if !ok {
		return account{}, false
	}
	a := account{name: fields[0], uid: uid, gid: gid, home: fields[5]}
	if len(fields) == 7 {
		a.shell = fields[6]
	}
	return a, true
}

// parseGroupLine reads name:password:gid:member,member.
func parseGroupLine(line string) (group, bool) {
	fields := strings.SplitN(line, ":", 4)
	if len(fields) < 3 || !databaseName(fields[0]) {
		return group{}, false
	}
	gid, ok := parseID(fields[2])
	if !ok {
		return group{}, false
	}
	g := group{name: fields[0], gid: gid}
	if len(fields) == 4 {
		for member := range strings.SplitSeq(fields[3], ",") {
			if member = strings.TrimSpace(member); member != "" {
				g.members = append(g.members, member)
			}
		}
	}
	return g, true
}

func databaseName(s string) bool {
	return s != "" && s[0] != '#' && s[0] != '+' && s[0] != '-' && !strings.ContainsRune(s, 0)
}

// parseInitgroups reads the answer of "getent initgroups NAME": the name, then
// numbers, blank-separated.
func parseInitgroups(text, name string) ([]int, bool) {
	fields := strings.Fields(text)
	if len(fields) == 0 || fields[0] != name {
		return nil, false
	}
	return parseIDs(fields[1:])
}

// parseIDs reads a list of numbers; one that is none spoils the list.
func parseIDs(fields []string) ([]int, bool) {
	ids := make([]int, 0, len(fields))
	for _, f := range fields {
		id, ok := parseID(f)
		if !ok {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, true
}

// remoteGroups reports whether nsswitch.conf names a source for group
// memberships beyond the local files, so that only getent knows them all.
// systemd's source counts as local: it mirrors the files and adds users of its
// own, which are not in /etc/passwd and are asked for anyway.
func remoteGroups(conf string) bool {
	sources := map[string]string{}
	for line := range strings.Lines(conf) {
		line, _, _ = strings.Cut(line, "#")
		if key, value, ok := strings.Cut(line, ":"); ok {
			sources[strings.TrimSpace(key)] = value
		}
	}
	local := []string{"files", "compat", "systemd", "db", "cache"}
	for _, source := range strings.Fields(withoutActions(sources["group"] + " " + sources["initgroups"])) {
		if !slices.Contains(local, source) {
			return true
		}
	}
	return false
}

// withoutActions takes out what is between the sources, such as
// [NOTFOUND=return].
func withoutActions(s string) string {
	var kept strings.Builder
	for s != "" {
		before, rest, found := strings.Cut(s, "[")
		kept.WriteString(before + " ")
		if !found {
			break
		}
		_, s, _ = strings.Cut(rest, "]")
	}
	return kept.String()
}
