package ring

import (
	"errors"
	"os"
	"sync/atomic"

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
	seats   *Seats
	place   *Place
	environ []byte
	head    []byte
}

// NewSeats joins a ring with the lanes of its worker, and returns n seats.
func NewSeats(r *Ring, lanes []*lane.Conn, n int) []*Seat {
	all := &Seats{ring: r, lanes: make([]laneSeat, len(lanes))}
	for i := range lanes {
		all.lanes[i].Conn = lanes[i]
	}
	seats := make([]*Seat, n)
	for i := range seats {
		seats[i] = &Seat{seats: all, place: &r.places[i]}
	}
	return seats
}

// Serve runs one request, as lane.Conn.Serve does.
func (s *Seat) Serve(job *lane.Job) lane.Result {
	number := s.seats.next.Add(1)
	if number == 0 {
		number = s.seats.next.Add(1)
	}
	body, whole := s.pack(job)
	if err := s.place.Publish(number, s.environ, body, !whole); err != nil {
		return lane.Result{Err: err}
	}
	reply := s.place.Wait(job.Deadline)
	switch {
	case errors.Is(reply.Err, os.ErrDeadlineExceeded):
		s.place.Abandon()
		return lane.Result{Err: reply.Err}
	case reply.Err != nil:
		s.place.Free()
		return lane.Result{Err: reply.Err}
	case reply.OverLane:
		return s.overLane(job, reply.Thread, number, whole)
	}
	s.head = append(s.head[:0], reply.Head...) // before it is looked at: the worker could change it
	lane.Respond(job, s.head, reply.Body)
	s.place.Free()
	return lane.Result{Exit: reply.Exit}
}

// pack makes the environ and says whether it fits a slot together with the body.
func (s *Seat) pack(job *lane.Job) (body []byte, fits bool) {
	s.environ = s.environ[:0]
	body, whole := job.X.Body.Whole()
	if whole && len(body) <= requestCapacity {
		s.environ = job.Environ.Append(s.environ, job.X, gateway.Dispatch{Queued: job.Queued, Taken: job.Taken})
		if Fits(len(s.environ), len(body)) {
			return body, true
		}
		s.environ = nil // a large one is rare: do not keep it
	}
	return nil, false
}

// overLane goes on with the thread that claimed the request.
func (s *Seat) overLane(job *lane.Job, thread int, number uint32, sent bool) lane.Result {
	defer s.place.Free()
	l := &s.seats.lanes[thread]
	if !l.busy.CompareAndSwap(false, true) {
		return lane.Result{Err: &lane.ProtocolError{What: "two requests over one lane"}}
	}
	l.Number(number)
	var res lane.Result
	if sent {
		res = l.Resume(job)
	} else {
		res = l.Serve(job)
	}
	if res.Err == nil {
		l.busy.Store(false)
	}
	return res
}

// Close ends the seat's worker connection: of the whole ring and all lanes.
func (s *Seat) Close() {
	for i := range s.seats.lanes {
		s.seats.lanes[i].Close()
	}
	s.seats.ring.Close()
}
