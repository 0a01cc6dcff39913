package sharedmem_test

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"modwsgi-express/platforms/sharedmem"
)

func region(t *testing.T) *sharedmem.Region {
	t.Helper()
	r, err := sharedmem.NewRegion("test", 8192)
	if errors.Is(err, sharedmem.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestRegionIsShared(t *testing.T) {
	r := region(t)
	other, err := sharedmem.OpenRegion(r.File, 8192)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	copy(r.Mem[5000:], "hello")
	if got := string(other.Mem[5000:5005]); got != "hello" {
		t.Errorf("the other side sees %q", got)
	}
	if err := r.Wake(4, 1); err != nil {
		t.Errorf("wake nobody: %v", err)
	}
}

// TestRegionKeepsItsSize: a peer that made it smaller would end us by SIGBUS.
func TestRegionKeepsItsSize(t *testing.T) {
	r := region(t)
	for _, size := range []int64{0, 4096, 1 << 20} {
		if err := r.File.Truncate(size); err == nil {
			t.Errorf("the region could be resized to %d bytes", size)
		}
	}
	r.Mem[8191] = 1
}

func TestSealedFile(t *testing.T) {
	region(t) // skips
	content := bytes.Repeat([]byte("library"), 1000)
	f, err := sharedmem.NewSealedFile("test", content)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("x"), 0); err == nil {
		t.Error("the file can be written to")
	}
	if err := f.Truncate(10); err == nil {
		t.Error("the file can be cut")
	}
	got := make([]byte, len(content))
	if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the file has another content (%v)", err)
	}
}

func TestDoorbell(t *testing.T) {
	region(t) // skips
	bell, err := sharedmem.NewDoorbell()
	if err != nil {
		t.Fatal(err)
	}
	never := func() bool { return false }
	if err := bell.Wait(func() bool { return true }); err != nil {
		t.Errorf("ready: %v", err)
	}
	for range 3 {
		rung := make(chan error)
		if err := bell.Wait(func() bool {
			go func() { _, err := bell.File.Write([]byte{7: 0, 0: 1}); rung <- err }()
			return false
		}); err != nil {
			t.Errorf("rung: %v", err)
		}
		if err := <-rung; err != nil {
			t.Fatal(err)
		}
	}
	if err := bell.SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := bell.Wait(never); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	if err := bell.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- bell.Wait(never) }()
	bell.Close()
	if err := <-ended; err == nil {
		t.Error("the wait for a closed bell ended without an error")
	}
}
