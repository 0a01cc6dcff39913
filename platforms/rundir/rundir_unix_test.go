//go:build unix

package rundir_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/pathguard"
	"modwsgi-express/platforms/rundir"
)

const strangerUID = 4000001

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skipf("%s needs root", t.Name())
	}
}

// safe gives a directory that only this user can write, without links on the way.
func safe(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	return dir
}

func TestDefault(t *testing.T) {
	for _, tc := range []struct {
		name string
		root bool
		env  map[string]string
		want string // "" for an error
	}{
		{"systemd", true, map[string]string{"RUNTIME_DIRECTORY": "/run/unit:/run/other"}, "/run/unit"},
		{"root", true, nil, "/run/app"},
		{"root with a session", true, map[string]string{"XDG_RUNTIME_DIR": "/run/user/0", "HOME": "/root"}, "/run/app"},
		{"user with a session", false, map[string]string{"XDG_RUNTIME_DIR": "/run/user/1000", "HOME": "/home/u"}, "/run/user/1000/app"},
		{"user without a session", false, map[string]string{"HOME": "/home/u"}, "/home/u/.cache/app/run"},
		{"relative values", false, map[string]string{"RUNTIME_DIRECTORY": "unit", "XDG_RUNTIME_DIR": "x", "HOME": "home"}, ""},
		{"nothing", false, nil, ""},
	} {
		got, err := rundir.Default("app", tc.root, func(key string) string { return tc.env[key] })
		got = strings.Replace(got, "/var/run/", "/run/", 1) // where macOS has it
		if got != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("%s: got %q, %v", tc.name, got, err)
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(safe(t), "run")
	for range 2 { // created, then found
		got, err := rundir.Open(path, rundir.Options{Mode: 0o711})
		if err != nil || got != path {
			t.Fatalf("got %q, %v", got, err)
		}
		info, err := os.Stat(path)
		must(t, err)
		if info.Mode() != fs.ModeDir|0o711 {
			t.Errorf("mode %v", info.Mode())
		}
	}
}

func TestOpenForAnotherUser(t *testing.T) {
	needRoot(t)
	path := filepath.Join(safe(t), "run")
	o := rundir.Options{UID: strangerUID, GID: strangerUID + 1}
	for range 2 {
		if _, err := rundir.Open(path, o); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		must(t, err)
		st := info.Sys().(*syscall.Stat_t)
		if st.Uid != strangerUID || st.Gid != strangerUID+1 || info.Mode() != fs.ModeDir|rundir.DefaultMode {
			t.Errorf("owner %d:%d, mode %v", st.Uid, st.Gid, info.Mode())
		}
	}
}

func TestOpenResolvesParent(t *testing.T) {
	dir := safe(t)
	must(t, os.Mkdir(dir+"/real", 0o755))
	must(t, os.Symlink("real", dir+"/link"))
	if got, err := rundir.Open(dir+"/link/run", rundir.Options{}); err != nil || got != dir+"/real/run" {
		t.Errorf("got %q, %v", got, err)
	}
}

// R46: what another user may have put in the place of the run directory.
func TestOpenRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T, parent string)
		want    string
		hint    string
	}{
		{"symbolic link", func(t *testing.T, p string) {
			must(t, os.Mkdir(p+"/elsewhere", 0o755))
			must(t, os.Symlink("elsewhere", p+"/run"))
		}, "it is a symbolic link", "rm -r "},
		{"dangling link", func(t *testing.T, p string) { must(t, os.Symlink("elsewhere", p+"/run")) }, "it is a symbolic link", "rm -r "},
		{"file", func(t *testing.T, p string) { must(t, os.WriteFile(p+"/run", nil, 0o644)) }, "it is not a directory", "rm -r "},
		{"FIFO", func(t *testing.T, p string) { must(t, unix.Mkfifo(p+"/run", 0o644)) }, "it is not a directory", "rm -r "},
		{"group can write", func(t *testing.T, p string) {
			must(t, os.Mkdir(p+"/run", 0o755))
			must(t, os.Chmod(p+"/run", 0o775))
		}, "others than its owner can write in it", "chmod go-w "},
		{"everybody can write, sticky", func(t *testing.T, p string) {
			must(t, os.Mkdir(p+"/run", 0o755))
			must(t, os.Chmod(p+"/run", 0o777|fs.ModeSticky))
		}, "others than its owner can write in it", "chmod go-w "},
		{"open parent", func(t *testing.T, p string) { must(t, os.Chmod(p, 0o777)) }, "replace what is in it", "chmod go-w "},
		{"parent like /tmp, as root", func(t *testing.T, p string) {
			needRoot(t)
			must(t, os.Chmod(p, 0o777|fs.ModeSticky))
		}, "everybody can create files in it", "only root"},
		{"foreign", func(t *testing.T, p string) {
			needRoot(t)
			must(t, os.Mkdir(p+"/run", 0o755))
			must(t, os.Chown(p+"/run", strangerUID, strangerUID))
		}, "it belongs to another user", "rm -r "},
		{"foreign parent", func(t *testing.T, p string) {
			needRoot(t)
			must(t, os.Chown(p, strangerUID, strangerUID))
		}, "it belongs to another user", "only root"},
		{"parent is a file", func(t *testing.T, p string) {
			must(t, os.Remove(p))
			must(t, os.WriteFile(p, nil, 0o644))
		}, "not a directory", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			parent := filepath.Join(safe(t), "parent")
			must(t, os.Mkdir(parent, 0o755))
			tc.prepare(t, parent)
			before, _ := os.Lstat(parent + "/run")
			_, err := rundir.Open(parent+"/run", rundir.Options{Mode: 0o700, UID: strangerUID + 1, GID: strangerUID + 1})
			checkRefusal(t, err, "cannot use run directory "+parent+"/run", tc.want, tc.hint)
			after, _ := os.Lstat(parent + "/run")
			switch {
			case before == nil && after != nil:
				t.Error("it was created")
			case before != nil && (after == nil || before.Mode() != after.Mode() || !os.SameFile(before, after)):
				t.Errorf("%v has become %v", before, after)
			}
		})
	}
}

func checkRefusal(t *testing.T, err error, what, why, hint string) {
	t.Helper()
	r, ok := errors.AsType[*pathguard.Refusal](err)
	if !ok || !strings.HasPrefix(r.Error(), what+": ") || !strings.Contains(r.Error(), why) {
		t.Errorf("got %v", err)
		return
	}
	if !strings.Contains(r.Advice(), hint) {
		t.Errorf("hint %q", r.Advice())
	}
}
