//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package process

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// CanPassFiles tells whether the sockets of [SocketPair] carry descriptors.
const CanPassFiles = true

// firstInherited is the number of the first inherited file in the child.
const firstInherited = 3

// group is nothing of its own here: the child's number is its group's.
type group struct{}

func start(cmd *Command, std []*os.File) (*Child, error) {
	closeOnExec()
	p, err := os.StartProcess(cmd.Path, cmd.Args, &os.ProcAttr{
		Dir: cmd.Dir, Env: cmd.Env,
		Files: append(std, cmd.Inherit...),
		Sys:   attributes(),
	})
	if err != nil {
		return nil, err
	}
	return &Child{process: p}, nil
}

// closeOnExec keeps what this process itself has inherited from reaching the
// child: Go marks only what it opens.
func closeOnExec() {
	if closeRangeOnExec() {
		return
	}
	dir, err := os.Open("/dev/fd")
	if err != nil {
		return
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return
	}
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd >= firstInherited {
			unix.CloseOnExec(fd)
		}
	}
}

func (c *Child) killGroup() error { return unix.Kill(-c.process.Pid, unix.SIGKILL) }

func (c *Child) release() {}

// InheritedNumber is what the child calls f, the i-th file of Command.Inherit.
func InheritedNumber(f *os.File, i int) int { return firstInherited + i }

// SocketPair makes two connected stream sockets: one for this process, and one
// to be inherited by a child, which blocks. Neither is inherited by accident.
func SocketPair() (net.Conn, *os.File, error) {
	fds, err := socketpair()
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	child := os.NewFile(uintptr(fds[1]), "socket")
	ours := os.NewFile(uintptr(fds[0]), "socket")
	conn, err := net.FileConn(ours) // a duplicate, in non-blocking mode
	ours.Close()
	if err != nil {
		child.Close()
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return conn, child, nil
}

func exitOf(state *os.ProcessState) Exit {
	e := Exit{Code: state.ExitCode(), UserTime: state.UserTime(), SystemTime: state.SystemTime()}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.Code = -1
		e.CoreDump = ws.CoreDump()
		if e.Signal = unix.SignalName(ws.Signal()); e.Signal == "" {
			e.Signal = fmt.Sprintf("%d", int(ws.Signal()))
		}
	}
	if ru, ok := state.SysUsage().(*syscall.Rusage); ok {
		e.MaxRSS = int64(ru.Maxrss) * maxRSSUnit
	}
	return e
}
