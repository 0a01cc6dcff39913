//go:build unix

package listen

import "golang.org/x/sys/unix"

func relisten(fd uintptr, backlog int) error { return unix.Listen(int(fd), backlog) }

func isWindowsInUse(error) bool { return false }
