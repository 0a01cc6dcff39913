package ring_test

import (
	"encoding/binary"
	"errors"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"modwsgi-express/core/ring"
	"modwsgi-express/platforms/sharedmem"
)

// patience bounds every wait of these tests; it is no measure of anything.
const patience = 60 * time.Second

// Offsets and values as the package comment has them, not as the package does.
const (
	submitted, taken, completed, asleep = 64, 128, 192, 320

	state, environBytes, bodyBytes, thread, first, headBytes, replyBytes, second = 0, 8, 12, 20, 24, 28, 32, 36

	slotSize, capacity = 64 << 10, 24 << 10
)

// peer is the worker's end of a ring in the hands of the test, which does with it
// what a real worker would not.
type peer struct {
	tb    testing.TB
	ring  *ring.Ring
	mem   []byte
	slots uint32
	first uint32
}

func newRing(tb testing.TB, threads, slots int) (*ring.Ring, *peer) {
	tb.Helper()
	r, err := ring.New(threads, slots)
	if errors.Is(err, sharedmem.ErrUnsupported) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Close)
	file, _ := r.Files()
	region, err := sharedmem.OpenRegion(file, r.Size())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { region.Close() })
	p := &peer{tb: tb, ring: r, mem: region.Mem}
	p.slots, p.first = binary.LittleEndian.Uint32(p.mem[12:]), binary.LittleEndian.Uint32(p.mem[24:])
	return r, p
}

func (p *peer) word(at int) *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&p.mem[at])) }
func (p *peer) slot(n uint32) int          { return int(p.first) + int(n)*slotSize }

// tryClaim claims the next request, without waiting.
func (p *peer) tryClaim(index uint32) (uint32, bool) {
	for at := p.word(taken).Load(); at != p.word(submitted).Load(); {
		n := p.word(512 + 4*int(at&(p.slots-1))).Load()
		at++
		p.word(taken).Store(at)
		word := p.word(p.slot(n) + state)
		if was := word.Load(); was&3 == 1 && word.CompareAndSwap(was, was&^3|2) {
			p.word(p.slot(n) + thread).Store(index)
			return n, true
		}
	}
	return 0, false
}

// claim waits for a request.
func (p *peer) claim(index uint32) uint32 {
	p.tb.Helper()
	for end := time.Now().Add(patience); ; {
		if n, ok := p.tryClaim(index); ok {
			return n
		}
		if time.Now().After(end) {
			p.tb.Fatal("no request came")
		}
		time.Sleep(10 * time.Microsecond)
	}
}

// request is what lies in a slot.
func (p *peer) request(n uint32) (environ, body string) {
	at := p.slot(n)
	e := int(binary.LittleEndian.Uint32(p.mem[at+environBytes:]))
	b := int(binary.LittleEndian.Uint32(p.mem[at+bodyBytes:]))
	return string(p.mem[at+64 : at+64+e]), string(p.mem[at+64+e : at+64+e+b])
}

// write puts a response into a slot.
func (p *peer) write(n uint32, kind uint32, head, body string) {
	at := p.slot(n)
	copy(p.mem[at+64+capacity:], head+body)
	binary.LittleEndian.PutUint32(p.mem[at+headBytes:], uint32(len(head)))
	binary.LittleEndian.PutUint32(p.mem[at+replyBytes:], uint32(len(body)))
	binary.LittleEndian.PutUint32(p.mem[at+first:], kind)
}

func (p *peer) done(n uint32) {
	word := p.word(p.slot(n) + state)
	word.Store(word.Load()&^3 | 3)
}

// push puts an entry into the completion ring.
func (p *peer) push(n uint32) {
	at := p.word(completed).Load()
	p.word(512 + 4*int(p.slots) + 4*int(at&(2*p.slots-1))).Store(n)
	p.word(completed).Store(at + 1)
}

// bell wakes the front if it sleeps, and tells whether it did.
func (p *peer) bell() bool {
	if !p.word(asleep).CompareAndSwap(1, 0) {
		return false
	}
	_, bell := p.ring.Files()
	if _, err := bell.Write([]byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		p.tb.Logf("ring the front: %v", err) // it may be closed by now
	}
	return true
}

func (p *peer) complete(n uint32, head, body string) {
	p.write(n, 1, head, body)
	p.done(n)
	p.push(n)
	p.bell()
}

// publish puts a request into a place.
func publish(tb testing.TB, place *ring.Place, environ, body string) {
	tb.Helper()
	dst, err := place.Begin()
	if err != nil {
		tb.Fatal(err)
	}
	_ = append(append(dst, environ...), body...)
	place.Publish(1, len(environ), len(body), false)
}

func wait(tb testing.TB, place *ring.Place) ring.Reply {
	tb.Helper()
	reply := place.Wait(time.Now().Add(patience))
	if reply.Err != nil && !errors.As(reply.Err, &breach) && reply.Err.Error() == "i/o timeout" {
		tb.Fatal("no reply came")
	}
	return reply
}
