package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Stream is a response whose body is read in steps, as it comes.
type Stream struct {
	*Response // Body is what was read so far

	c    *Conn
	left int64 // bytes to the end of the body (Length) or of the chunk (Chunked)
	past bool  // Chunked: at least one chunk was read
	done error // io.EOF after a clean end, or what broke the body off
}

// Stream reads the head of a final response.
func (c *Conn) Stream(method string) *Stream {
	c.tb.Helper()
	c.patience()
	res, err := readHead(c.r)
	for err == nil && res.Status < 200 {
		res, err = readHead(c.r)
	}
	if err == nil {
		res.Framing, err = framing(res, method)
	}
	if err == nil {
		err = lint(res)
	}
	if err != nil {
		c.tb.Fatalf("read head of the response to %s: %v", method, err)
	}
	s := &Stream{Response: res, c: c}
	switch res.Framing {
	case NoBody:
		s.done = io.EOF
	case Length:
		if s.left, _ = parseLength(res.Get("Content-Length")); s.left == 0 {
			s.done = io.EOF
		}
	}
	return s
}

// Until reads until the body so far ends with that text, and fails the test if
// the body ends before.
func (s *Stream) Until(text string) {
	s.c.tb.Helper()
	for !bytes.HasSuffix(s.Body, []byte(text)) {
		if !s.step(1) {
			s.c.tb.Fatalf("the body ended before %q: %v, %.300q", text, s.done, s.Body)
		}
	}
}

// Rest reads to the end: nil for a clean one, else how the body broke off.
func (s *Stream) Rest() error {
	for s.step(64 << 10) {
	}
	if s.done == io.EOF {
		return nil
	}
	return s.done
}

// ExpectAbort fails the test unless the body breaks off: no last chunk, fewer
// bytes than announced, or a reset; and nothing comes after it.
func (s *Stream) ExpectAbort() {
	s.c.tb.Helper()
	err := s.Rest()
	if err == nil {
		s.c.tb.Fatalf("the response ended cleanly after %d bytes (%s), expected it to be aborted", len(s.Body), s.Framing)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) && !isReset(err) {
		s.c.tb.Fatalf("expected the response to be cut off: %v", err)
	}
	s.c.ExpectClosed()
}

// step reads up to n bytes of the body; false at its end.
func (s *Stream) step(n int64) bool {
	if s.done != nil {
		return false
	}
	s.c.patience()
	if s.done = s.enterChunk(); s.done != nil {
		return false
	}
	if s.Framing != Close {
		n = min(n, s.left)
	}
	part := make([]byte, n)
	got, err := s.c.r.Read(part)
	s.Body = append(s.Body, part[:got]...)
	s.left -= int64(got)
	switch {
	case err == io.EOF && s.Framing == Close:
		s.done = io.EOF
	case err != nil:
		s.done = unexpected(err)
	case s.Framing == Length && s.left == 0:
		s.done = io.EOF
	}
	return got > 0 || s.done == nil
}

// enterChunk reads the line before a chunk where one is due.
func (s *Stream) enterChunk() error {
	if s.Framing != Chunked || s.left > 0 {
		return nil
	}
	if s.past {
		if end, err := readLine(s.c.r); err != nil {
			return err
		} else if end != "" {
			return fmt.Errorf("%q where the end of a chunk should be", end)
		}
	}
	line, err := readLine(s.c.r)
	if err != nil {
		return err
	}
	size, err := strconv.ParseUint(line, 16, 31)
	if err != nil {
		return fmt.Errorf("malformed chunk size %q", line)
	}
	if s.left, s.past = int64(size), true; size > 0 {
		return nil
	}
	if end, err := readLine(s.c.r); err != nil {
		return err
	} else if end != "" {
		return fmt.Errorf("%q after the last chunk", end)
	}
	return io.EOF
}

func (c *Conn) patience() {
	c.tb.Helper()
	if err := c.c.SetReadDeadline(time.Now().Add(Patience)); err != nil {
		c.tb.Fatalf("set read deadline: %v", err)
	}
}
