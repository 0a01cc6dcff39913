//go:build unix

package privdrop_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modwsgi-express/privdrop"
)

// stranger is nobody's owner and in nobody's group.
var stranger = privdrop.Identity{User: "www", Group: "www", UID: 4000001, GID: 4000001}

// tree makes files below a directory that a stranger can reach. Names ending in
// / are directories; "a -> b" is a link.
func tree(t *testing.T, files map[string]fs.FileMode) string {
	t.Helper()
	root, err := os.MkdirTemp("", "access")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	root, err = filepath.EvalSymlinks(root)
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Chmod(root, 0o755))
	for name := range files {
		link, target, isLink := strings.Cut(name, " -> ")
		must(os.MkdirAll(filepath.Dir(filepath.Join(root, link)), 0o755))
		switch {
		case isLink:
			must(os.Symlink(strings.ReplaceAll(target, "ROOT", root), filepath.Join(root, link)))
		case strings.HasSuffix(name, "/"):
			must(os.MkdirAll(filepath.Join(root, name), 0o755))
		default:
			must(os.WriteFile(filepath.Join(root, name), []byte("\x7fELF"), 0o644))
		}
	}
	for name, mode := range files {
		if !strings.Contains(name, " -> ") {
			must(os.Chmod(filepath.Join(root, name), mode))
		}
	}
	return root
}

func TestCanExec(t *testing.T) {
	for _, tc := range []struct {
		name, path string
		files      map[string]fs.FileMode
		denied     string // ROOT stands for the directory; "" for allowed
		other      string // another reason
	}{
		{name: "open", path: "bin/python", files: map[string]fs.FileMode{"bin/python": 0o755}},
		{name: "execute only", path: "bin/python", files: map[string]fs.FileMode{"bin/python": 0o711}},
		{name: "search only", path: "home/v/python", files: map[string]fs.FileMode{"home/": 0o711, "home/v/python": 0o755}},
		{name: "closed home", path: "home/v/python", files: map[string]fs.FileMode{"home/": 0o700, "home/v/python": 0o755},
			denied: "ROOT/home is drwx------"},
		{name: "closed to others", path: "home/v/python", files: map[string]fs.FileMode{"home/": 0o750, "home/v/python": 0o755},
			denied: "ROOT/home is drwxr-x---"},
		{name: "readable but not searchable", path: "home/python", files: map[string]fs.FileMode{"home/": 0o744, "home/python": 0o755},
			denied: "ROOT/home is drwxr--r--"},
		{name: "not executable", path: "python", files: map[string]fs.FileMode{"python": 0o644}, denied: "ROOT/python is -rw-r--r--"},
		{name: "not for others", path: "python", files: map[string]fs.FileMode{"python": 0o754}, denied: "ROOT/python is -rwxr-xr--"},
		{name: "set-id and sticky", path: "d/python", files: map[string]fs.FileMode{"d/": 0o770 | fs.ModeSticky | fs.ModeSetgid, "d/python": 0o755},
			denied: "ROOT/d is drwxrws--T"},
		{name: "link out of a virtualenv", path: "venv/bin/python",
			files: map[string]fs.FileMode{"venv/bin/python -> python3": 0, "venv/bin/python3 -> ROOT/home/py/bin/python3.11": 0,
				"home/": 0o700, "home/py/bin/python3.11": 0o755},
			denied: "ROOT/home is drwx------"},
		{name: "relative link with ..", path: "venv/bin/python",
			files: map[string]fs.FileMode{"venv/bin/python -> ../../py/python3": 0, "py/python3": 0o755}},
		{name: "link to a directory", path: "v/python", files: map[string]fs.FileMode{"v -> real/": 0, "real/python": 0o755}},
		{name: ".. goes up from the link's target", path: "v/../python",
			files: map[string]fs.FileMode{"v -> a/b": 0, "a/b/": 0o755, "a/python": 0o755}},
		{name: "a closed directory is entered before ..", path: "shut/../python",
			files: map[string]fs.FileMode{"shut/": 0o700, "python": 0o755}, denied: "ROOT/shut is drwx------"},
		{name: "loop", path: "a", files: map[string]fs.FileMode{"a -> b": 0, "b -> a": 0}, other: "too many levels"},
		{name: "missing", path: "python", other: "no such file"},
		{name: "dangling", path: "python", files: map[string]fs.FileMode{"python -> gone": 0}, other: "gone: no such file"},
		{name: "directory", path: "python", files: map[string]fs.FileMode{"python/": 0o755}, other: "is not a program but drwxr-xr-x"},
		{name: "file on the way", path: "f/python", files: map[string]fs.FileMode{"f": 0o755}, other: "f is not a directory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := tree(t, tc.files)
			checkAccess(t, privdrop.CanExec(stranger, root+"/"+tc.path), strings.ReplaceAll(tc.denied, "ROOT", root), tc.other)
		})
	}
}

