package fds

import (
	"errors"
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

func closeOnExecAll(first int) error {
	err := unix.CloseRange(uint(first), math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL), errors.Is(err, unix.EPERM):
		return markOpen(first) // before Linux 5.11, or behind a filter of system calls
	}
	return fmt.Errorf("mark descriptors from %d on to be closed in children: %w", first, err)
}
