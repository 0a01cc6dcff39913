package ring

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"modwsgi-express/core/lane"
)

// Wait waits for the worker's next reply until the deadline (zero: none); then it
// answers with os.ErrDeadlineExceeded and may be called again. After any other
// reply that is not an early one the place has to be freed.
func (p *Place) Wait(deadline time.Time) Reply {
	if deadline.IsZero() {
		return <-p.reply
	}
	if p.timer == nil {
		p.timer = time.NewTimer(time.Until(deadline))
	} else {
		p.timer.Reset(time.Until(deadline))
	}
	select {
	case reply := <-p.reply:
		p.timer.Stop()
		return reply
	case <-p.timer.C:
		return Reply{Err: os.ErrDeadlineExceeded}
	}
}

// collect is the ring's goroutine: it takes answers and hands them to who waits.
// While a request is unclaimed it looks by itself: every HoldLimit, because a busy
// worker holds answers back, and after WakeAfter, to wake a further thread.
// Otherwise it sleeps until the doorbell is rung.
func (r *Ring) collect() {
	defer close(r.ended)
	answered := func() bool { return r.region.word(offCompleted).Load() != r.collected.Load() }
	for {
		r.mu.Lock()
		going := r.turn()
		r.mu.Unlock()
		if !going {
			return
		}
		if err := r.bell.Wait(answered); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return // closed
		}
	}
}

// turn does what there is to do, bounds the sleep that follows, and says whether
// to go on. Needs mu.
func (r *Ring) turn() bool {
	for {
		if r.broken == nil {
			r.take()
		}
		if r.broken != nil {
			return false
		}
		asleep := r.region.word(offAsleep)
		asleep.Store(1)
		limit := r.nudge()
		// Looked at last: if nudge saw a request claimed whose waiting made the worker
		// hold an answer back, then that answer is seen here. Who answers from here on
		// sees that we sleep.
		if r.region.word(offCompleted).Load() == r.collected.Load() {
			if limit.IsZero() && !r.bounded {
				return true
			}
			r.bounded = !limit.IsZero()
			return r.bell.SetDeadline(limit) == nil
		}
		asleep.Store(0)
	}
}

// nudge wakes further threads if requests have waited unclaimed for long enough,
// and says when to look again: never (zero) if every request is claimed. Then the
// worker has no reason to hold an answer back. Needs mu.
func (r *Ring) nudge() time.Time {
	p := r.oldest
	for p != nil && !r.unclaimed(p) {
		p = p.newer
	}
	if p == nil {
		return time.Time{}
	}
	now := time.Now()
	sleeping := int(r.region.word(offSleeping).Load())
	if sleeping == 0 {
		return now.Add(HoldLimit)
	}
	if due := p.since.Add(WakeAfter); due.After(now) {
		return due
	}
	n := 0
	for ; p != nil && n < sleeping && now.Sub(p.since) >= WakeAfter; p = p.newer {
		if r.unclaimed(p) {
			n++
		}
	}
	r.wake(n)
	return now.Add(WakeAfter)
}

func (r *Ring) unclaimed(p *Place) bool {
	return p.state == submitted && r.region.word(p.at+slotState).Load() == p.word(submitted)
}

// take hands out all answers that are there. Needs mu.
func (r *Ring) take() {
	end := r.region.word(offCompleted).Load()
	if end-r.collected.Load() > 2*r.region.slots {
		r.fail(&lane.ProtocolError{What: fmt.Sprintf("%d completions in a ring of %d", end-r.collected.Load(), 2*r.region.slots)})
		return
	}
	for r.collected.Load() != end {
		index := r.region.completion(r.collected.Load()).Load()
		r.collected.Add(1)
		if index >= r.region.slots || r.places[index].state != submitted && r.places[index].state != early {
			r.fail(&lane.ProtocolError{What: fmt.Sprintf("completion of slot %d, which has no request", index)})
			return
		}
		p := &r.places[index]
		reply, state, err := r.read(p)
		if err != nil {
			r.fail(err)
			return
		}
		r.answer(p, reply, state)
	}
}

// answer passes a reply on, after which the place is in another state: early, or
// done, when the request is no longer out. Needs mu.
func (r *Ring) answer(p *Place, reply Reply, state uint32) {
	p.state = state
	p.overLane = reply.OverLane
	if state == done {
		r.unlink(p)
	}
	p.reply <- reply // never waits: two replies a use at most
}

// read makes the reply of a slot's next answer. Every number is copied before it
// is checked: the worker could change it in between.
func (r *Ring) read(p *Place) (Reply, uint32, error) {
	mem := r.region.mem[p.at : p.at+slotSize]
	state := r.region.word(p.at + slotState).Load()
	thread := binary.LittleEndian.Uint32(mem[slotThread:])
	kind := binary.LittleEndian.Uint32(mem[slotFirst:])
	head := binary.LittleEndian.Uint32(mem[slotHeadBytes:])
	body := binary.LittleEndian.Uint32(mem[slotBodyBytes:])
	if p.state == early {
		kind, head, body = binary.LittleEndian.Uint32(mem[slotSecond:]), 0, 0
	}
	view := mem[slotHeader+requestCapacity:]
	fits := head <= responseCapacity && body <= responseCapacity-head
	switch {
	case kind == answerOverLane && state == p.word(claimed) && thread < r.threads:
		return Reply{OverLane: true, Thread: int(thread)}, done, nil
	case kind == answerComplete && state == p.word(done) && fits:
		return Reply{Head: view[:head:head], Body: view[head : head+body : head+body]}, done, nil
	case kind == answerEarly && p.state == submitted && (state == p.word(claimed) || state == p.word(done)) && fits:
		return Reply{Early: true, Head: view[:head:head], Body: view[head : head+body : head+body]}, early, nil
	}
	return Reply{}, 0, &lane.ProtocolError{What: fmt.Sprintf("answer %d in a slot of state %d, %d bytes of head and %d of body by thread %d",
		kind, state&3, head, body, thread)}
}
