package ring_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"modwsgi-express/core/lane"
)

var breach *lane.ProtocolError

func TestWhole(t *testing.T) {
	r, p := newRing(t, 2, 2)
	place := r.Places()[1]
	for range 10 { // places are used again
		publish(t, place, "environ", "body")
		n := p.claim(1)
		if e, b := p.request(n); n != 1 || e != "environ" || b != "body" {
			t.Fatalf("slot %d has %q and %q", n, e, b)
		}
		if got := place.Thread(); got != 1 {
			t.Errorf("claimed by thread %d, expected 1", got)
		}
		p.complete(n, "200 OK", "hello")
		reply := wait(t, place)
		if reply.Err != nil || reply.Early || reply.OverLane || string(reply.Head) != "200 OK" || string(reply.Body) != "hello" {
			t.Fatalf("reply %+v", reply)
		}
		place.Free()
		if got := place.Thread(); got != -1 {
			t.Errorf("thread %d has a free place", got)
		}
	}
}

func TestEarly(t *testing.T) {
	cases := []struct {
		name     string
		second   uint32
		together bool // both answers before the front looks
	}{{"finished", 1, false}, {"finished at once", 1, true}, {"goes on over the lane", 2, false}, {"goes on at once", 2, true}}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, p := newRing(t, 1, 2)
			place := r.Places()[0]
			publish(t, place, "e", "")
			n := p.claim(0)
			p.write(n, 3, "200 OK", "hello")
			p.push(n)
			if !c.together {
				p.bell()
				if reply := wait(t, place); !reply.Early || string(reply.Body) != "hello" {
					t.Fatalf("first reply %+v", reply)
				}
			}
			binary.LittleEndian.PutUint32(p.mem[p.slot(n)+second:], c.second)
			if c.second == 1 {
				p.done(n)
			}
			p.push(n)
			p.bell()
			if c.together {
				if reply := wait(t, place); !reply.Early || string(reply.Body) != "hello" {
					t.Fatalf("first reply %+v", reply)
				}
			}
			if reply := wait(t, place); reply.Err != nil || reply.Early || reply.OverLane != (c.second == 2) {
				t.Fatalf("second reply %+v", reply)
			}
			place.Free()
		})
	}
}

// TestHeldBack: the front takes an answer that nobody rings for while a request is
// unclaimed, which is when a worker holds it back.
func TestHeldBack(t *testing.T) {
	r, p := newRing(t, 1, 2)
	publish(t, r.Places()[0], "a", "")
	publish(t, r.Places()[1], "b", "")
	n := p.claim(0)
	p.write(n, 1, "200 OK", "")
	p.done(n)
	p.push(n)
	if reply := wait(t, r.Places()[n]); reply.Err != nil {
		t.Fatal(reply.Err)
	}
	// … also if the thread goes on with the other one right after the answer.
	m := p.claim(0)
	p.complete(m, "200 OK", "")
	if reply := wait(t, r.Places()[m]); reply.Err != nil {
		t.Fatal(reply.Err)
	}
}

// TestOutOfTime: the place stays taken until the answer is there.
func TestOutOfTime(t *testing.T) {
	r, p := newRing(t, 1, 2)
	place := r.Places()[0]
	publish(t, place, "a", "")
	n := p.claim(0)
	if reply := place.Wait(time.Now()); !errors.Is(reply.Err, os.ErrDeadlineExceeded) {
		t.Fatalf("reply %+v", reply)
	}
	p.complete(n, "200 OK", "")
	if reply := wait(t, place); reply.Err != nil {
		t.Fatal(reply.Err)
	}
	place.Free()
}

// TestRevoke: of a claim and a revocation at the same moment exactly one wins.
func TestRevoke(t *testing.T) {
	r, p := newRing(t, 1, 4)
	place := r.Places()[2]
	revoked, answered := 0, 0
	for range 20_000 {
		publish(t, place, "e", "")
		claimed := make(chan bool)
		go func() {
			n, ok := p.tryClaim(0)
			if ok {
				p.complete(n, "200 OK", "")
			}
			claimed <- ok
		}()
		if rand.IntN(2) == 0 {
			for range rand.IntN(200) {
				_ = place.Thread()
			}
		}
		won := place.Revoke()
		if lost := <-claimed; won == lost {
			t.Fatalf("revoked %v, claimed %v", won, lost)
		}
		if won {
			revoked++
			continue
		}
		answered++
		if reply := wait(t, place); reply.Err != nil {
			t.Fatal(reply.Err)
		}
		if place.Revoke() {
			t.Fatal("an answered request could be revoked")
		}
		place.Free()
	}
	t.Logf("%d revoked, %d answered", revoked, answered)
}

