package lane

import (
	"encoding/binary"
	"errors"

	"go.uber.org/zap"

	"modwsgi-express/core/exchange"
)

// The way of a response, from the frames of a worker to the client.

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
