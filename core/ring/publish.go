package ring

import (
	"encoding/binary"
	"fmt"
	"time"

	"modwsgi-express/core/lane"
)

// Begin takes the place for a request and returns where its environ and body are
// to be appended, into the slot itself. What comes to lie elsewhere, because it
// grew beyond the capacity, does not fit. The place has to be free. Publish
// follows, and then Wait and Free.
func (p *Place) Begin() ([]byte, error) {
	if err := p.ring.retain(); err != nil {
		return nil, err
	}
	start := p.at + slotHeader
	return p.ring.region.mem[start : start : start+requestCapacity], nil
}

// Fits tells whether so many bytes of environ and body fit a slot.
func Fits(size int) bool { return size <= requestCapacity }

// Publish gives the worker the request of which so many bytes of environ and body
// lie in the slot. overLane announces instead that it comes as a frame on the lane
// of the thread that will claim it. The answer comes from Wait.
func (p *Place) Publish(number uint32, environ, body int, overLane bool) {
	mem := p.ring.region.mem[p.at : p.at+slotHeader]
	var flags uint32
	if overLane {
		flags = flagOverLane
	}
	for _, v := range [...]struct{ at, value uint32 }{
		{slotNumber, number}, {slotEnviron, uint32(environ)}, {slotBody, uint32(body)}, {slotFlags, flags},
		{slotFirst, 0}, {slotSecond, 0},
	} {
		binary.LittleEndian.PutUint32(mem[v.at:], v.value)
	}
	p.ring.submit(p)
}

// submit makes the slot visible and wakes a thread if none will see it.
func (r *Ring) submit(p *Place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	busy := r.youngest != nil && now.Sub(r.youngest.since) < WakeAfter
	p.use++
	p.state = submitted
	p.since = now
	r.push(p)
	if r.broken != nil { // since Begin
		err := r.blame()
		r.answer(p, Reply{Err: err, Unseen: err == lane.ErrWorkerGone}, done)
		return
	}
	r.region.word(p.at + slotState).Store(p.word(submitted))
	r.region.submission(r.submitted).Store(p.index)
	r.submitted++
	// Sequentially consistent, so before the look at sleeping: a thread that we do
	// not see sleep will see the request.
	r.region.word(offSubmitted).Store(r.submitted)
	if r.rouse(busy) && r.oldest == p {
		return // a thread comes for it
	}
	if !r.bounded {
		// Nobody will see it for certain: the collector has to look after it, and
		// after answers that the worker holds back because of it.
		r.bounded = true
		_ = r.bell.SetDeadline(now.Add(WakeAfter)) // fails on a closed bell only
	}
}

// rouse wakes a thread for a request that was just published unless one will come
// for it anyway; busy: some thread runs a request that it has not had for long.
// Needs mu.
func (r *Ring) rouse(busy bool) bool {
	woken := r.region.word(offWoken).Load() // before sleeping: see the package comment
	sleeping := r.region.word(offSleeping).Load()
	if r.coming && woken != r.wokenAt {
		r.coming = false
	}
	if sleeping == 0 || r.coming || busy && sleeping < r.threads {
		return false
	}
	r.wokenAt, r.coming = woken, true
	r.wake(1)
	return true
}

// wake wakes n threads. Needs mu.
func (r *Ring) wake(n int) {
	r.region.word(offBell).Add(1)
	if err := r.mem.Wake(offBell, n); err != nil {
		r.fail(fmt.Errorf("wake the worker: %w", err))
	}
}

// word is the slot's state word in the present use.
func (p *Place) word(state uint32) uint32 { return p.use<<2 | state }

// Revoke takes a request back that no thread has claimed. true: the place is
// free again and Wait will not answer for it.
func (p *Place) Revoke() bool {
	r := p.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.state != submitted || !r.region.word(p.at+slotState).CompareAndSwap(p.word(submitted), p.word(free)) {
		return false
	}
	r.unlink(p)
	p.state = free
	r.release()
	return true
}

// Thread is the index of the thread that has claimed the request, -1 if none has.
func (p *Place) Thread() int {
	r := p.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.state == free || p.state == done || r.region.word(p.at+slotState).Load() == p.word(submitted) {
		return -1
	}
	if n := r.region.word(p.at + slotThread).Load(); n < r.threads {
		return int(n)
	}
	return -1
}

// Free gives the place back after the last reply, when its views are no longer
// needed.
func (p *Place) Free() {
	r := p.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	p.state = free
	r.region.word(p.at + slotState).Store(p.word(free))
	if p.overLane {
		p.overLane = false
		_ = r.mem.Wake(p.at+slotState, 1) // cannot fail on a word that is mapped
	}
	r.release()
}

// push appends a place to the list of those that are out. Needs mu.
func (r *Ring) push(p *Place) {
	p.older, p.newer = r.youngest, nil
	if r.youngest != nil {
		r.youngest.newer = p
	} else {
		r.oldest = p
	}
	r.youngest = p
}

// unlink takes a place from that list. Needs mu.
func (r *Ring) unlink(p *Place) {
	if p.older != nil {
		p.older.newer = p.newer
	} else {
		r.oldest = p.newer
	}
	if p.newer != nil {
		p.newer.older = p.older
	} else {
		r.youngest = p.older
	}
	p.older, p.newer = nil, nil
}
