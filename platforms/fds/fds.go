// Package fds looks after the descriptors that a process was started with.
//
//	0 1 2      have to be open: else the first file opened becomes standard error
//	3 ...      inherited: closed, unless they were passed on purpose
//	limit      raised, as a server holds one descriptor a connection
//
// All functions do nothing on Windows, where only handles named at the start
// of a process are inherited.
package fds

// EnsureStandard opens the null device for each of the descriptors 0, 1 and 2
// that is closed.
func EnsureStandard() error { return ensureStandard() }

// CloseInherited closes the descriptors from 3 on that this process was
// started with, but for those in keep, and gives the numbers it closed. Those
// in keep do not pass on to its children by themselves. Descriptors that
// were opened since are known by their close-on-exec flag, which Go sets on
// all, and stay.
func CloseInherited(keep ...int) (closed []int, err error) { return closeInherited(keep) }

// CloseOnExecAll marks every descriptor from first on to be closed in children.
// Call it before starting children; descriptors for them are passed by number
// (exec.Cmd.ExtraFiles).
func CloseOnExecAll(first int) error { return closeOnExecAll(first) }

// RaiseLimit raises the limit of open descriptors to at least want if the
// process may, else as far as the hard limit goes, and gives the limit in
// force. 0 asks for what the hard limit allows.
func RaiseLimit(want uint64) (limit uint64, err error) { return raiseLimit(want) }
