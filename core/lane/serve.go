package lane

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"go.uber.org/zap"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/gateway"
)

// Job is one request on its way through a lane.
type Job struct {
	X       *exchange.Exchange
	Environ *gateway.Environ
	Queued  time.Time // when it began to wait for a thread
	Taken   time.Time // when it got this one
	// Deadline is the end of the request's time; zero: none.
	Deadline time.Time
	Log      *zap.Logger // what the server says of it
	Output   *zap.Logger // what the application prints
}

// Result says what became of a job. Unless Err is set the response was ended or
// aborted and the lane is ready for the next job.
type Result struct {
	// Err breaks the lane: ErrWorkerGone, a *ProtocolError, or
	// os.ErrDeadlineExceeded for a job that ran out of time. The response has not
	// been aborted: how is the caller's to say.
	Err error
	// Exit: the application raised SystemExit; its worker wants to be replaced.
	Exit bool
	// Phase is how far the request had come when Err ended it.
	Phase Phase
	// Unseen: the worker was dead before it had received the request, which may be
	// given to another one, whatever its method.
	Unseen bool
	// Dropped is the number of body bytes beyond what the response's head allows.
	Dropped int64
}

// Phase is a part of a request's life in a worker.
type Phase string

// The phases of a request.
const (
	InApplication Phase = "before the response"
	InBody        Phase = "while the application read the body"
	InResponse    Phase = "in the middle of the response"
)

// Serve runs one request: sends it to the worker's thread and relays what comes
// back. It returns when the thread is done with the request, which may be before
// the client has the whole response.
func (c *Conn) Serve(job *Job) Result {
	s := serving{c: c, job: job, x: job.X}
	c.frame, c.left = Header{}, 0
	err := c.setDeadline(job.Deadline)
	if err == nil {
		if err = s.request(); errors.Is(err, ErrWorkerGone) {
			return Result{Err: err, Phase: InApplication, Unseen: true}
		}
	}
	return s.run(err)
}

// run relays frames until the worker is done with the request.
func (s *serving) run(err error) Result {
	c := s.c
	for err == nil && !s.done {
		err = s.frame()
	}
	c.dropFiles()
	if err != nil {
		return Result{Err: err, Phase: s.phase(), Unseen: c.deaf && c.frame == Header{}}
	}
	c.shrink()
	return Result{Exit: s.exit, Dropped: s.dropped}
}

// Drain waits, without a limit, until a thread whose job ran out of time is done
// with it: its response is thrown away, and its neighbours in the process are left
// in peace. The end of the worker ends the wait.
func (c *Conn) Drain() error {
	if err := c.setDeadline(time.Time{}); err != nil {
		return c.translate(err)
	}
	if c.torn {
		return breach("a frame of the front's was cut short")
	}
	if err := c.write(AppendHeader(nil, Header{Request: c.next, Type: Abort})); err != nil {
		return err
	}
	for {
		for c.left > 0 {
			if _, err := c.piece(c.left); err != nil {
				return err
			}
			c.dropFiles()
		}
		if c.frame.Type == End || c.frame.Flags&FlagEnd != 0 {
			return nil
		}
		if _, err := c.header(); err != nil {
			return err
		}
	}
}

// serving is the state of one job.
//
//	         HEAD            DATA, FILE
//	asked ─────────► answering ───┐
//	  │                 │  ▲──────┘
//	  │ END             │ END, or FlagEnd on HEAD, DATA, FILE
//	  ▼                 ▼
//	 done ◄────────── done           WANT (until the body ended), ERRORS: anywhere before
//
// Once the response has failed on our side (client gone, head refused) the
// worker is told with ABORT, and its frames are only counted until the END.
type serving struct {
	c    *Conn
	job  *Job
	x    *exchange.Exchange
	head exchange.Head

	asked     bool // the application has begun to read the body
	bodyEnded bool
	answering bool
	discard   bool // the response is over, frames are thrown away
	exit      bool
	done      bool
	sent      int64               // body bytes given to the worker
	dropped   int64               // response bytes that the head does not allow
	bodyErr   *exchange.BodyError // why the body could not be delivered
}

func (s *serving) phase() Phase {
	switch {
	case s.answering:
		return InResponse
	case s.asked && !s.bodyEnded:
		return InBody
	}
	return InApplication
}

// request sends the REQUEST frame, with the body if it is here and fits.
func (s *serving) request() error {
	c := s.c
	c.next++
	if c.next == 0 {
		c.next = 1
	}
	out := append(c.out[:0], make([]byte, HeaderSize+4)...)
	out = s.job.Environ.Append(out, s.x, gateway.Dispatch{Thread: c.thread, Queued: s.job.Queued, Taken: s.job.Taken})
	environ := len(out) - HeaderSize - 4
	binary.LittleEndian.PutUint32(out[HeaderSize:], uint32(environ))
	if body, ok := s.x.Body.Whole(); ok && len(out)+len(body)-HeaderSize <= MaxPayload {
		out = append(out, body...)
		s.bodyEnded = true
	}
	if len(out)-HeaderSize > MaxPayload {
		return fmt.Errorf("send request: environ of %d bytes is over the frame limit", environ)
	}
	h := Header{Length: uint32(len(out) - HeaderSize), Request: c.next, Type: Request}
	if s.bodyEnded {
		h.Flags = FlagEnd
	}
	AppendHeader(out[:0], h)
	c.out = out
	return c.write(out)
}

// frame takes the next frame from the worker.
func (s *serving) frame() error {
	h, err := s.c.header()
	if err != nil {
		return err
	}
	switch h.Type {
	case Head:
		err = s.takeHead(h)
	case Data:
		err = s.takeData(h)
	case File:
		err = s.takeFile(h)
	case End:
		err = s.takeEnd(h)
	case Want:
		err = s.takeWant(h)
	case Errors:
		err = s.takeErrors(h)
	default:
		err = breach("%v frame", h.Type)
	}
	if err == nil && !s.done && s.answering && !s.discard && s.c.r == s.c.w {
		s.failed(s.x.Response.Flush())
	}
	return err
}

// TimedOut tells whether a job ended because its time was over.
func (r Result) TimedOut() bool { return errors.Is(r.Err, os.ErrDeadlineExceeded) }
