package logs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"modwsgi-express/core/logs"
)

// smallDisk mounts a file system of 64 KiB of which the file "filler" takes half.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("cannot mount a small disk (root may): %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 32<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fill writes more than fits and waits until that is noticed.
func fill(t *testing.T, path string, lines int, openFile func(string) (*os.File, error)) (*logs.Writer, troubles) {
	t.Helper()
	tr := make(troubles, 100)
	w := newWriter(t, logs.WriterConfig{Path: path, Open: openFile, Trouble: func(x logs.Trouble) { tr <- x }, Interval: time.Nanosecond})
	for i := range lines {
		if !w.Append([]byte(numbered(i))) {
			t.Fatalf("line %d was dropped: the bound is far off", i)
		}
	}
	if got := tr.next(t); got.Err != syscall.ENOSPC || got.Path != path || got.Dropped != 0 {
		t.Fatalf("reported %+v", got)
	}
	return w, tr
}

func TestDiskFullAndFreedAgain(t *testing.T) {
	dir := smallDisk(t)
	path := filepath.Join(dir, "log")
	w, tr := fill(t, path, 500, nil)
	if w.Flush(patience) {
		t.Error("flushed to a full disk")
	}
	if got := read(t, path); strings.HasSuffix(got, "\n") {
		t.Error("the test needs a line that the full disk cuts in two")
	}
	if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
		t.Fatal(err)
	}
	if got := tr.next(t); got.Err != nil || got.Dropped != 0 {
		t.Errorf("reported %+v", got)
	}
	w.Append([]byte(numbered(500)))
	if !w.Flush(patience) {
		t.Error("not flushed")
	}
	checkNumbered(t, read(t, path), 0, 501)
}

// TestDiskFullAndRotated: the operator moves the log to another disk. The line
// that was cut is whole in the new file and gone from the old.
func TestDiskFullAndRotated(t *testing.T) {
	path := filepath.Join(smallDisk(t), "log")
	elsewhere := filepath.Join(t.TempDir(), "log")
	var moved atomic.Bool
	w, _ := fill(t, path, 500, func(path string) (*os.File, error) {
		if moved.Load() {
			return open(elsewhere)
		}
		return open(path)
	})
	moved.Store(true)
	if err := w.Reopen(); err != nil {
		t.Fatal(err)
	}
	if err := closeIn(w, patience); err != nil {
		t.Fatal(err)
	}
	old := read(t, path)
	n := strings.Count(old, "\n")
	if n < 100 || n > 400 {
		t.Errorf("%d lines in the old file", n)
	}
	checkNumbered(t, old, 0, n)
	checkNumbered(t, read(t, elsewhere), n, 500)
}

func TestDiskFullAtTheEnd(t *testing.T) {
	path := filepath.Join(smallDisk(t), "log")
	w, tr := fill(t, path, 500, nil)
	if err := closeIn(w, patience); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	got := read(t, path)
	n := strings.Count(got, "\n")
	checkNumbered(t, got, 0, n)
	if w.Dropped() != uint64(500-n) {
		t.Errorf("%d lines written, %d dropped, 500 taken", n, w.Dropped())
	}
	for told := uint64(0); told < w.Dropped(); { // a report for each batch
		said := tr.next(t)
		if told += said.Dropped; said.Err == nil {
			t.Errorf("reported %+v", said)
		}
	}
}
