package ring

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"modwsgi-express/core/lane"
)

// Wait waits for the worker's answer until the deadline (zero: none); then it
// answers with os.ErrDeadlineExceeded, and the place is lost: its thread may
// still write to it. After any other answer the place is to be freed.
func (p *Place) Wait(deadline time.Time) Reply {
	if deadline.IsZero() {
		return <-p.reply
	}
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case reply := <-p.reply:
		return reply
	case <-t.C:
		return Reply{Err: os.ErrDeadlineExceeded}
	}
}

// collect is the ring's goroutine: it takes completions and hands them to who
// waits. While requests are out it looks at least every HoldLimit, because a busy
// worker holds completions back, and wakes further threads for requests that
// nobody claims; with none out it sleeps until the next is published.
func (r *Ring) collect() {
	defer close(r.ended)
	var buf [8]byte
	for {
		r.mu.Lock()
		pause := r.turn()
		r.mu.Unlock()
		if pause < 0 {
			return
		}
		limit := time.Time{}
		if pause > 0 {
			limit = time.Now().Add(pause)
		}
		if err := r.bell.File.SetReadDeadline(limit); err != nil {
			return // closed
		}
		_, err := r.bell.File.Read(buf[:])
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return // closed
		}
	}
}

// turn does what there is to do and says how long to sleep: 0 for as long as
// nothing happens, negative at the end. Needs mu.
func (r *Ring) turn() time.Duration {
	for {
		if r.broken != nil {
			return -1
		}
		r.take()
		if r.broken != nil {
			return -1
		}
		asleep := r.region.word(offAsleep)
		asleep.Store(1)
		if r.region.word(offCompleted).Load() == r.collected {
			break // who completes from here on sees that we sleep
		}
		asleep.Store(0)
	}
	pause := r.nudge()
	r.unlimited = pause == 0
	return pause
}

// nudge wakes a further thread if a request has waited unclaimed for long enough,
// and says when to look again: 0, not at all, if every request is claimed. Then
// the worker has no reason to hold a completion back. Needs mu.
func (r *Ring) nudge() time.Duration {
	var oldest *Place
	for i := range r.places {
		p := &r.places[i]
		if p.state == submitted && r.region.word(p.at+slotState).Load() == p.word(submitted) &&
			(oldest == nil || p.since.Before(oldest.since)) {
			oldest = p
		}
	}
	if oldest == nil {
		return 0
	}
	if r.region.word(offSleeping).Load() == 0 {
		return HoldLimit
	}
	if left := WakeAfter - time.Since(oldest.since); left > 0 {
		return left
	}
	r.wake()
	return WakeAfter
}

// take hands out all completions that are there. Needs mu.
func (r *Ring) take() {
	end := r.region.word(offCompleted).Load()
	if end-r.collected > r.region.slots {
		r.failLocked(&lane.ProtocolError{What: fmt.Sprintf("%d completions in a ring of %d", end-r.collected, r.region.slots)})
		return
	}
	for r.collected != end {
		index := r.region.completion(r.collected).Load()
		r.collected++
		if index >= r.region.slots || r.places[index].state != submitted {
			r.failLocked(&lane.ProtocolError{What: fmt.Sprintf("completion of slot %d, which has no request", index)})
			return
		}
		p := &r.places[index]
		reply, err := r.reply(p)
		if err != nil {
			r.failLocked(err)
			return
		}
		r.answer(p, reply)
	}
}

// answer ends a request that is out. Needs mu.
func (r *Ring) answer(p *Place, reply Reply) {
	r.settle(p, done)
	if p.abandoned {
		r.releaseLocked()
		return
	}
	p.reply <- reply // never waits: one answer a use
}

// reply reads a completed slot. Every number is copied before it is checked: the
// worker could change it in between.
func (r *Ring) reply(p *Place) (Reply, error) {
	mem := r.region.mem[p.at : p.at+slotSize]
	state := r.region.word(p.at + slotState).Load()
	thread := binary.LittleEndian.Uint32(mem[slotThread:])
	kind := binary.LittleEndian.Uint32(mem[slotKind:])
	head := binary.LittleEndian.Uint32(mem[slotHeadBytes:])
	body := binary.LittleEndian.Uint32(mem[slotBodyBytes:])
	flags := binary.LittleEndian.Uint32(mem[slotReplyFlags:])
	switch {
	case kind == kindOverLane && state == p.word(claimed) && thread < r.threads:
		return Reply{OverLane: true, Thread: int(thread)}, nil
	case kind == kindComplete && state == p.word(done) && head <= responseCapacity && body <= responseCapacity-head:
		view := mem[slotHeader+requestCapacity:]
		return Reply{Head: view[:head:head], Body: view[head : head+body : head+body], Exit: flags&replyExit != 0}, nil
	}
	return Reply{}, &lane.ProtocolError{What: fmt.Sprintf("completion of kind %d with state %d, %d bytes of head and %d of body by thread %d",
		kind, state&3, head, body, thread)}
}

// rouse makes the collector look: it sleeps without a limit when nothing is out.
// Needs mu.
func (r *Ring) rouse() {
	if r.region.word(offAsleep).CompareAndSwap(1, 0) {
		if err := r.bell.Ring(); err != nil {
			r.failLocked(fmt.Errorf("ring the front's doorbell: %w", err))
		}
	}
}

// failLocked ends the ring: every request that is out, and every later one, gets
// err. Needs mu.
func (r *Ring) failLocked(err error) {
	if r.broken != nil {
		return
	}
	r.broken = err
	for i := range r.places {
		if p := &r.places[i]; p.state == submitted {
			r.answer(p, Reply{Err: err})
		}
	}
}

func (r *Ring) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broken
}

// retain keeps the memory mapped until the matching release; false after the end.
func (r *Ring) retain() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil || r.mem.Mem == nil {
		return false
	}
	r.users++
	return true
}

// releaseLocked unmaps the memory with its last user. Needs mu.
func (r *Ring) releaseLocked() {
	if r.users--; r.users == 0 {
		_ = r.mem.Close() // cannot fail for a mapping that is ours
	}
}
