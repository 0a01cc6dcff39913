package listen

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"modwsgi-express/platforms/pathguard"
)

// Kind is why it cannot be listened on an address.
type Kind uint8

// The kinds of errors.
const (
	Other         Kind = iota
	InUse              // another process listens there; PID and Name if they can be seen
	NotPermitted       // a port for root, or a directory that this user cannot write
	NoSuchAddress      // no interface of this machine has the address
	BadAddress         // the address cannot be understood or found
	PathTooLong        // for a socket file
	Occupied           // what is at the path of a socket file is not a stale socket of ours
	UnsafeDir          // others could replace the socket file
)

// An Error says on what it cannot be listened, and why.
type Error struct {
	Address string
	Kind    Kind
	Port    int    // the TCP port, 0 for others
	PID     int    // of the process that listens there, 0 if unknown
	Name    string // of that process
	Err     error
	hint    string
}

// Error is for instance "cannot listen on 127.0.0.1:8000: port is in use by
// pid 123 (python3)".
func (e *Error) Error() string {
	return fmt.Sprintf("cannot listen on %s: %s", e.Address, e.reason())
}

func (e *Error) reason() string {
	switch {
	case e.Kind == InUse && e.Port > 0 && e.PID > 0:
		return fmt.Sprintf("port is in use by pid %d (%s)", e.PID, e.Name)
	case e.Kind == InUse && e.Port > 0:
		return "port is in use by another process"
	case e.Kind == InUse:
		return "another server is listening"
	case e.Kind == NotPermitted && e.Port > 0:
		return fmt.Sprintf("port %d needs root or the capability to bind it", e.Port)
	case e.Kind == NoSuchAddress:
		return "no network interface of this machine has this address"
	}
	return e.Err.Error()
}

// Unwrap gives the error of the system.
func (e *Error) Unwrap() error { return e.Err }

// Advice says what to do about it; it may be empty.
func (e *Error) Advice() string {
	switch {
	case e.hint != "":
		return e.hint
	case e.Kind == InUse && e.PID > 0:
		return fmt.Sprintf("stop that process (kill %d), or choose another port", e.PID)
	case e.Kind == InUse:
		return "stop the other server, or choose another address"
	case e.Kind == NoSuchAddress:
		return "use 127.0.0.1 for this machine only, 0.0.0.0 or [::] for all its addresses"
	case e.Kind == BadAddress:
		return "write HOST:PORT, for instance 127.0.0.1:8000, [::1]:8000 or *:8000"
	}
	return ""
}

// explain finds the kind of an error of the system.
func explain(address string, port int, err error) *Error {
	e := &Error{Address: address, Port: port, Err: err}
	switch {
	case errors.Is(err, syscall.EADDRINUSE), isWindowsInUse(err):
		e.Kind = InUse
		e.PID, e.Name = listenerOf(port)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		e.Kind = NotPermitted
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		e.Kind = NoSuchAddress
	case errors.Is(err, errAddress):
		e.Kind = BadAddress
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		e.Kind = BadAddress
		if errors.Is(err, errNoNetwork) {
			e.Err = errNoNetwork
		}
	}
	if u, ok := errors.AsType[*pathguard.Unsafe](err); ok {
		e.Kind = UnsafeDir
		if u.Fix != "" {
			e.hint = "type: " + u.Fix
		}
	}
	return e
}
