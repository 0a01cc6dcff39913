package listen

import (
	"errors"

	"golang.org/x/sys/windows"
)

// relisten: Windows fails a second listen; its backlog is package net's, the
// largest there is.
func relisten(uintptr, int) error { return nil }

func isWindowsInUse(err error) bool { return errors.Is(err, windows.WSAEADDRINUSE) }
