package ring

import (
	"fmt"
	"os"
	"sync"
	"time"

	"modwsgi-express/core/lane"
	"modwsgi-express/platforms/sharedmem"
)

const (
	// WakeAfter is how long a request waits unclaimed before a further thread is
	// woken for it, and HoldLimit how long a completion may be held back from a
	// sleeping front. One tick serves both: shorter ones cost a fast application
	// throughput, longer ones a blocking one latency.
	WakeAfter = 200 * time.Microsecond
	HoldLimit = time.Millisecond
)

// Ring is the front's end of the ring of one worker. Each place is used by one
// goroutine at a time; different places are safe to use at the same time.
type Ring struct {
	work    *sharedmem.Doorbell // rung by us
	bell    *sharedmem.Doorbell // rung by the worker
	threads uint32
	places  []Place
	ended   chan struct{} // closed when the collector has ended

	mu        sync.Mutex
	mem       *sharedmem.Region
	region    region
	users     int    // of the mapping: the ring, and every place in use
	submitted uint32 // requests ever published
	collected uint32 // completions ever taken
	out       int    // requests without an answer
	rung      uint32 // work doorbells ever rung
	unlimited bool   // the collector sleeps until it is rung for
	broken    error  // why the ring has ended
	closed    bool
}

// Place is one slot in the hands of the front: a request at a time.
type Place struct {
	ring  *Ring
	index uint32
	at    int // of the slot in the region
	reply chan Reply

	// With the ring's mu:
	use       uint32
	state     uint32 // as the front sees it: free, submitted (also when claimed), done
	since     time.Time
	abandoned bool // nobody waits for the answer any more
}

// Reply is what a worker made of a request.
type Reply struct {
	// OverLane: the response goes over the lane of Thread; the place stays taken
	// until Free.
	OverLane bool
	Thread   int
	// Otherwise Head and Body are views into memory that the worker can still
	// write: copy before looking. Valid until Free.
	Head, Body []byte
	Exit       bool  // the application wants its worker replaced
	Err        error // the worker is gone or broke the protocol
}

// New makes the ring of a worker with so many threads, and as many places as
// slots, a power of two.
func New(threads, slots int) (*Ring, error) {
	if slots < 2 || slots > MaxSlots || slots&(slots-1) != 0 {
		return nil, fmt.Errorf("make ring: %d slots", slots)
	}
	size, first := regionSize(uint32(slots))
	mem, err := sharedmem.NewRegion("modwsgi-ring", size)
	if err != nil {
		return nil, fmt.Errorf("make ring: %w", err)
	}
	r := &Ring{mem: mem, users: 1, threads: uint32(threads), ended: make(chan struct{})}
	r.region = region{mem: mem.Mem, slots: uint32(slots), first: uint32(first)}
	r.region.format()
	if err := r.doorbells(); err != nil {
		mem.Close()
		return nil, fmt.Errorf("make ring: %w", err)
	}
	r.places = make([]Place, slots)
	for i := range r.places {
		r.places[i] = Place{ring: r, index: uint32(i), at: r.region.slot(uint32(i)), reply: make(chan Reply, 1)}
	}
	go r.collect()
	return r, nil
}

func (r *Ring) doorbells() (err error) {
	if r.work, err = sharedmem.NewDoorbell(true); err != nil {
		return err
	}
	if r.bell, err = sharedmem.NewDoorbell(false); err != nil {
		r.work.Close()
		return err
	}
	return nil
}

// Files are what the worker inherits: the region, the work doorbell, the front's
// doorbell. They stay the ring's.
func (r *Ring) Files() []*os.File { return []*os.File{r.mem.File, r.work.File, r.bell.File} }

// Places are the places of the ring; who uses which is the caller's to arrange.
func (r *Ring) Places() []*Place {
	all := make([]*Place, len(r.places))
	for i := range r.places {
		all[i] = &r.places[i]
	}
	return all
}

// Close ends the ring when its worker is dead: every request that is out is
// answered with lane.ErrWorkerGone. The memory goes with its last user.
func (r *Ring) Close() {
	r.mu.Lock()
	closed := r.closed
	r.closed = true
	r.failLocked(lane.ErrWorkerGone)
	r.mu.Unlock()
	if closed {
		return
	}
	r.bell.Close()
	<-r.ended
	r.work.Close()
	r.mem.File.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.releaseLocked()
}
