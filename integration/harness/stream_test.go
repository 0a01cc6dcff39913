package harness_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestStream: what counts as a clean end and what does not, from a server that
// sends these bytes and closes.
func TestStream(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2022 00:00:00 GMT\r\n"
	for name, c := range map[string]struct {
		wire, body string
		err        error // io.EOF stands for any other than a cut
	}{
		"length":                 {head + "Content-Length: 5\r\n\r\n01234", "01234", nil},
		"length 0":               {head + "Content-Length: 0\r\n\r\n", "", nil},
		"length, cut":            {head + "Content-Length: 5\r\n\r\n012", "012", io.ErrUnexpectedEOF},
		"chunked":                {head + "Transfer-Encoding: chunked\r\n\r\n3\r\n012\r\n2\r\n34\r\n0\r\n\r\n", "01234", nil},
		"chunked, no last chunk": {head + "Transfer-Encoding: chunked\r\n\r\n3\r\n012\r\n", "012", io.ErrUnexpectedEOF},
		"chunked, half a chunk":  {head + "Transfer-Encoding: chunked\r\n\r\n3\r\n01", "01", io.ErrUnexpectedEOF},
		"chunked, half the end":  {head + "Transfer-Encoding: chunked\r\n\r\n3\r\n012\r\n0\r\n", "012", io.ErrUnexpectedEOF},
		"chunked, bad size":      {head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "", io.EOF},
		"chunked, bad end":       {head + "Transfer-Encoding: chunked\r\n\r\n1\r\n0XX0\r\n\r\n", "0", io.EOF},
		"close":                  {head + "Connection: close\r\n\r\n01234", "01234", nil},
		"interim first":          {"HTTP/1.1 100 Continue\r\n\r\n" + head + "Content-Length: 1\r\n\r\n0", "0", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := harness.Dial(t, sender(t, c.wire)).Stream("GET")
			err := s.Rest()
			if string(s.Body) != c.body {
				t.Errorf("body %q, expected %q", s.Body, c.body)
			}
			if cut := errors.Is(err, io.ErrUnexpectedEOF); cut != (c.err == io.ErrUnexpectedEOF) || (err == nil) != (c.err == nil) {
				t.Errorf("error %v, expected %v", err, c.err)
			}
		})
	}
}

// sender is the address of a server that sends these bytes to its one client.
func sender(t *testing.T, wire string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, wire)
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}
