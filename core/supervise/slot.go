package supervise

import (
	"math/rand/v2"
	"time"

	"go.uber.org/zap"
)

// A worker that served for healthyAfter has nothing to do with the next death:
// its slot begins again with the shortest delay.
const (
	healthyAfter = 10 * time.Second
	firstDelay   = 100 * time.Millisecond
	secondDelay  = time.Second
	longestDelay = 30 * time.Second
)

// slot is one of the places that an application's workers take.
type slot struct {
	index   int
	current *Worker // serves, nil if there is none
	next    *Worker // is loading to take the slot, nil if none is
	deaths  int     // in a row, without a healthy time between
	timer   *time.Timer
}

// delay is how long to wait before the slot is filled again after its nth death
// in a row: 0.1 s, 1 s, 2 s, 4 s … 30 s, each varied by a fifth so that slots
// that died together do not come back together.
func delay(deaths int) time.Duration {
	d := firstDelay
	if deaths > 1 {
		d = secondDelay << min(deaths-2, 10)
	}
	d = min(d, longestDelay)
	return d + time.Duration((rand.Float64()-0.5)*0.4*float64(d))
}

// refill starts a new worker for a slot that lost its own, after the delay.
func (s *Supervisor) refill(sl *slot, lived time.Duration) {
	if s.stopping || sl.next != nil || sl.timer != nil {
		return
	}
	if lived >= healthyAfter {
		sl.deaths = 0
	}
	sl.deaths++
	if sl.deaths > 1 && s.serving() == 0 {
		s.pool.SetDown() // nobody should wait for what may never come
	}
	wait := delay(sl.deaths)
	s.log.Info("starting a worker again", zap.Int("slot", sl.index+1), zap.Duration("in", wait.Round(time.Millisecond)), zap.Int("deaths_in_a_row", sl.deaths))
	sl.timer = time.AfterFunc(wait, func() { s.post(event{kind: refillDue, slot: sl}) })
}

func (s *Supervisor) onRefillDue(sl *slot) {
	sl.timer = nil
	if s.stopping || sl.next != nil || sl.current != nil && sl.current.why == "" {
		return // a current worker with a why is one that waits for its replacement
	}
	s.spawn(sl)
}

// occupy gives the slot to its candidate and retires who had it.
func (s *Supervisor) occupy(sl *slot, why string) {
	old := sl.current
	sl.current, sl.next = sl.next, nil
	s.serve(sl.current)
	if old != nil {
		s.retire(old, why)
	}
}
