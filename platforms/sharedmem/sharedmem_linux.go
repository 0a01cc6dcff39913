package sharedmem

import (
	"fmt"
	"os"

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
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		return nil, fmt.Errorf("seal shared memory: %w", err)
	}
	mem, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map shared memory: %w", err)
	}
	return mem, nil
}

func (r *Region) close() error {
	err := unix.Munmap(r.Mem)
	r.Mem = nil
	r.File.Close()
	return err
}

func newDoorbell(blocking bool) (*Doorbell, error) {
	flags := unix.EFD_CLOEXEC | unix.EFD_SEMAPHORE
	if !blocking {
		flags |= unix.EFD_NONBLOCK
	}
	fd, err := unix.Eventfd(0, flags)
	if err != nil {
		return nil, fmt.Errorf("create doorbell: %w", err)
	}
	return &Doorbell{File: os.NewFile(uintptr(fd), "doorbell")}, nil
}
