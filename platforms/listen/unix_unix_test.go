//go:build unix

package listen_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/listen"
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

// safe gives a directory, with a short name, that only this user can write.
func safe(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "listen")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	dir, err = filepath.EvalSymlinks(dir)
	must(t, err)
	return dir
}

// leaveStale makes a socket file that nobody serves, as a killed server does.
func leaveStale(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	must(t, err)
	l.SetUnlinkOnClose(false)
	must(t, l.Close())
}

func TestUnix(t *testing.T) {
	for _, mode := range []fs.FileMode{0, 0o600, 0o666} {
		path := filepath.Join(safe(t), "sock")
		l, err := listen.Unix(path, listen.UnixOptions{Mode: mode})
		must(t, err)
		info, err := os.Lstat(path)
		must(t, err)
		want := mode
		if mode == 0 {
			want = listen.DefaultUnixMode
		}
		if info.Mode() != fs.ModeSocket|want {
			t.Errorf("mode %v instead of %v", info.Mode(), want)
		}
		must(t, reach(t, l, "unix", path))
		must(t, l.Close())
		must(t, l.Close())
		if _, err := os.Lstat(path); err == nil {
			t.Error("the socket file is still there")
		}
	}
}

func TestUnixOwner(t *testing.T) {
	needRoot(t)
	path := filepath.Join(safe(t), "sock")
	o := listen.UnixOptions{UID: strangerUID, GID: strangerUID + 1}
	l, err := listen.Unix(path, o)
	must(t, err)
	info, err := os.Lstat(path)
	must(t, err)
	if st := info.Sys().(*syscall.Stat_t); st.Uid != strangerUID || st.Gid != strangerUID+1 {
		t.Errorf("owner %d:%d", st.Uid, st.Gid)
	}
	l.Leave()
	must(t, l.Close())
	l, err = listen.Unix(path, o) // stale, and of the user it is for
	must(t, err)
	must(t, l.Close())
}

func TestUnixReplacesStale(t *testing.T) {
	path := filepath.Join(safe(t), "sock")
	leaveStale(t, path)
	l, err := listen.Unix(path, listen.UnixOptions{})
	must(t, err)
	must(t, reach(t, l, "unix", path))
	must(t, l.Close())
}

// A file that is not the one created any more belongs to a successor.
func TestUnixLeavesOthersFile(t *testing.T) {
	path := filepath.Join(safe(t), "sock")
	l, err := listen.Unix(path, listen.UnixOptions{})
	must(t, err)
	must(t, os.Remove(path))
	successor, err := listen.Unix(path, listen.UnixOptions{})
	must(t, err)
	must(t, l.Close())
	must(t, reach(t, successor, "unix", path))
	must(t, os.Remove(path))
	must(t, successor.Close()) // gone already is fine
}

func TestUnixLive(t *testing.T) {
	path := filepath.Join(safe(t), "sock")
	l, err := listen.Unix(path, listen.UnixOptions{Options: listen.Options{Backlog: 1}})
	must(t, err)
	defer func() { _ = l.Close() }()
	for range 4 { // the last ones find the queue full
		_, err = listen.Unix(path, listen.UnixOptions{})
		checkError(t, err, listen.InUse, "cannot listen on "+path+": another server is listening", "stop the other server")
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the live server's socket: %v", err)
	}
}

// Of many that start at once over a stale socket exactly one wins.
func TestUnixRace(t *testing.T) {
	path := filepath.Join(safe(t), "sock")
	leaveStale(t, path)
	var won atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			l, err := listen.Unix(path, listen.UnixOptions{})
			if err == nil {
				won.Add(1)
				t.Cleanup(func() { _ = l.Close() })
				return
			}
			if !strings.Contains(err.Error(), "another server is listening") {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d have won", won.Load())
	}
}

