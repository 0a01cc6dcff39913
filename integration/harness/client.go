package harness

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Patience is the limit of every wait. It is no measure of the server: a
// correct one answers long before, and a broken one fails the test.
const Patience = 30 * time.Second

// Conn is a client connection in raw bytes.
type Conn struct {
	tb testing.TB
	c  net.Conn
	r  *bufio.Reader
}

// Dial connects to an address as the log gives it: host:port or unix:/path. The
// connection is closed at the end of the test.
func Dial(tb testing.TB, address string) *Conn {
	tb.Helper()
	network := "tcp"
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	c, err := net.DialTimeout(network, address, Patience)
	if err != nil {
		tb.Fatalf("connect to the server: %v", err)
	}
	conn := &Conn{tb: tb, c: c, r: bufio.NewReader(c)}
	tb.Cleanup(conn.Close)
	return conn
}

// Close closes the connection; twice is no mistake.
func (c *Conn) Close() { c.c.Close() }

// Send writes the bytes in one piece. A server may answer and close before it
// has read everything, so an error of the connection is not one of the test.
// It may be called beside a reader, from another goroutine.
func (c *Conn) Send(raw string) {
	c.tb.Helper()
	c.SendPieces(raw, len(raw))
}

// SendPieces writes the bytes in pieces of n. TCP_NODELAY is on, so each is a
// segment of its own.
func (c *Conn) SendPieces(raw string, n int) {
	c.tb.Helper()
	if c.c.SetWriteDeadline(time.Now().Add(Patience)) != nil {
		return // closed by the test meanwhile
	}
	for len(raw) > 0 {
		piece := raw[:min(n, len(raw))]
		if _, err := io.WriteString(c.c, piece); err != nil {
			if isTimeout(err) {
				c.tb.Errorf("the server has read nothing for %v", Patience)
			}
			return
		}
		raw = raw[len(piece):]
	}
}

// CloseWrite ends the client's side of the connection and goes on reading.
func (c *Conn) CloseWrite() {
	c.tb.Helper()
	if err := c.c.(interface{ CloseWrite() error }).CloseWrite(); err != nil && !isReset(err) {
		c.tb.Fatalf("half-close: %v", err)
	}
}

// Reset ends the connection with a RST.
func (c *Conn) Reset() {
	c.tb.Helper()
	if tcp, ok := c.c.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil && !isReset(err) {
			c.tb.Fatalf("set linger: %v", err)
		}
	}
	c.c.Close()
}

// Read reads one response to a request of that method, which may be a 1xx.
func (c *Conn) Read(method string) (*Response, error) {
	if err := c.c.SetReadDeadline(time.Now().Add(Patience)); err != nil {
		return nil, err
	}
	return ReadResponse(c.r, method)
}

// Final reads the final response, passing over 1xx ones, and fails the test
// where there is none.
func (c *Conn) Final(method string) *Response {
	c.tb.Helper()
	for {
		res, err := c.Read(method)
		if err != nil {
			c.tb.Fatalf("read response to %s: %v", method, err)
		}
		if res.Status >= 200 {
			return res
		}
	}
}

// Expect reads one response, which has to have that status.
func (c *Conn) Expect(method string, status int) *Response {
	c.tb.Helper()
	res, err := c.Read(method)
	if err != nil {
		c.tb.Fatalf("read response to %s, expected %d: %v", method, status, err)
	}
	if res.Status != status {
		c.tb.Fatalf("%s answered with %d %s, expected %d; body: %.300q", method, res.Status, res.Reason, status, res.Body)
	}
	return res
}

// ExpectClosed fails the test unless the server closes or resets the
// connection without another byte.
func (c *Conn) ExpectClosed() {
	c.tb.Helper()
	if err := c.c.SetReadDeadline(time.Now().Add(Patience)); err != nil {
		c.tb.Fatalf("set read deadline: %v", err)
	}
	b, err := c.r.ReadByte()
	switch {
	case err == nil:
		rest, _ := c.r.Peek(c.r.Buffered())
		c.tb.Fatalf("expected the connection to be closed, got more bytes: %.300q", append([]byte{b}, rest...))
	case isTimeout(err):
		c.tb.Fatalf("the server has left the connection open for %v", Patience)
	case err != io.EOF && !isReset(err):
		c.tb.Fatalf("expected the connection to be closed: %v", err)
	}
}

// ExpectEOF is ExpectClosed without the reset: for answers that have to end
// cleanly.
func (c *Conn) ExpectEOF() {
	c.tb.Helper()
	if err := c.c.SetReadDeadline(time.Now().Add(Patience)); err != nil {
		c.tb.Fatalf("set read deadline: %v", err)
	}
	if b, err := c.r.ReadByte(); err != io.EOF {
		c.tb.Fatalf("expected the end of the connection, got byte %q, error %v", b, err)
	}
}

// ExpectSilence fails the test if the server has sent something by now. It
// looks for a moment only: it can miss a byte that comes too late, and never
// blames a server that sends none.
func (c *Conn) ExpectSilence() {
	c.tb.Helper()
	if err := c.c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		c.tb.Fatalf("set read deadline: %v", err)
	}
	b, err := c.r.ReadByte()
	if err == nil {
		rest, _ := c.r.Peek(c.r.Buffered())
		c.tb.Fatalf("expected no byte yet, got %.300q", append([]byte{b}, rest...))
	}
	if !isTimeout(err) {
		c.tb.Fatalf("expected an open, silent connection: %v", err)
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ENOTCONN)
}

// Skip reads and forgets up to n bytes.
func (c *Conn) Skip(n int) {
	c.tb.Helper()
	if err := c.c.SetReadDeadline(time.Now().Add(Patience)); err != nil {
		c.tb.Fatalf("set read deadline: %v", err)
	}
	if _, err := c.r.Discard(n); isTimeout(err) {
		c.tb.Fatalf("the server has sent fewer than %d bytes in %v", n, Patience)
	}
}