func checkAccess(t *testing.T, err error, denied, other string) {
	t.Helper()
	if denied == "" && other == "" {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	checkRefusal(t, err, denied+other, "")
	d, ok := errors.AsType[*privdrop.Denied](err)
	if ok != (denied != "") {
		t.Fatalf("got %v", err)
	}
	if ok && !strings.Contains(d.Error(), ": user www cannot ") {
		t.Errorf("got %v", d)
	}
}

func TestCanExecScript(t *testing.T) {
	root := tree(t, map[string]fs.FileMode{"shut/": 0o700, "shut/python": 0o755, "python": 0o755})
	for _, tc := range []struct {
		name, text string
		mode       fs.FileMode
		denied     string
		other      string
	}{
		{name: "good", text: "#!" + root + "/python -u\n", mode: 0o755},
		{name: "blank before", text: "#! \t" + root + "/python\n", mode: 0o755},
		{name: "interpreter out of reach", text: "#!" + root + "/shut/python\n", mode: 0o755, denied: root + "/shut is drwx------"},
		{name: "unreadable script", text: "#!" + root + "/python\n", mode: 0o711, denied: root + "/script is -rwx--x--x"},
		{name: "interpreter missing", text: "#!/nonexistent/python\n", mode: 0o755, other: "no such file"},
		{name: "its own interpreter", text: "#!" + root + "/script\n", mode: 0o755, other: "too many levels"},
		{name: "empty line", text: "#!\n", mode: 0o755, other: "empty #! line"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			script := filepath.Join(root, "script")
			_ = os.Remove(script) // of the case before
			if err := os.WriteFile(script, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(script, tc.mode); err != nil {
				t.Fatal(err)
			}
			checkAccess(t, privdrop.CanExec(stranger, script), tc.denied, tc.other)
		})
	}
}

func TestCanEnterAndRead(t *testing.T) {
	root := tree(t, map[string]fs.FileMode{"open/": 0o755, "search/": 0o711, "shut/": 0o700, "file": 0o644, "secret": 0o600, "search/file": 0o644})
	for _, tc := range []struct {
		path           string
		enter, read    string // mode in the refusal, "" for allowed
		enterOtherwise string
	}{
		{path: "open"},
		{path: "search", read: "drwx--x--x"},
		{path: "shut", enter: "drwx------", read: "drwx------"},
		{path: "file", enterOtherwise: "is not a directory"},
		{path: "search/file", enterOtherwise: "is not a directory"},
		{path: "secret", enterOtherwise: "is not a directory", read: "-rw-------"},
	} {
		path := filepath.Join(root, tc.path)
		checkAccess(t, privdrop.CanEnter(stranger, path), tc.enter, tc.enterOtherwise)
		checkAccess(t, privdrop.CanRead(stranger, path), tc.read, "")
	}
}

func TestLsMode(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{
		0o644:                                   "-rw-r--r--",
		fs.ModeDir | fs.ModeSticky | 0o777:      "drwxrwxrwt",
		fs.ModeDir | fs.ModeSticky | 0o770:      "drwxrwx--T",
		fs.ModeSetuid | 0o755:                   "-rwsr-xr-x",
		fs.ModeSetuid | fs.ModeSetgid | 0o600:   "-rwS--S---",
		fs.ModeSymlink | 0o777:                  "lrwxrwxrwx",
		fs.ModeSocket | 0o660:                   "srw-rw----",
		fs.ModeNamedPipe:                        "p---------",
		fs.ModeDevice | fs.ModeCharDevice | 0o6: "c------rw-",
		fs.ModeDevice:                           "b---------",
	} {
		if got := privdrop.LsMode(mode); got != want {
			t.Errorf("%v: got %s instead of %s", mode, got, want)
		}
	}
}

func TestUnprivilegedCandidate(t *testing.T) {
	root := tree(t, map[string]fs.FileMode{"python": 0o755, "shut/": 0o700, "shut/python": 0o755})
	dir := t.TempDir()
	db := privdrop.Database{Passwd: filepath.Join(dir, "passwd"), Group: filepath.Join(dir, "group"), Nsswitch: filepath.Join(dir, "nsswitch.conf")}
	users := func(text string) {
		t.Helper()
		if err := os.WriteFile(db.Passwd, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	users("nobody:x:4000002:4000002:::\nwww:x:4000001:4000001:::\n")
	id, err := db.Candidate(&privdrop.Directory{}, root+"/python", root)
	if err != nil || id.User != "www" {
		t.Errorf("got %v, %v", id, err)
	}
	_, err = db.Candidate(&privdrop.Directory{}, root+"/shut/python", root)
	checkRefusal(t, err, "user nobody cannot enter it", "--user ")
	checkRefusal(t, err, "user www cannot enter it", "--python ")
	_, err = db.Candidate(&privdrop.Directory{}, root+"/python", root, root+"/shut")
	checkRefusal(t, err, "cannot enter "+root+"/shut as user www", "")
	users("www:x:0:0:::\nnobody:x:4000002:4000002:::\n")
	if id, err = db.Candidate(&privdrop.Directory{}, root+"/python", root); err != nil || id.User != "nobody" {
		t.Errorf("got %v, %v", id, err)
	}
	users("alice:x:1000:1000:::\n")
	_, err = db.Candidate(&privdrop.Directory{}, root+"/python", root)
	checkRefusal(t, err, "none of the usual service users", "--user ")
}

// aclBytes builds the attribute from tag, permissions and id.
func aclBytes(entries ...[3]uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(b, e[2])
	}
	return b
}

const (
	tagUserObj, tagUser, tagGroupObj, tagGroup, tagMask, tagOther = 1, 2, 4, 8, 16, 32
	noID                                                          = 1<<32 - 1
)

func TestACL(t *testing.T) {
	id := privdrop.Identity{UID: 33, GID: 33, Groups: []int{33, 40}}
	for _, tc := range []struct {
		name    string
		entries [][3]uint32
		want    bool
	}{
		{"named user", [][3]uint32{{tagUserObj, 7, noID}, {tagUser, 1, 33}, {tagGroupObj, 0, noID}, {tagMask, 7, noID}, {tagOther, 0, noID}}, true},
		{"named user cut by the mask", [][3]uint32{{tagUser, 1, 33}, {tagGroupObj, 0, noID}, {tagMask, 4, noID}, {tagOther, 7, noID}}, false},
		{"named user decides alone", [][3]uint32{{tagUser, 0, 33}, {tagGroup, 7, 40}, {tagMask, 7, noID}, {tagOther, 7, noID}}, false},
		{"another user", [][3]uint32{{tagUser, 7, 34}, {tagGroupObj, 7, noID}, {tagMask, 7, noID}, {tagOther, 0, noID}}, false},
		{"named group", [][3]uint32{{tagGroupObj, 0, noID}, {tagGroup, 1, 40}, {tagMask, 1, noID}, {tagOther, 0, noID}}, true},
		{"one of two groups", [][3]uint32{{tagGroup, 0, 33}, {tagGroup, 1, 40}, {tagMask, 7, noID}, {tagOther, 0, noID}}, true},
		{"a group that denies beats other", [][3]uint32{{tagGroup, 0, 40}, {tagMask, 7, noID}, {tagOther, 7, noID}}, false},
		{"other", [][3]uint32{{tagGroupObj, 0, noID}, {tagGroup, 7, 41}, {tagMask, 7, noID}, {tagOther, 1, noID}}, true},
	} {
		got, ok := privdrop.ParseACLPermits(aclBytes(tc.entries...), id, 99, 1)
		if !ok || got != tc.want {
			t.Errorf("%s: got %v %v", tc.name, got, ok)
		}
	}
	owning, ok := privdrop.ParseACLPermits(aclBytes([3]uint32{tagGroupObj, 1, noID}, [3]uint32{tagMask, 7, noID}), id, 40, 1)
	if !ok || !owning {
		t.Error("the owning group does not count")
	}
	for _, broken := range [][]byte{nil, {2, 0, 0}, {1, 0, 0, 0}, {2, 0, 0, 0, 1}} {
		if _, ok := privdrop.ParseACLPermits(broken, id, 40, 1); ok {
			t.Errorf("%v is no list", broken)
		}
	}
}

func FuzzACL(f *testing.F) {
	f.Add(aclBytes([3]uint32{tagUser, 1, 33}, [3]uint32{tagMask, 7, noID}))
	f.Fuzz(func(t *testing.T, data []byte) {
		permits, parsed := privdrop.ParseACLPermits(data, stranger, 1, 1)
		if permits && (!parsed || len(data) < 12) {
			t.Fatalf("%v permits", data)
		}
	})
}