// TestBreaches: what no worker of ours does ends the ring; one request is told why,
// the others that their worker is gone, and those nobody has claimed that another
// worker may have them.
func TestBreaches(t *testing.T) {
	set := func(p *peer, n uint32, at int, v uint32) { binary.LittleEndian.PutUint32(p.mem[p.slot(n)+at:], v) }
	answer := func(change func(p *peer, n uint32)) func(*peer, uint32) {
		return func(p *peer, n uint32) {
			p.write(n, 1, "200 OK", "")
			p.done(n)
			change(p, n)
			p.push(n)
		}
	}
	cases := map[string]func(p *peer, n uint32){
		"slot that is none":        func(p *peer, n uint32) { p.push(1000) },
		"slot without a request":   func(p *peer, n uint32) { p.push(3) },
		"too many completions":     func(p *peer, n uint32) { p.word(completed).Add(100) },
		"completions taken back":   func(p *peer, n uint32) { p.word(completed).Add(^uint32(0)) },
		"answered twice":           func(p *peer, n uint32) { p.write(n, 1, "", ""); p.done(n); p.push(n); p.push(n) },
		"no kind":                  answer(func(p *peer, n uint32) { set(p, n, first, 0) }),
		"unknown kind":             answer(func(p *peer, n uint32) { set(p, n, first, 77) }),
		"not done":                 answer(func(p *peer, n uint32) { p.word(p.slot(n)).Add(^uint32(0)) }),
		"of another use":           answer(func(p *peer, n uint32) { p.word(p.slot(n)).Add(4) }),
		"over lane, but done":      answer(func(p *peer, n uint32) { set(p, n, first, 2) }),
		"head too large":           answer(func(p *peer, n uint32) { set(p, n, headBytes, 1<<20) }),
		"body too large":           answer(func(p *peer, n uint32) { set(p, n, replyBytes, slotSize) }),
		"sum that wraps":           answer(func(p *peer, n uint32) { set(p, n, headBytes, 1<<31); set(p, n, replyBytes, 1<<31) }),
		"early twice":              func(p *peer, n uint32) { p.write(n, 3, "", ""); set(p, n, second, 3); p.push(n); p.push(n) },
		"finished, but not done":   func(p *peer, n uint32) { p.write(n, 3, "", ""); set(p, n, second, 1); p.push(n); p.push(n) },
		"over the lane of nobody":  func(p *peer, n uint32) { p.write(n, 2, "", ""); set(p, n, thread, 99); p.push(n) },
		"early, then unknown kind": func(p *peer, n uint32) { p.write(n, 3, "", ""); set(p, n, second, 9); p.push(n); p.push(n) },
	}
	for name, play := range cases {
		t.Run(name, func(t *testing.T) {
			r, p := newRing(t, 2, 4)
			places := r.Places()
			publish(t, places[0], "a", "")
			n := p.claim(0)
			publish(t, places[1], "b", "")
			play(p, n)
			p.bell()
			var errs []error
			for _, place := range places[:2] {
				reply := wait(t, place)
				for reply.Err == nil && reply.Early {
					reply = wait(t, place)
				}
				if reply.Err != nil {
					errs = append(errs, reply.Err)
				} else if reply.Head == nil && !reply.OverLane {
					t.Errorf("reply %+v", reply)
				}
				if reply.Unseen && place == places[0] {
					t.Error("a request that was claimed is said to be unseen")
				}
				place.Free()
			}
			_, err := places[2].Begin()
			errs = append(errs, err)
			told := 0
			for _, err := range errs {
				switch {
				case errors.As(err, &breach):
					told++
				case !errors.Is(err, lane.ErrWorkerGone):
					t.Errorf("error %v", err)
				}
			}
			if told != 1 {
				t.Errorf("%d of %v are told of the breach, expected one", told, errs)
			}
		})
	}
}

// TestDeath: what was answered before is delivered, what was claimed is lost, and
// what was not can be given to another worker.
func TestDeath(t *testing.T) {
	r, p := newRing(t, 3, 4)
	places := r.Places()
	for _, place := range places[:3] {
		publish(t, place, "e", "")
	}
	answered, lost := p.claim(0), p.claim(1)
	p.write(answered, 1, "200 OK", "hello")
	p.done(answered)
	p.push(answered)
	r.Close()
	if reply := wait(t, places[answered]); reply.Err != nil || string(reply.Body) != "hello" {
		t.Errorf("answered before: %+v", reply)
	}
	if reply := wait(t, places[lost]); !errors.Is(reply.Err, lane.ErrWorkerGone) || reply.Unseen {
		t.Errorf("claimed before: %+v", reply)
	}
	if reply := wait(t, places[2]); !errors.Is(reply.Err, lane.ErrWorkerGone) || !reply.Unseen {
		t.Errorf("not claimed: %+v", reply)
	}
	for _, place := range places[:3] {
		place.Free()
	}
	if _, err := places[3].Begin(); !errors.Is(err, lane.ErrWorkerGone) {
		t.Errorf("publish after the death: %v", err)
	}
}

