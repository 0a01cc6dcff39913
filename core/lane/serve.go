package lane

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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

func (s *serving) takeHead(h Header) error {
	if s.answering || h.Length < 4 {
		return breach("HEAD frame that is the second one or too short (%d bytes)", h.Length)
	}
	s.answering = true
	lead, err := s.c.whole(4)
	if err != nil {
		return err
	}
	n := binary.LittleEndian.Uint32(lead)
	if n > MaxHead || n > h.Length-4 {
		return breach("head block of %d bytes in a frame of %d", n, h.Length)
	}
	block, err := s.c.whole(int(n))
	if err != nil {
		return err
	}
	first := int64(h.Length - 4 - n)
	if s.parse(block); !s.discard {
		s.sized(h, first)
		s.failed(s.x.Response.Head(&s.head))
	}
	return s.relay(h, int(first))
}

// sized announces the length of a response that is here completely (PEP 3333
// allows it; it keeps HTTP/1.0 connections open and saves the chunk framing).
func (s *serving) sized(h Header, n int64) {
	if h.Flags&FlagEnd == 0 || s.head.ContentLength >= 0 || s.head.Status == 204 || s.head.Status == 304 {
		return
	}
	if n == 0 && s.x.Request.IsHead() {
		return // the length of what GET would have sent is not known
	}
	s.head.ContentLength = n
}

func (s *serving) takeData(h Header) error {
	if !s.answering {
		return breach("DATA frame before the HEAD")
	}
	return s.relay(h, int(h.Length))
}

// relay passes on n response bytes, and the end if the frame has it.
func (s *serving) relay(h Header, n int) error {
	for n > 0 {
		p, err := s.c.piece(n)
		if err != nil {
			return err
		}
		n -= len(p)
		if !s.discard {
			s.failed(s.x.Response.Write(p))
		}
	}
	if h.Flags&FlagEnd != 0 {
		s.end()
	}
	return nil
}

func (s *serving) takeFile(h Header) error {
	if !s.answering || h.Length != 16 {
		return breach("FILE frame before the HEAD or of %d bytes", h.Length)
	}
	p, err := s.c.whole(16)
	if err != nil {
		return err
	}
	off, n := int64(binary.LittleEndian.Uint64(p)), int64(binary.LittleEndian.Uint64(p[8:]))
	if off < 0 || n < 0 || off+n < 0 {
		return breach("FILE frame with offset %d and length %d", off, n)
	}
	f, err := s.c.claim()
	if err != nil {
		return err
	}
	if s.discard || n == 0 {
		f.Close()
	} else {
		s.failed(s.x.Response.SendFile(f, off, n))
	}
	if h.Flags&FlagEnd != 0 {
		s.end()
	}
	return nil
}

func (s *serving) takeEnd(h Header) error {
	text, err := s.c.whole(int(h.Length))
	if err != nil {
		return err
	}
	s.exit = h.Flags&FlagExit != 0
	switch {
	case h.Flags&FlagError != 0:
		s.done = true
		if !s.discard {
			s.x.Response.Abort(s.blame(), &ApplicationError{string(text)})
		}
	case !s.answering:
		return breach("END frame without a HEAD")
	default:
		s.end()
	}
	return nil
}

// blame is the status for an application that failed: what the client deserves
// if it was the client's body that made it fail.
func (s *serving) blame() int {
	if s.bodyErr != nil {
		return s.bodyErr.Status
	}
	return 500
}

// end completes the response.
func (s *serving) end() {
	s.done = true
	if s.discard {
		return
	}
	if err := s.x.Response.End(); errors.Is(err, exchange.ErrShortBody) {
		s.job.Log.Error("response is shorter than its Content-Length, connection reset", s.about()...)
	}
	if !s.x.Request.IsHead() {
		s.dropped = s.x.Response.Extra()
	}
}

// ApplicationError says how an application failed: the last line of the
// traceback, which is in the log.
type ApplicationError struct{ Line string }

func (e *ApplicationError) Error() string { return "application raised " + e.Line }

// refuse answers for a worker whose head cannot be sent.
func (s *serving) refuse(err error) {
	if s.discard {
		return
	}
	s.job.Log.Error("response refused", append(s.about(), zap.Error(err))...)
	s.x.Response.Abort(500, err)
	s.abort()
}

// failed notes that the client cannot be served any more.
func (s *serving) failed(err error) {
	if err == nil || s.discard {
		return
	}
	s.x.Response.Abort(499, err)
	s.abort()
}

// abort tells the worker to stop. If that cannot be sent the worker is dead,
// which the next receive finds out.
func (s *serving) abort() {
	s.discard = true
	s.bodyEnded = true
	if s.c == nil {
		return // the request did not come over a lane: GoOn tells, if it gets there
	}
	_ = s.c.write(AppendHeader(nil, Header{Request: s.c.next, Type: Abort}))
}

func (s *serving) takeErrors(h Header) error {
	text, err := s.c.whole(int(h.Length))
	if err != nil {
		return err
	}
	text = bytes.TrimRight(bytes.ToValidUTF8(text, []byte("\uFFFD")), "\n")
	if len(text) == 0 {
		return nil
	}
	if h.Flags&FlagError != 0 {
		s.job.Output.Error("application failed", append(s.about(), zap.ByteString("traceback", text))...)
	} else {
		s.job.Output.Info(string(text), s.about()...)
	}
	return nil
}

// about are the log fields that tell which request it is.
func (s *serving) about() []zap.Field {
	var id [40]byte
	return []zap.Field{
		zap.String("request_id", string(s.x.AppendID(id[:0]))),
		zap.ByteString("method", s.x.Request.Method),
		zap.ByteString("target", s.x.Request.Target),
	}
}

// takeWant answers with the next bytes of the body.
func (s *serving) takeWant(h Header) error {
	p, err := s.c.whole(int(h.Length))
	if err != nil {
		return err
	}
	if len(p) != 4 || binary.LittleEndian.Uint32(p) == 0 {
		return breach("WANT frame of %d bytes or for nothing", len(p))
	}
	if s.discard {
		return nil // the ABORT is its answer
	}
	if s.bodyEnded {
		return breach("WANT frame after the end of the body")
	}
	s.asked = true
	want := min(int(binary.LittleEndian.Uint32(p)), bodyStep)
	if s.answering {
		// Who reads on while answering wants the client to see the answer so far.
		s.failed(s.x.Response.Flush())
		if s.discard {
			return nil
		}
	}
	return s.body(want)
}

func (s *serving) body(want int) error {
	c := s.c
	if cap(c.out) < HeaderSize+want {
		c.out = make([]byte, HeaderSize+want)
	}
	out := c.out[:HeaderSize+want]
	n, err := s.x.Body.Read(out[HeaderSize:])
	h := Header{Request: c.next, Type: Body}
	s.sent += int64(n)
	switch {
	case err == io.EOF || err == nil && s.sent == s.x.Body.Size():
		s.bodyEnded, h.Flags = true, FlagEnd
	case err != nil:
		s.bodyEnded, h.Flags = true, FlagError
		errors.As(err, &s.bodyErr)
		n = copy(out[HeaderSize:], err.Error())
	}
	h.Length = uint32(n)
	AppendHeader(out[:0], h)
	return c.write(out[:HeaderSize+n])
}

// TimedOut tells whether a job ended because its time was over.
func (r Result) TimedOut() bool { return errors.Is(r.Err, os.ErrDeadlineExceeded) }
