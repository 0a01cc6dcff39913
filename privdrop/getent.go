//go:build unix && !darwin

package privdrop

import (
	"errors"
	"os/exec"
	"strings"
)

// createUser is the command that hints show for making a service user.
const createUser = "useradd --system --user-group --no-create-home --shell /usr/sbin/nologin %s"

// maxGroups is NGROUPS_MAX of Linux.
const maxGroups = 65536

func systemDirectory() directory { return getent{} }

// getent asks the program of that name, which goes by nsswitch.conf.
type getent struct{}

func (getent) name() string { return "getent" }

// always is false: nsswitch.conf tells when the files are not all.
func (getent) always() bool { return false }

func (getent) user(key string) (account, bool, error) {
	line, ok, err := askGetent("passwd", key)
	if !ok || err != nil {
		return account{}, false, err
	}
	a, ok := parsePasswdLine(line)
	return a, ok, nil
}

func (getent) group(key string) (group, bool, error) {
	line, ok, err := askGetent("group", key)
	if !ok || err != nil {
		return group{}, false, err
	}
	g, ok := parseGroupLine(line)
	return g, ok, nil
}

// groups asks for initgroups, which not every getent knows; then the groups of
// the files have to do.
func (getent) groups(user string) ([]int, bool, error) {
	line, ok, err := askGetent("initgroups", user)
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		return nil, false, nil
	}
	if !ok || err != nil {
		return nil, false, err
	}
	gids, ok := parseInitgroups(line, user)
	return gids, ok, nil
}

// notFound is getent's exit code for "one or more keys could not be found".
const notFound = 2

// askGetent gives the first line of the answer. A system without getent (musl
// without its package) knows nothing beyond its files.
func askGetent(database, key string) (string, bool, error) {
	out, err := run("getent", database, key)
	if errors.Is(err, exec.ErrNotFound) {
		return "", false, nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == notFound {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	line, _, _ := strings.Cut(out, "\n")
	return strings.TrimRight(line, "\r"), line != "", nil
}
