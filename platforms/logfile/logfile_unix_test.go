//go:build unix

package logfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/logfile"
	"modwsgi-express/platforms/pathguard"
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

func appendLine(t *testing.T, path string, o logfile.Options, line string) {
	t.Helper()
	f, err := logfile.Open(path, o)
	must(t, err)
	_, err = fmt.Fprintln(f, line)
	must(t, errors.Join(err, f.Close()))
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "error.log")
	appendLine(t, path, logfile.Options{}, "one")
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode() != logfile.DefaultMode {
		t.Errorf("mode %v", info.Mode())
	}
	must(t, os.Chmod(path, 0o604))
	appendLine(t, path, logfile.Options{Mode: 0o666}, "two")
	text, err := os.ReadFile(path)
	must(t, err)
	if string(text) != "one\ntwo\n" {
		t.Errorf("got %q", text)
	}
	if info, err = os.Stat(path); err != nil || info.Mode() != 0o604 {
		t.Errorf("the mode of an existing file has become %v, %v", info.Mode(), err)
	}
}

func TestOpenIsClosedOnExec(t *testing.T) {
	f, err := logfile.Open(filepath.Join(t.TempDir(), "log"), logfile.Options{})
	must(t, err)
	defer func() { _ = f.Close() }()
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("flags %#x, %v", flags, err)
	}
	status, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil || status&unix.O_NONBLOCK != 0 || status&unix.O_APPEND == 0 {
		t.Errorf("status %#x, %v", status, err)
	}
}

// R46: what may lie in the place of a log, and must not be written to.
func TestOpenRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T, dir, secret string) // makes dir/log
		want    string
		hint    string
	}{
		{"symbolic link", func(t *testing.T, dir, secret string) { must(t, os.Symlink(secret, dir+"/log")) }, "", "rm "},
		{"dangling link", func(t *testing.T, dir, _ string) { must(t, os.Symlink("planted", dir+"/log")) }, "", "rm "},
		{"hard link", func(t *testing.T, dir, secret string) { must(t, os.Link(secret, dir+"/log")) }, "2 names", "rm "},
		{"FIFO without a reader", func(t *testing.T, dir, _ string) { must(t, unix.Mkfifo(dir+"/log", 0o666)) }, "", "rm "},
		{"FIFO with a reader", func(t *testing.T, dir, _ string) {
			must(t, unix.Mkfifo(dir+"/log", 0o666))
			r, err := os.OpenFile(dir+"/log", os.O_RDONLY|syscall.O_NONBLOCK, 0)
			must(t, err)
			t.Cleanup(func() { _ = r.Close() })
		}, "not a regular file", "rm "},
		{"socket", func(t *testing.T, dir, _ string) {
			l, err := net.Listen("unix", dir+"/log")
			must(t, err)
			t.Cleanup(func() { _ = l.Close() })
		}, "", "rm "},
		{"directory", func(t *testing.T, dir, _ string) { must(t, os.Mkdir(dir+"/log", 0o755)) }, "is a directory", ""},
		{"no directory", func(t *testing.T, dir, _ string) { must(t, os.RemoveAll(dir)) }, "no such file", "mkdir -p "},
		{"foreign file, as root", func(t *testing.T, dir, _ string) {
			needRoot(t)
			must(t, os.WriteFile(dir+"/log", nil, 0o666))
			must(t, os.Chown(dir+"/log", strangerUID, strangerUID))
		}, "belongs to another user", "rm "},
		{"foreign directory, as root", func(t *testing.T, dir, _ string) {
			needRoot(t)
			must(t, os.Chown(dir, strangerUID, strangerUID))
		}, "belongs to another user", "such as /var/log"},
		{"open directory, as root", func(t *testing.T, dir, _ string) { needRoot(t); must(t, os.Chmod(dir, 0o777)) }, "replace what is in it", "chmod go-w "},
		{"sticky directory, as root", func(t *testing.T, dir, _ string) {
			needRoot(t)
			must(t, os.Chmod(dir, 0o777|fs.ModeSticky))
		}, "everybody can create files", "such as /var/log"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, secret := filepath.Join(t.TempDir(), "logs"), filepath.Join(t.TempDir(), "secret")
			must(t, os.Mkdir(dir, 0o755))
			must(t, os.WriteFile(secret, []byte("untouched"), 0o600))
			tc.prepare(t, dir, secret)
			f, err := logfile.Open(dir+"/log", logfile.Options{UID: strangerUID + 1})
			if err == nil {
				_ = f.Close()
				t.Fatal("it was opened")
			}
			r, ok := errors.AsType[*pathguard.Refusal](err)
			if !ok || !strings.HasPrefix(r.Error(), "cannot open log file "+dir+"/log: ") || !strings.Contains(r.Error(), tc.want) {
				t.Errorf("got %v", err)
			} else if !strings.Contains(r.Advice(), tc.hint) {
				t.Errorf("hint %q", r.Advice())
			}
			info, err := os.Stat(secret)
			must(t, err)
			text, err := os.ReadFile(secret)
			if err != nil || string(text) != "untouched" || info.Mode() != 0o600 {
				t.Errorf("the target has become %q, %v, %v", text, info.Mode(), err)
			}
			if _, err := os.Lstat(dir + "/planted"); err == nil {
				t.Error("the target of the dangling link was created")
			}
		})
	}
}

// The way that survives rotation after the drop: the file is the user's, the
// directory root's.
func TestOpenGivesTheFileAway(t *testing.T) {
	needRoot(t)
	path := filepath.Join(t.TempDir(), "log")
	o := logfile.Options{UID: strangerUID, GID: strangerUID + 1, Mode: 0o600}
	for range 2 { // created, then found
		appendLine(t, path, o, "line")
		info, err := os.Stat(path)
		must(t, err)
		st := info.Sys().(*syscall.Stat_t)
		if st.Uid != strangerUID || st.Gid != strangerUID+1 || info.Mode() != 0o600 {
			t.Errorf("owner %d:%d, mode %v", st.Uid, st.Gid, info.Mode())
		}
	}
}

func TestOpenDevices(t *testing.T) {
	appendLine(t, os.DevNull, logfile.Options{}, "nothing")
	f, err := logfile.Open("/dev/stderr", logfile.Options{})
	must(t, err)
	defer func() { _ = f.Close() }()
	want, err := os.Stderr.Stat()
	must(t, err)
	got, err := f.Stat()
	must(t, err)
	if !os.SameFile(want, got) || f.Fd() == 2 {
		t.Errorf("descriptor %d is not a copy of standard error", f.Fd())
	}
}
