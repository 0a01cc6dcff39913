package logfile_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/logfile"
)

func TestOpenRefusesDevice(t *testing.T) {
	needRoot(t)
	path := t.TempDir() + "/log"
	must(t, unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3)))) // a null device
	f, err := logfile.Open(path, logfile.Options{})
	if err == nil {
		_ = f.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}
