package privdrop

import (
	"errors"
	"os/exec"
	"strings"
)

// createUser is the command that hints show for making a service user.
const createUser = "sysadminctl -addUser %s"

// maxGroups is NGROUPS_MAX of macOS; its initgroups takes the first ones too,
// the rest is resolved by the kernel's membership daemon.
const maxGroups = 16

func systemDirectory() directory { return openDirectory{} }

// openDirectory asks macOS's Open Directory; /etc/passwd has the system's
// accounts only.
type openDirectory struct{}

func (openDirectory) name() string { return "dscacheutil" }

func (openDirectory) always() bool { return true }

func (openDirectory) user(key string) (account, bool, error) {
	attribute := "name"
	if _, numeric := parseID(key); numeric {
		attribute = "uid"
	}
	out, err := run("dscacheutil", "-q", "user", "-a", attribute, key)
	if err != nil {
		return account{}, false, err
	}
	a, ok := parseDirectoryUser(out)
	return a, ok, nil
}

func (openDirectory) group(key string) (group, bool, error) {
	out, err := run("dscacheutil", "-q", "group", "-a", "name", key)
	if err != nil {
		return group{}, false, err
	}
	g, ok := parseDirectoryGroup(out)
	return g, ok, nil
}

func (openDirectory) groups(user string) ([]int, bool, error) {
	out, err := run("id", "-G", user)
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	gids, ok := parseIDs(strings.Fields(out))
	return gids, ok, nil
}