// TestHostile: a worker that writes anything anywhere, at any time, at worst loses
// its requests. Another worker's are not touched, and nothing faults.
func TestHostile(t *testing.T) {
	honest, p := newRing(t, 1, 2)
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !stop.Load() {
			if n, ok := p.tryClaim(0); ok {
				environ, body := p.request(n)
				p.complete(n, environ, body)
			}
		}
	})
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	for round := range rounds {
		r, evil := newRing(t, 4, 8)
		wg.Go(func() { attack(evil, &stop, rand.New(rand.NewPCG(uint64(round), 1))) })
		for i, place := range r.Places() {
			if dst, err := place.Begin(); err == nil {
				_ = append(dst, "environ"...)
				place.Publish(uint32(i+1), 7, 0, false)
				_ = place.Thread()
			}
		}
		place := honest.Places()[round%2]
		token := string(binary.LittleEndian.AppendUint64(nil, rand.Uint64()))
		publish(t, place, token, token)
		if reply := wait(t, place); reply.Err != nil || string(reply.Head) != token || string(reply.Body) != token {
			t.Fatalf("the honest worker's reply: %+v", reply)
		}
		place.Free()
		stop.Store(round == rounds-1)
		r.Close()
	}
	stop.Store(true)
	wg.Wait()
}

// attack writes random numbers to random places, often to those that matter.
func attack(p *peer, stop *atomic.Bool, random *rand.Rand) {
	for range 2000 {
		if stop.Load() {
			return
		}
		at := 4 * random.IntN(len(p.mem)/4)
		switch random.IntN(4) {
		case 0:
			at = 4 * random.IntN(1024)
		case 1:
			at = p.slot(uint32(random.IntN(int(p.slots)))) + 4*random.IntN(16)
		case 2:
			p.word(completed).Add(1)
		}
		value := random.Uint32()
		if random.IntN(2) == 0 {
			value %= 16
		}
		p.word(at).Store(value)
		p.bell()
	}
}

// FuzzAnswers: whatever a worker's slot and completion ring say, there is a reply
// or an error, and the views lie inside the slot.
func FuzzAnswers(f *testing.F) {
	f.Add(uint32(1), uint32(0), uint32(1), uint32(6), uint32(5), uint32(0), uint32(7))
	f.Add(uint32(1), uint32(0), uint32(3), uint32(0), uint32(0), uint32(2), uint32(6))
	f.Fuzz(func(t *testing.T, entries, slot, kind, head, body, later, word uint32) {
		r, p := newRing(t, 1, 2)
		place := r.Places()[0]
		publish(t, place, "e", "")
		n := p.claim(0)
		at := p.slot(n)
		for off, v := range map[int]uint32{first: kind, headBytes: head, replyBytes: body, second: later} {
			binary.LittleEndian.PutUint32(p.mem[at+off:], v)
		}
		p.word(at).Store(word)
		for i := range 4 {
			p.word(512 + 8 + 4*i).Store(slot)
		}
		p.word(completed).Store(entries)
		p.bell()
		go r.Close() // or the test would wait where there is no answer
		for {
			reply := wait(t, place)
			if len(reply.Head)+len(reply.Body) > slotSize-64-capacity {
				t.Errorf("a reply of %d and %d bytes", len(reply.Head), len(reply.Body))
			}
			if !reply.Early {
				break
			}
		}
		place.Free()
	})
}

// BenchmarkRoundTrip is one request through the slots of a peer that never sleeps.
func BenchmarkRoundTrip(b *testing.B) {
	r, p := newRing(b, 1, 2)
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !stop.Load() {
			if n, ok := p.tryClaim(0); ok {
				p.complete(n, "200 OK", "hello")
			}
		}
	})
	place := r.Places()[0]
	environ := string(make([]byte, 1000))
	b.ReportAllocs()
	for b.Loop() {
		publish(b, place, environ, "")
		if reply := wait(b, place); reply.Err != nil {
			b.Fatal(reply.Err)
		}
		place.Free()
	}
	stop.Store(true)
	wg.Wait()
}
