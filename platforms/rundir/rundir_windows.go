package rundir

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"

	"modwsgi-express/platforms/pathguard"
)

const (
	homeVariable = "LOCALAPPDATA"
	homeCache    = ""
	systemRun    = "" // a service has a profile of its own
	openQuietly  = 0
)

func checkDir(path string, info fs.FileInfo, _ int) error {
	if !info.IsDir() {
		return &pathguard.Unsafe{Path: path, Mode: info.Mode(), Reason: "it is not a directory"}
	}
	return nil
}

// errLocked means that another process holds the lock.
var errLocked = errors.New("locked")

// lockFile locks one byte far behind the content: locks keep others from
// reading on Windows.
func lockFile(f *os.File, shared bool) error {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errLocked
	}
	return err
}
