package ring

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Fits tells whether an environ and a body of these sizes fit a slot.
func Fits(environ, body int) bool { return environ+body <= requestCapacity }

// Publish gives a request to the worker: environ and body, which must fit, are
// copied into the slot. overLane announces instead that the request comes as a
// frame on the lane of the thread that will claim it. The answer comes from
// Wait. The place must be free.
func (p *Place) Publish(number uint32, environ, body []byte, overLane bool) error {
	r := p.ring
	if !r.retain() {
		return r.failure()
	}
	mem := r.region.mem[p.at : p.at+slotSize]
	flags := flagOverLane
	if !overLane {
		flags = 0
		n := copy(mem[slotHeader:slotHeader+requestCapacity], environ)
		copy(mem[slotHeader+n:slotHeader+requestCapacity], body)
		binary.LittleEndian.PutUint32(mem[slotEnviron:], uint32(len(environ)))
		binary.LittleEndian.PutUint32(mem[slotBody:], uint32(len(body)))
	}
	binary.LittleEndian.PutUint32(mem[slotFlags:], flags)
	binary.LittleEndian.PutUint32(mem[slotNumber:], number)
	r.submit(p)
	return nil
}

// submit makes the slot visible and wakes a thread if none will see it.
func (r *Ring) submit(p *Place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.use++
	p.state = submitted
	p.since = time.Now()
	r.region.word(p.at + slotState).Store(p.word(submitted))
	tail := r.region.word(offSubmitted)
	n := r.submitted
	r.submitted++
	r.region.submission(n).Store(p.index)
	tail.Store(r.submitted) // sequentially consistent, so before the look at sleeping
	r.out++
	woke := r.region.word(offSleeping).Load() >= r.threads && r.wake()
	if (r.out > 1 || !woke) && r.unlimited {
		// Nobody is about to see it for certain: the collector has to look after it.
		r.rouse()
	}
}

// word is the slot's state word in the present use.
func (p *Place) word(state uint32) uint32 { return p.use<<2 | state }

// wake rings the work doorbell unless a ring of ours is still on its way, and
// tells whether it did. Needs mu.
func (r *Ring) wake() bool {
	if r.rung != r.region.word(offWoken).Load() {
		return false
	}
	r.rung++
	if err := r.work.Ring(); err != nil {
		r.failLocked(fmt.Errorf("ring the work doorbell: %w", err))
	}
	return true
}

// Revoke takes a request back that no thread has claimed. true: the place is
// free again and Wait will not answer for it.
func (p *Place) Revoke() bool {
	r := p.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.state != submitted || !r.region.word(p.at+slotState).CompareAndSwap(p.word(submitted), p.word(free)) {
		return false
	}
	r.settle(p, free)
	r.releaseLocked()
	return true
}

// Free gives the place back after Wait has answered and the views of the reply
// are no longer needed.
func (p *Place) Free() {
	r := p.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	p.state = free
	r.region.word(p.at + slotState).Store(p.word(free))
	r.releaseLocked()
}

// Abandon gives up a place whose answer did not come in time. It cannot be used
// again: its thread may still write to it.
func (p *Place) Abandon() {
	r := p.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.state == done {
		r.releaseLocked() // the answer came just now
		return
	}
	p.abandoned = true
}

// settle notes that a request is no longer out. Needs mu.
func (r *Ring) settle(p *Place, state uint32) {
	p.state = state
	r.out--
}
