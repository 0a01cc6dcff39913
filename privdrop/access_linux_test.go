package privdrop_test

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/privdrop"
)

// A list on the file system: what setfacl -m u:www:x does to a closed home.
func TestCanExecWithACL(t *testing.T) {
	root := tree(t, map[string]fs.FileMode{"home/": 0o700, "home/python": 0o755})
	set := func(entries ...[3]uint32) {
		t.Helper()
		err := unix.Lsetxattr(root+"/home", "system.posix_acl_access", aclBytes(entries...), 0)
		if errors.Is(err, unix.ENOTSUP) {
			t.Skipf("%s needs access control lists on %s", t.Name(), root)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	user, owner, group, other := uint32(stranger.UID), [3]uint32{tagUserObj, 7, noID}, [3]uint32{tagGroupObj, 0, noID}, [3]uint32{tagOther, 0, noID}
	set(owner, [3]uint32{tagUser, 1, user}, group, [3]uint32{tagMask, 1, noID}, other)
	if err := privdrop.CanExec(stranger, root+"/home/python"); err != nil {
		t.Errorf("the list lets the user pass: %v", err)
	}
	set(owner, [3]uint32{tagUser, 0, user}, group, [3]uint32{tagMask, 1, noID}, [3]uint32{tagOther, 5, noID})
	checkAccess(t, privdrop.CanExec(stranger, root+"/home/python"), "home is drwx--xr-x+ ", "")
}

// The sentence that a person reads.
func TestDeniedText(t *testing.T) {
	needRoot(t)
	root := tree(t, map[string]fs.FileMode{"home/": 0o700, "home/python": 0o755})
	err := privdrop.CanExec(stranger, root+"/home/python")
	checkRefusal(t, err, "cannot run "+root+"/home/python as user www: "+root+"/home is drwx------ root:root: user www cannot enter it",
		"for instance below /srv or /opt, or let that one user pass: setfacl -m u:www:x "+root+"/home")
}

func TestCurrent(t *testing.T) {
	id, err := privdrop.Current()
	if err != nil || id.UID != os.Geteuid() || id.GID != os.Getegid() || id.User == "" || id.Group == "" {
		t.Errorf("got %+v, %v", id, err)
	}
}
