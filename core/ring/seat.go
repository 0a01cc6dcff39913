package ring

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"modwsgi-express/core/gateway"
	"modwsgi-express/core/lane"
)

// Seats is a worker's ring together with the lanes of its threads.
type Seats struct {
	ring  *Ring
	lanes []laneSeat
	next  atomic.Uint32 // number of the last request
}

// laneSeat is a lane that requests of several places may come to, one at a time.
type laneSeat struct {
	*lane.Conn
	busy atomic.Bool
}

// Seat is a place in a ring from which requests are served; one goroutine at a
// time uses it.
type Seat struct {
	seats  *Seats
	place  *Place
	head   []byte
	number uint32       // of the request
	over   atomic.Int32 // the thread over whose lane the request goes on, -1: over none
	held   atomic.Bool  // the place is taken
}

// NewSeats joins a ring with the lanes of its worker, and returns n seats, at most
// as many as the ring has places. Ring and lanes stay the caller's.
func NewSeats(r *Ring, lanes []*lane.Conn, n int) []*Seat {
	all := &Seats{ring: r, lanes: make([]laneSeat, len(lanes))}
	for i := range lanes {
		all.lanes[i].Conn = lanes[i]
	}
	seats := make([]*Seat, n)
	for i := range seats {
		seats[i] = &Seat{seats: all, place: &r.places[i]}
		seats[i].over.Store(-1)
	}
	return seats
}

// Serve runs one request, as lane.Conn.Serve does.
func (s *Seat) Serve(job *lane.Job) lane.Result {
	whole, err := s.publish(job)
	if err != nil {
		return lane.Result{Err: err, Phase: lane.InApplication, Unseen: err == lane.ErrWorkerGone}
	}
	phase := lane.InApplication
	reply := s.place.Wait(job.Deadline)
	var begun *lane.Response
	if reply.Early {
		phase = lane.InResponse
		begun = lane.Begin(job, s.copyHead(reply), reply.Body)
		reply = s.place.Wait(job.Deadline)
	}
	res := lane.Result{Err: reply.Err, Phase: phase, Unseen: reply.Unseen}
	switch {
	case errors.Is(reply.Err, os.ErrDeadlineExceeded):
		return res // Drain does the rest
	case reply.Err != nil:
	case reply.OverLane:
		return s.overLane(reply.Thread, func(l *lane.Conn) lane.Result {
			switch {
			case begun != nil:
				return begun.GoOn(l)
			case whole:
				return l.Resume(job)
			}
			return l.Serve(job)
		})
	case begun != nil:
		res = begun.End()
	default:
		res = lane.Respond(job, s.copyHead(reply), reply.Body)
	}
	s.free()
	return res
}

// copyHead copies a head block before anybody looks at it: the worker could change it.
func (s *Seat) copyHead(reply Reply) []byte {
	s.head = append(s.head[:0], reply.Head...)
	return s.head
}

// publish puts the request into the slot, or announces it there if it does not fit.
func (s *Seat) publish(job *lane.Job) (whole bool, err error) {
	dst, err := s.place.Begin()
	if err != nil {
		return false, err
	}
	s.held.Store(true)
	s.over.Store(-1)
	if s.number = s.seats.next.Add(1); s.number == 0 { // 0 is none
		s.number = s.seats.next.Add(1)
	}
	environ := 0
	body, whole := job.X.Body.Whole()
	if whole = whole && Fits(len(body)); whole {
		dst = job.Environ.Append(dst, job.X, gateway.Dispatch{Queued: job.Queued, Taken: job.Taken})
		environ = len(dst)
		whole = Fits(environ + len(body))
	}
	if !whole {
		s.place.Publish(s.number, 0, 0, true)
		return false, nil
	}
	copy(dst[environ:cap(dst)], body)
	s.place.Publish(s.number, environ, len(body), false)
	return true, nil
}

// overLane goes on with the thread that claimed the request. Unless time runs out,
// the seat is free afterwards.
func (s *Seat) overLane(thread int, serve func(*lane.Conn) lane.Result) lane.Result {
	l := &s.seats.lanes[thread]
	if !l.busy.CompareAndSwap(false, true) {
		s.free()
		return lane.Result{Err: &lane.ProtocolError{What: "two requests over one lane"}, Phase: lane.InApplication}
	}
	s.over.Store(int32(thread))
	l.Number(s.number)
	res := serve(l.Conn)
	if !res.TimedOut() {
		s.leave()
	}
	return res
}

// leave gives back lane and place.
func (s *Seat) leave() {
	s.seats.lanes[s.over.Load()].busy.Store(false)
	s.over.Store(-1)
	s.free()
}

func (s *Seat) free() {
	s.held.Store(false)
	s.place.Free()
}

// Drain waits, after a Serve that ran out of time, until the thread is done with
// the request or the worker is gone. It has to be called then.
func (s *Seat) Drain() error {
	if over := s.over.Load(); over >= 0 {
		defer s.leave()
		return s.seats.lanes[over].Drain()
	}
	if s.place.Revoke() {
		s.held.Store(false)
		return nil
	}
	for {
		reply := s.place.Wait(time.Time{})
		switch {
		case reply.Early:
			continue
		case reply.OverLane:
			return s.overLane(reply.Thread, func(l *lane.Conn) lane.Result { return lane.Result{Err: l.Skip()} }).Err
		}
		s.free()
		return reply.Err
	}
}

// Thread is the index of the worker's thread that runs the request, or has run out
// of time with it; -1 if none has claimed it. It may be called from any goroutine.
func (s *Seat) Thread() int {
	if !s.held.Load() {
		return -1
	}
	if over := s.over.Load(); over >= 0 {
		return int(over)
	}
	return s.place.Thread()
}
