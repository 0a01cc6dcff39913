package process

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// CanPassFiles tells whether the sockets of [SocketPair] carry descriptors.
const CanPassFiles = false

// group is a job object: what the child starts belongs to it, and closing the
// last handle, which the system does when this process dies, kills them all.
type group struct{ job windows.Handle }

func onSpawner(f func()) { f() }

func start(cmd *Command, std []*os.File) (*Child, error) {
	job, err := newJob()
	if err != nil {
		return nil, err
	}
	sys := &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW}
	for _, f := range cmd.Inherit {
		sys.AdditionalInheritedHandles = append(sys.AdditionalInheritedHandles, syscall.Handle(f.Fd()))
	}
	p, err := os.StartProcess(cmd.Path, cmd.Args, &os.ProcAttr{Dir: cmd.Dir, Env: cmd.Env, Files: std, Sys: sys})
	if err != nil {
		windows.CloseHandle(job)
		return nil, err
	}
	c := &Child{process: p, group: group{job}}
	if err := c.assign(); err != nil {
		_ = p.Kill()
		_, _ = p.Wait()
		c.release()
		return nil, err
	}
	return c, nil
}

func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("create a job object: %w", err)
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
		},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		windows.CloseHandle(job)
		return 0, fmt.Errorf("set the limits of a job object: %w", err)
	}
	return job, nil
}

func (c *Child) assign() error {
	h, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(c.process.Pid))
	if err != nil {
		return fmt.Errorf("open process %d: %w", c.process.Pid, err)
	}
	defer windows.CloseHandle(h)
	if err := windows.AssignProcessToJobObject(c.group.job, h); err != nil {
		return fmt.Errorf("put process %d into its job object: %w", c.process.Pid, err)
	}
	return nil
}

func (c *Child) killGroup() error { return windows.TerminateJobObject(c.group.job, 1) }

func (c *Child) release() { windows.CloseHandle(c.group.job) }

// waitEnd returns when the child has ended. The handle that os.Process holds
// keeps its number from being used again.
func (c *Child) waitEnd() {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(c.process.Pid))
	if err != nil {
		return
	}
	defer windows.CloseHandle(h)
	_, _ = windows.WaitForSingleObject(h, windows.INFINITE)
}

// InheritedNumber is what the child calls f, the i-th file of Command.Inherit:
// handles keep their numbers.
func InheritedNumber(f *os.File, i int) int { return int(f.Fd()) }

// SocketPair makes two connected stream sockets: one for this process, and one
// to be inherited by a child, which blocks. The child's is made without the net
// package, which would tie it to this process's completion port.
func SocketPair() (net.Conn, *os.File, error) {
	ln, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	defer ln.Close()
	to := &windows.SockaddrInet4{Port: ln.Addr().(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}}
	s, err := windows.WSASocket(windows.AF_INET, windows.SOCK_STREAM, windows.IPPROTO_TCP, nil, 0, windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	child := os.NewFile(uintptr(s), "socket")
	conn, err := connect(ln, s, to)
	if err != nil {
		child.Close()
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return conn, child, nil
}

// pairTimeout bounds a connection over the loopback interface.
const pairTimeout = 5 * time.Second

// connect connects s and accepts it, and nobody else who found the port.
func connect(ln *net.TCPListener, s windows.Handle, to *windows.SockaddrInet4) (net.Conn, error) {
	if err := windows.Connect(s, to); err != nil {
		return nil, err
	}
	_ = windows.SetsockoptInt(s, windows.IPPROTO_TCP, windows.TCP_NODELAY, 1) // latency only
	own, err := windows.Getsockname(s)
	if err != nil {
		return nil, err
	}
	port := own.(*windows.SockaddrInet4).Port
	if err := ln.SetDeadline(time.Now().Add(pairTimeout)); err != nil {
		return nil, err
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return nil, err
		}
		if a := conn.RemoteAddr().(*net.TCPAddr); a.IP.IsLoopback() && a.Port == port {
			return conn, nil
		}
		conn.Close()
	}
}

func exitOf(state *os.ProcessState) Exit {
	return Exit{Code: state.ExitCode(), UserTime: state.UserTime(), SystemTime: state.SystemTime()}
}
