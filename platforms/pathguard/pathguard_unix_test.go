//go:build unix

package pathguard_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/pathguard"
)

const strangerUID = 4000001

// safe gives a directory that only this user can write, without links on the way.
func safe(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string, mode fs.FileMode) string {
	t.Helper()
	must(t, os.MkdirAll(path, 0o755))
	must(t, os.Chmod(path, mode))
	return path
}

func give(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skipf("%s needs root to give a file to another user", t.Name())
	}
	must(t, os.Lchown(path, strangerUID, strangerUID))
}

func TestDirectory(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T, dir string) (path string)
		policy  pathguard.Policy
		want    string // "" for safe
	}{
		{name: "own", prepare: func(t *testing.T, dir string) string { return dir }},
		{name: "root itself", prepare: func(*testing.T, string) string { return "/" }},
		{name: "own below a sticky one", prepare: func(t *testing.T, dir string) string {
			mkdir(t, dir+"/tmp", 0o777|fs.ModeSticky)
			return mkdir(t, dir+"/tmp/own", 0o755)
		}},
		{name: "sticky", want: "everybody can create files in it", prepare: func(t *testing.T, dir string) string {
			return mkdir(t, dir+"/tmp", 0o777|fs.ModeSticky)
		}},
		{name: "sticky by policy", policy: pathguard.Policy{Sticky: true}, prepare: func(t *testing.T, dir string) string {
			return mkdir(t, dir+"/tmp", 0o777|fs.ModeSticky)
		}},
		{name: "writable for all", policy: pathguard.Policy{Sticky: true}, want: "others than its owner can replace", prepare: func(t *testing.T, dir string) string {
			return mkdir(t, dir+"/open", 0o757)
		}},
		{name: "below one writable for all", want: "/open is drwxrwxrwx", prepare: func(t *testing.T, dir string) string {
			mkdir(t, dir+"/open", 0o777)
			return mkdir(t, dir+"/open/own", 0o700)
		}},
		{name: "foreign", want: "belongs to another user", prepare: func(t *testing.T, dir string) string {
			give(t, mkdir(t, dir+"/theirs", 0o755))
			return dir + "/theirs"
		}},
		{name: "below a foreign one", want: "/theirs is drwxr-xr-x", prepare: func(t *testing.T, dir string) string {
			give(t, mkdir(t, dir+"/theirs", 0o755))
			return mkdir(t, dir+"/theirs/own", 0o700)
		}},
		{name: "foreign but trusted", policy: pathguard.Policy{Trusted: []int{strangerUID}}, prepare: func(t *testing.T, dir string) string {
			give(t, mkdir(t, dir+"/theirs", 0o755))
			return dir + "/theirs"
		}},
		{name: "own link", prepare: func(t *testing.T, dir string) string {
			mkdir(t, dir+"/real/sub", 0o755)
			must(t, os.Symlink("real", dir+"/link"))
			return dir + "/link/sub"
		}},
		{name: "foreign link", want: "/link is L", prepare: func(t *testing.T, dir string) string {
			mkdir(t, dir+"/real", 0o755)
			must(t, os.Symlink("real", dir+"/link"))
			give(t, dir+"/link")
			return dir + "/link"
		}},
		{name: "link to an open one", want: "/open is drwxrwxrwx", prepare: func(t *testing.T, dir string) string {
			mkdir(t, dir+"/open", 0o777)
			must(t, os.Symlink(dir+"/open", dir+"/link"))
			return dir + "/link"
		}},
		{name: "loop", want: "too many levels", prepare: func(t *testing.T, dir string) string {
			must(t, os.Symlink("b", dir+"/a"))
			must(t, os.Symlink("a", dir+"/b"))
			return dir + "/a"
		}},
		{name: "file", want: "not a directory", prepare: func(t *testing.T, dir string) string {
			must(t, os.WriteFile(dir+"/f", nil, 0o644))
			return dir + "/f"
		}},
		{name: "missing", want: "no such file", prepare: func(t *testing.T, dir string) string { return dir + "/gone" }},
		{name: "group's", want: "others than its owner can replace", prepare: func(t *testing.T, dir string) string {
			if os.Geteuid() != 0 {
				t.Skipf("%s needs root: an ordinary user's own group is no stranger", t.Name())
			}
			return mkdir(t, dir+"/g", 0o775)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := pathguard.Directory(tc.prepare(t, safe(t)), tc.policy)
			if tc.want == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFile(t *testing.T) {
	dir := safe(t)
	must(t, os.WriteFile(dir+"/f", nil, 0o644))
	must(t, os.WriteFile(dir+"/two", nil, 0o644))
	must(t, os.Link(dir+"/two", dir+"/names"))
	must(t, os.Symlink("f", dir+"/link"))
	must(t, unix.Mkfifo(dir+"/fifo", 0o644))
	for name, want := range map[string]string{"f": "", "two": "2 names", "link": "symbolic link", "fifo": "not a regular file", ".": "not a regular file"} {
		info, err := os.Lstat(filepath.Join(dir, name))
		must(t, err)
		err = pathguard.File(name, info, pathguard.Policy{})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestFileForeign(t *testing.T) {
	path := safe(t) + "/f"
	must(t, os.WriteFile(path, nil, 0o644))
	give(t, path)
	info, err := os.Lstat(path)
	must(t, err)
	if _, ok := errors.AsType[*pathguard.Unsafe](pathguard.File(path, info, pathguard.Policy{})); !ok {
		t.Error("a foreign file was taken")
	}
	if err := pathguard.File(path, info, pathguard.Policy{Trusted: []int{strangerUID}}); err != nil {
		t.Error(err)
	}
}

// One at a time, and a holder that does not let go is not waited for without end.
func TestLock(t *testing.T) {
	dir := safe(t)
	var holders atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			unlock, err := pathguard.Lock(dir)
			if err != nil {
				t.Error(err)
				return
			}
			if holders.Add(1) != 1 {
				t.Error("two hold the lock")
			}
			runtime.Gosched()
			holders.Add(-1)
			unlock()
		})
	}
	all.Wait()

	unlock, err := pathguard.Lock(dir)
	must(t, err)
	defer unlock()
	if second, err := pathguard.Lock(dir); err == nil {
		second()
		t.Error("the lock of a live holder was given away")
	}
}
