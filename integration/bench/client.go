package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// client is one HTTP/1.1 connection that sends prepared requests and reads the
// responses away. It does the little that a load generator needs, fast enough
// not to be what is measured.
type client struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

// errStatus is a response that is not a 200.
var errStatus = errors.New("status")

const longestHead = 64 << 10

// open connects, unless the connection is still there. It has a limit of its own
// instead of a context: the end of the load is no failure to connect.
func (c *client) open() error {
	if c.conn != nil {
		return nil
	}
	conn, err := net.DialTimeout("tcp", c.address, requestLimit)
	if err != nil {
		return err
	}
	c.conn = conn
	if c.reader == nil {
		c.reader = bufio.NewReaderSize(conn, 4096)
	} else {
		c.reader.Reset(conn)
	}
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// do sends a request and reads its response, and closes the connection where
// the response says so.
func (c *client) do(request []byte, limit time.Duration) (faults, error) {
	if err := c.conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return faults{Connect: 1}, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return faultOf(err, faults{Write: 1}), err
	}
	return c.response()
}

// response reads one away.
func (c *client) response() (faults, error) {
	stays, err := readResponse(c.reader)
	switch {
	case errors.Is(err, errStatus):
		return faults{Status: 1}, err
	case err != nil:
		return faultOf(err, faults{Read: 1}), err
	case !stays:
		c.close()
	}
	return faults{}, nil
}

// faultOf tells time-outs from other failures.
func faultOf(err error, other faults) faults {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return faults{Timeout: 1}
	}
	return other
}

// readResponse reads a response and tells whether the connection stays open
// after it (RFC 9112, sections 6.3 and 9.3).
func readResponse(r *bufio.Reader) (stays bool, err error) {
	status, err := readLine(r)
	if err != nil {
		return false, err
	}
	version, rest, _ := strings.Cut(status, " ")
	stays = version == "HTTP/1.1"
	length, chunked := int64(-1), false
	for size := 0; ; {
		line, err := readLine(r)
		if err != nil {
			return false, unfinished(err)
		}
		if line == "" {
			break
		}
		if size += len(line); size > longestHead {
			return false, errors.New("the head of the response is too long")
		}
		name, value, _ := strings.Cut(line, ":")
		value = textproto.TrimString(value)
		switch {
		case strings.EqualFold(name, "Content-Length"):
			if length, err = strconv.ParseInt(value, 10, 64); err != nil || length < 0 {
				return false, fmt.Errorf("response with the length %q", value)
			}
		case strings.EqualFold(name, "Transfer-Encoding"):
			chunked = strings.EqualFold(value, "chunked")
		case strings.EqualFold(name, "Connection"):
			stays = strings.EqualFold(value, "keep-alive") || stays && !strings.EqualFold(value, "close")
		}
	}
	if err := readBody(r, length, chunked); err != nil {
		return false, err
	}
	if !strings.HasPrefix(rest, "200") {
		return false, fmt.Errorf("%w %.20q", errStatus, rest)
	}
	return stays && (chunked || length >= 0), nil
}

func readBody(r *bufio.Reader, length int64, chunked bool) error {
	if chunked {
		return readChunks(r)
	}
	if length < 0 {
		_, err := io.Copy(io.Discard, r) // it ends with the connection
		return err
	}
	return skip(r, length)
}

func readChunks(r *bufio.Reader) error {
	for {
		line, err := readLine(r)
		if err != nil {
			return unfinished(err)
		}
		size, err := strconv.ParseInt(line, 16, 32)
		if err != nil || size < 0 {
			return fmt.Errorf("chunk with the size %q", line)
		}
		if err := skip(r, size); err != nil {
			return err
		}
		end, err := readLine(r)
		if err != nil || end != "" {
			return fmt.Errorf("chunk without an end: %w", unfinished(err))
		}
		if size == 0 {
			return nil
		}
	}
}

func skip(r *bufio.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, r, n)
	return unfinished(err)
}

// readLine is a line without its end. Lines longer than the reader's buffer are
// refused.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	return string(bytes.TrimRight(line, "\r\n")), nil
}

// unfinished is for an end of the connection in the middle of a response.
func unfinished(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
