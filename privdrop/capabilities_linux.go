package privdrop

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxCapability is the number of bits in a capability set; the kernel says
// EINVAL for the first one that it does not know.
const maxCapability = 64

// prctl calls it on every thread.
func prctl(option, arg2, arg3 uintptr) error {
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, option, arg2, arg3, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// noNewPrivs reports an error unless the flag is set on every thread.
func noNewPrivs() error {
	set, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("ask for no_new_privs: %w", errno)
	}
	if set != 1 {
		return errors.New("no_new_privs is not set")
	}
	return nil
}

// keepNothing turns keepcaps off. The flag may be locked; then being off
// already is as good.
func keepNothing() error {
	err := prctl(unix.PR_SET_KEEPCAPS, 0, 0)
	if errors.Is(err, unix.EPERM) {
		if kept, getErr := unix.PrctlRetInt(unix.PR_GET_KEEPCAPS, 0, 0, 0, 0); getErr == nil && kept == 0 {
			return nil
		}
	}
	return err
}

// emptyBounding takes every capability out of the bounding set.
func emptyBounding() error {
	for c := range uintptr(maxCapability) {
		err := prctl(unix.PR_CAPBSET_DROP, c, 0)
		if errors.Is(err, unix.EINVAL) && c > unix.CAP_SETPCAP {
			return nil // the kernel knows no more
		}
		if err != nil {
			return fmt.Errorf("capability %d: %w", c, err)
		}
	}
	return nil
}

// clearAmbient empties the ambient set. Kernels before 4.3 have none and say
// EINVAL.
func clearAmbient() error {
	err := prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0)
	if errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

// emptyCapabilities empties the inheritable, permitted and effective sets of
// every thread.
func emptyCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3} // pid 0: the calling thread
	var none [2]unix.CapUserData
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// boundingLeft gives what will have to stay in the bounding set: nothing if
// the process may change the set, else all of it, as in a container whose root
// was given few capabilities. With no_new_privs the set has nothing to bound,
// so this is reported and not refused.
func boundingLeft() (uint64, error) {
	st, err := selfStatus()
	if err != nil {
		return 0, err
	}
	if st.caps[capEffective]&(1<<unix.CAP_SETPCAP) != 0 && IsRoot() {
		return 0, nil
	}
	return st.caps[capBounding], nil
}
