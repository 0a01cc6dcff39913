//go:build !linux

package sockio

import (
	"os"
	"syscall"
)

// Elsewhere the caller's read and write do it: what sendfile saves is not worth
// a third and fourth set of calling conventions.
func sendFile(syscall.RawConn, *os.File, int64, int64) (int64, bool, error) { return 0, false, nil }
