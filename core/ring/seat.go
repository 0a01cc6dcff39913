package ring

import (
	"errors"
	"os"
	"sync"
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
	mu   sync.Mutex
	busy bool
	lost bool // a request over it ran out of time: nobody knows what comes next
}

// Seat is a place in a ring from which requests are served; one goroutine at a
// time uses it.
type Seat struct {
	seats *Seats
	place *Place
	head  []byte
	over  int // the thread over whose lane the request goes on, -1: over none
}

var (
	errTwoRequests = &lane.ProtocolError{What: "two requests over one lane"}
	errLaneLost    = errors.New("request moved to the lane of a thread whose last request ran out of time")
)

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
	}
	return seats
}

// Serve runs one request, as lane.Conn.Serve does. After an error of time the seat
// must not be used again.
func (s *Seat) Serve(job *lane.Job) lane.Result {
	s.over = -1
	number, whole, err := s.publish(job)
	if err != nil {
		return lane.Result{Err: err}
	}
	reply := s.place.Wait(job.Deadline)
	var begun *lane.Response
	if reply.Early {
		s.head = append(s.head[:0], reply.Head...) // before it is looked at: the worker could change it
		begun = lane.Begin(job, s.head, reply.Body)
		reply = s.place.Wait(job.Deadline)
	}
	switch {
	case errors.Is(reply.Err, os.ErrDeadlineExceeded):
		if !s.place.Revoke() {
			s.place.Abandon()
		}
		return lane.Result{Err: reply.Err}
	case reply.Err != nil:
		s.place.Free()
		return lane.Result{Err: reply.Err}
	case reply.OverLane:
		return s.overLane(job, reply.Thread, number, func(l *lane.Conn) lane.Result {
			switch {
			case begun != nil:
				return begun.GoOn(l)
			case whole:
				return l.Resume(job)
			}
			return l.Serve(job)
		})
	case begun != nil:
		begun.End()
	default:
		s.head = append(s.head[:0], reply.Head...)
		lane.Respond(job, s.head, reply.Body)
	}
	s.place.Free()
	return lane.Result{}
}

// publish puts the request into the slot, or announces it there if it does not fit.
func (s *Seat) publish(job *lane.Job) (number uint32, whole bool, err error) {
	dst, err := s.place.Begin()
	if err != nil {
		return 0, false, err
	}
	for number == 0 {
		number = s.seats.next.Add(1)
	}
	environ := 0
	body, whole := job.X.Body.Whole()
	if whole = whole && len(body) < requestCapacity; whole {
		dst = job.Environ.Append(dst, job.X, gateway.Dispatch{Queued: job.Queued, Taken: job.Taken})
		environ = len(dst)
		if whole = environ+len(body) <= requestCapacity; whole {
			dst = append(dst, body...)
		}
	}
	if !whole {
		s.place.Publish(number, 0, 0, true)
	} else {
		s.place.Publish(number, environ, len(dst)-environ, false)
	}
	return number, whole, nil
}

// overLane goes on with the thread that claimed the request.
func (s *Seat) overLane(job *lane.Job, thread int, number uint32, serve func(*lane.Conn) lane.Result) lane.Result {
	defer s.place.Free()
	l := &s.seats.lanes[thread]
	if err := l.take(); err != nil {
		return lane.Result{Err: err}
	}
	s.over = thread
	l.Number(number)
	res := serve(l.Conn)
	l.leave(res.Err)
	return res
}

func (l *laneSeat) take() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.lost:
		return errLaneLost
	case l.busy:
		return errTwoRequests
	}
	l.busy = true
	return nil
}

func (l *laneSeat) leave(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy, l.lost = false, err != nil
}

// Thread is the index of the worker's thread that runs the request, or has run out
// of time with it; -1 if none has claimed it.
func (s *Seat) Thread() int {
	if s.over >= 0 {
		return s.over
	}
	return s.place.Thread()
}
