package sharedmem

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

func newRegion(name string, size int) (*Region, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("create shared memory: %w: %w", ErrUnsupported, err)
	}
	f := os.NewFile(uintptr(fd), name)
	mem, err := prepare(fd, size)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Region{Mem: mem, File: f}, nil
}

func prepare(fd, size int) ([]byte, error) {
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		return nil, fmt.Errorf("size shared memory: %w", err)
	}
	if err := seal(fd, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW); err != nil {
		return nil, err
	}
	mem, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map shared memory: %w", err)
	}
	return mem, nil
}

func openRegion(f *os.File, size int) (*Region, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open shared memory: %w", err)
	}
	mem, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("map shared memory: %w", err)
	}
	return &Region{Mem: mem, File: os.NewFile(uintptr(fd), f.Name())}, nil
}

func seal(fd, seals int) error {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals|unix.F_SEAL_SEAL); err != nil {
		return fmt.Errorf("seal shared memory: %w", err)
	}
	return nil
}

func (r *Region) close() error {
	err := unix.Munmap(r.Mem)
	r.Mem = nil
	r.File.Close()
	return err
}

const futexWake = 1 // FUTEX_WAKE, of threads of any process

func (r *Region) wake(offset, n int) error {
	_ = r.Mem[offset+3]
	// Never waits, so the scheduler need not know.
	if _, _, errno := unix.RawSyscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&r.Mem[offset])), futexWake, uintptr(n)); errno != 0 {
		return fmt.Errorf("wake waiting threads: %w", errno)
	}
	return nil
}

// memfdExec is MFD_EXEC of Linux 6.3: without it, a system may be set to make
// files that cannot be executed.
const memfdExec = 0x10

func newSealedFile(name string, content []byte) (*os.File, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|memfdExec)
	if errors.Is(err, unix.EINVAL) {
		fd, err = unix.MemfdCreate(name, flags)
	}
	if err != nil {
		return nil, fmt.Errorf("create a file in memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err = f.Write(content); err == nil {
		err = seal(fd, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("fill a file in memory: %w", err)
	}
	return f, nil
}

func newDoorbell() (*os.File, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("create doorbell: %w", err)
	}
	return os.NewFile(uintptr(fd), "doorbell"), nil
}

// emptied resets the number of a doorbell, and tells whether it had been rung.
func emptied(fd uintptr) bool {
	var number [8]byte
	for {
		n, err := unix.Read(int(fd), number[:])
		if err != unix.EINTR {
			return n == len(number)
		}
	}
}