// R46: what another user may have put in the place of the socket.
func TestUnixRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T, dir, secret string)
		kind    listen.Kind
		want    string
		advice  string
	}{
		{"symbolic link to a file", func(t *testing.T, d, s string) { must(t, os.Symlink(s, d+"/sock")) }, listen.Occupied, "symbolic link", "rm "},
		{"dangling link", func(t *testing.T, d, _ string) { must(t, os.Symlink("planted", d+"/sock")) }, listen.Occupied, "symbolic link", "rm "},
		{"link to a stale socket", func(t *testing.T, d, _ string) {
			leaveStale(t, d+"/real")
			must(t, os.Symlink("real", d+"/sock"))
		}, listen.Occupied, "symbolic link", "rm "},
		{"file", func(t *testing.T, d, _ string) { must(t, os.WriteFile(d+"/sock", nil, 0o600)) }, listen.Occupied, "it is not a socket", "rm "},
		{"hard link", func(t *testing.T, d, s string) { must(t, os.Link(s, d+"/sock")) }, listen.Occupied, "it is not a socket", "rm "},
		{"FIFO", func(t *testing.T, d, _ string) { must(t, unix.Mkfifo(d+"/sock", 0o600)) }, listen.Occupied, "it is not a socket", "rm "},
		{"directory", func(t *testing.T, d, _ string) { must(t, os.Mkdir(d+"/sock", 0o755)) }, listen.Occupied, "it is not a socket", "rm "},
		{"stale but foreign", func(t *testing.T, d, _ string) {
			needRoot(t)
			leaveStale(t, d+"/sock")
			must(t, os.Lchown(d+"/sock", strangerUID, strangerUID))
		}, listen.Occupied, "socket of another user", "rm "},
		{"open directory", func(t *testing.T, d, _ string) { must(t, os.Chmod(d, 0o777)) }, listen.UnsafeDir, "replace what is in it", "chmod go-w "},
		{"foreign directory", func(t *testing.T, d, _ string) {
			needRoot(t)
			must(t, os.Chown(d, strangerUID, strangerUID))
		}, listen.UnsafeDir, "belongs to another user", ""},
		{"no directory", func(t *testing.T, d, _ string) { must(t, os.Remove(d)) }, listen.Other, "no such file", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			base := safe(t)
			dir, secret := base+"/d", base+"/secret"
			must(t, os.Mkdir(dir, 0o755))
			must(t, os.WriteFile(secret, []byte("untouched"), 0o600))
			tc.prepare(t, dir, secret)
			before, _ := os.ReadDir(dir)
			there, _ := os.Lstat(dir + "/sock")
			_, err := listen.Unix(dir+"/sock", listen.UnixOptions{Mode: 0o666})
			checkError(t, err, tc.kind, tc.want, tc.advice)
			if after, _ := os.ReadDir(dir); len(after) != len(before) {
				t.Errorf("the directory has become %v", after)
			}
			if now, _ := os.Lstat(dir + "/sock"); there != nil && (now == nil || !os.SameFile(there, now) || now.Mode() != there.Mode()) {
				t.Errorf("%v has become %v", there, now)
			}
			info, err := os.Stat(secret)
			must(t, err)
			if text, err := os.ReadFile(secret); string(text) != "untouched" || info.Mode() != 0o600 {
				t.Errorf("the target has become %q, %v, %v", text, info.Mode(), err)
			}
		})
	}
}

func TestUnixPathTooLong(t *testing.T) {
	dir := safe(t)
	fits := dir + "/" + strings.Repeat("s", 103-len(dir)-1) // the smallest limit of all systems
	l, err := listen.Unix(fits, listen.UnixOptions{})
	must(t, err)
	must(t, l.Close())
	_, err = listen.Unix(dir+"/"+strings.Repeat("s", 120), listen.UnixOptions{})
	checkError(t, err, listen.PathTooLong, "of which a socket file can have 10", "shorter")
}

// A directory like /tmp will do: nobody else can replace a file there.
func TestUnixInStickyDirectory(t *testing.T) {
	dir := safe(t)
	must(t, os.Chmod(dir, 0o777|fs.ModeSticky))
	l, err := listen.Unix(dir+"/sock", listen.UnixOptions{})
	must(t, err)
	must(t, l.Close())
}
