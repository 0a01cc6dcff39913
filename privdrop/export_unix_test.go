//go:build unix

package privdrop

import "time"

var (
	ParseDirectoryUser = func(text string) (string, int, int, string, string, bool) {
		a, ok := parseDirectoryUser(text)
		return a.name, a.uid, a.gid, a.home, a.shell, ok
	}
	ParseDirectoryGroup = func(text string) (string, int, []string, bool) {
		g, ok := parseDirectoryGroup(text)
		return g.name, g.gid, g.members, ok
	}
	RunProgram = run
)

// SetSystemDirs lets the programs of the system be a test's own, and undoes it.
func SetSystemDirs(dirs ...string) (undo func()) {
	old := systemDirs
	systemDirs = dirs
	return func() { systemDirs = old }
}

// SetAskTimeout bounds questions to the user database, and undoes it.
func SetAskTimeout(d time.Duration) (undo func()) {
	old := askTimeout
	askTimeout = d
	return func() { askTimeout = old }
}
