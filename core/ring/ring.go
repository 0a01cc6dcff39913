package ring

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"modwsgi-express/core/lane"
	"modwsgi-express/platforms/sharedmem"
)

const (
	// WakeAfter is how long a request waits unclaimed before a further thread is
	// woken for it: shorter, and a quick application is run by several threads that
	// stand in each other's way; longer, and a blocking one waits for its threads.
	WakeAfter = 200 * time.Microsecond
	// HoldLimit is how long an answer may be held back from a sleeping front.
	HoldLimit = time.Millisecond
)

// Ring is the front's end of the ring of one worker. Each place is used by one
// goroutine at a time; different places are safe to use at the same time.
type Ring struct {
	bell    *sharedmem.Doorbell // rung by the worker
	threads uint32
	places  []Place
	ended   chan struct{} // closed when the collector has ended

	mu        sync.Mutex
	mem       *sharedmem.Region
	region    region
	users     int           // of the mapping: the ring, and every place in use
	submitted uint32        // requests ever published
	collected atomic.Uint32 // completion entries ever taken; written with mu
	oldest    *Place        // of the requests that are out, in the order of their publishing
	youngest  *Place        // the same list's end
	wokenAt   uint32        // the worker's count of ended waits when we last woke a thread
	coming    bool          // a thread was woken and had not come when we last looked
	bounded   bool          // the collector looks again by itself, soon
	broken    error         // why the ring has ended
	closed    bool
}

// Place is one slot in the hands of the front: a request at a time.
type Place struct {
	ring  *Ring
	index uint32
	at    int // of the slot in the region
	reply chan Reply
	timer *time.Timer // of Wait

	// With the ring's mu:
	use          uint32
	state        uint32 // as the front sees it: free, submitted (also when claimed), early, done
	since        time.Time
	overLane     bool   // the thread that has it waits for our Free
	older, newer *Place // in the list of those that are out
}

// early is the state, in the front only, of a place with an early answer.
const early = done + 1

// Reply is what a worker made of a request.
type Reply struct {
	// OverLane: the rest goes over the lane of Thread; the place stays taken until
	// Free.
	OverLane bool
	Thread   int
	// Early: the response is here, and another reply will follow, which has
	// OverLane set, or nothing.
	Early bool
	// Head and Body are views into memory that the worker can still write: copy
	// before looking. Valid until Free.
	Head, Body []byte
	// Err: the worker is gone or broke the protocol. Unseen: it is gone and had not
	// claimed the request.
	Err    error
	Unseen bool
}

// New makes the ring of a worker with so many threads, with at least as many
// places as slots says.
func New(threads, slots int) (*Ring, error) {
	n := 2
	for n < slots {
		n *= 2
	}
	if n > MaxSlots {
		return nil, fmt.Errorf("make ring: %d slots, at most %d are possible", slots, MaxSlots)
	}
	size, first := regionSize(uint32(n))
	mem, err := sharedmem.NewRegion("modwsgi-ring", size)
	if err != nil {
		return nil, fmt.Errorf("make ring: %w", err)
	}
	bell, err := sharedmem.NewDoorbell()
	if err != nil {
		mem.Close()
		return nil, fmt.Errorf("make ring: %w", err)
	}
	r := &Ring{bell: bell, threads: uint32(threads), mem: mem, users: 1, ended: make(chan struct{}),
		region: region{mem: mem.Mem, slots: uint32(n), first: uint32(first)}}
	r.region.format()
	r.places = make([]Place, n)
	for i := range r.places {
		r.places[i] = Place{ring: r, index: uint32(i), at: r.region.slot(uint32(i)), reply: make(chan Reply, 2)}
	}
	go r.collect()
	return r, nil
}

// Files are what the worker inherits: the region, which has Size bytes, and the
// front's doorbell. They stay the ring's.
func (r *Ring) Files() (region, bell *os.File) { return r.mem.File, r.bell.File }

// Size is the size of the region in bytes.
func (r *Ring) Size() int { size, _ := regionSize(r.region.slots); return size }

// Places are the places of the ring; who uses which is the caller's to arrange.
func (r *Ring) Places() []*Place {
	all := make([]*Place, len(r.places))
	for i := range r.places {
		all[i] = &r.places[i]
	}
	return all
}

// Close ends the ring when its worker is dead, or will not use it: every request
// that is out, and has no answer in the ring yet, is answered with
// lane.ErrWorkerGone. The memory goes with its last user.
func (r *Ring) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	if r.broken == nil {
		r.take() // what the worker answered before it died
	}
	r.fail(lane.ErrWorkerGone)
	r.mu.Unlock()
	r.bell.Close()
	<-r.ended
	r.mem.File.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
}

// fail ends the ring: every request that is out, and every later one, gets an
// error. A breach is told to one of them, who has the worker dropped; to the
// others it is just gone. Needs mu.
func (r *Ring) fail(err error) {
	if r.broken == nil {
		r.broken = err
	}
	for p := r.oldest; p != nil; p = r.oldest {
		// Taken back first: a worker that is only about to die shall not run what is
		// given to another one.
		unseen := p.state == submitted && r.region.word(p.at+slotState).CompareAndSwap(p.word(submitted), p.word(free))
		err := r.blame()
		r.answer(p, Reply{Err: err, Unseen: unseen && err == lane.ErrWorkerGone}, done)
	}
	_ = r.bell.SetDeadline(time.Now()) // fails on a bell that is closed: then nobody waits for it
}

// blame is the error for who asks next. Needs mu.
func (r *Ring) blame() error {
	err := r.broken
	r.broken = lane.ErrWorkerGone
	return err
}

// retain keeps the memory mapped until the matching release.
func (r *Ring) retain() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return r.blame()
	}
	r.users++
	return nil
}

// release unmaps the memory with its last user. Needs mu.
func (r *Ring) release() {
	if r.users--; r.users == 0 {
		_ = r.mem.Close() // cannot fail for a mapping that is ours
	}
}
