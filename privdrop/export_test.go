package privdrop

// Seams for the tests of this package.

type (
	TestStatus = threadStatus
)

func ParsePasswdLine(line string) (name string, uid, gid int, home, shell string, ok bool) {
	a, ok := parsePasswdLine(line)
	return a.name, a.uid, a.gid, a.home, a.shell, ok
}

func ParseGroupLine(line string) (name string, gid int, members []string, ok bool) {
	g, ok := parseGroupLine(line)
	return g.name, g.gid, g.members, ok
}

var (
	ParseID         = parseID
	ParseInitgroups = parseInitgroups
	RemoteGroups    = remoteGroups
	ParseStatus     = parseStatus
	ShellQuote      = shellQuote
	LsMode          = lsMode
)

func CompareStatus(st TestStatus, id Identity, bounding uint64) error {
	return st.compare(id, bounding)
}

// ParseACLPermits parses a list and asks it; parsed is false for what is none.
func ParseACLPermits(data []byte, id Identity, owningGroup int, want uint32) (permits, parsed bool) {
	list, ok := parseACL(data)
	return ok && list.permits(id, owningGroup, want), ok
}

// Directory stands for the system's user database beyond the files.
type Directory struct {
	Users  map[string][2]int // name to uid and gid
	GIDs   map[string]int
	Groups map[string][]int
	Err    error
	Always bool
	Asked  []string
}

type fakeDirectory struct{ *Directory }

func (d fakeDirectory) name() string { return "getent" }
func (d fakeDirectory) always() bool { return d.Always }

func (d fakeDirectory) user(key string) (account, bool, error) {
	d.Asked = append(d.Asked, "user "+key)
	ids, ok := d.Users[key]
	return account{name: key, uid: ids[0], gid: ids[1], home: "/home/" + key}, ok, d.Err
}

func (d fakeDirectory) group(key string) (group, bool, error) {
	d.Asked = append(d.Asked, "group "+key)
	gid, ok := d.GIDs[key]
	return group{name: key, gid: gid}, ok, d.Err
}

func (d fakeDirectory) groups(user string) ([]int, bool, error) {
	d.Asked = append(d.Asked, "groups "+user)
	gids, ok := d.Groups[user]
	return gids, ok, d.Err
}

// Database is a user database of a test's own files.
type Database struct{ Passwd, Group, Nsswitch string }

func (d Database) system(dir *Directory) database {
	return database{passwd: d.Passwd, group: d.Group, nsswitch: d.Nsswitch, ask: fakeDirectory{dir}}
}

func (d Database) Resolve(dir *Directory, user, group string, supplementary []string) (Identity, error) {
	return d.system(dir).resolve(user, group, supplementary)
}

func (d Database) Candidate(dir *Directory, interpreter string, dirs ...string) (Identity, error) {
	return d.system(dir).candidate(interpreter, dirs)
}
