package lane

import (
	"encoding/binary"
	"errors"
	"io"
)

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
