package harness

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Framing is how the end of a response body is found.
type Framing string

const (
	NoBody  Framing = "none"    // HEAD, 1xx, 204, 304
	Length  Framing = "length"  // Content-Length
	Chunked Framing = "chunked" // Transfer-Encoding: chunked
	Close   Framing = "close"   // the end of the connection
)

// Response is one response as it stood on the wire.
type Response struct {
	Status  int
	Reason  string
	Fields  [][2]string // in order; values without white space around them
	Framing Framing
	Body    []byte
}

// Get is the value of the first field of that name, "" if there is none.
func (r *Response) Get(name string) string {
	for _, f := range r.Fields {
		if strings.EqualFold(f[0], name) {
			return f[1]
		}
	}
	return ""
}

// Values are the values of all fields of that name.
func (r *Response) Values(name string) []string {
	var values []string
	for _, f := range r.Fields {
		if strings.EqualFold(f[0], name) {
			values = append(values, f[1])
		}
	}
	return values
}

// Closes tells whether the response announces that the connection ends.
func (r *Response) Closes() bool {
	for _, v := range r.Values("Connection") {
		for option := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(option), "close") {
				return true
			}
		}
	}
	return false
}

// TruncatedError says that the connection ended inside a response: this is how
// an aborted response has to look.
type TruncatedError struct {
	Got *Response // as far as it came; nil inside the head
	Err error
}

func (e *TruncatedError) Error() string { return "response cut off: " + e.Err.Error() }
func (e *TruncatedError) Unwrap() error { return e.Err }

// Limits of the reader: a server that sends more is broken.
const (
	maxResponseLine   = 64 << 10
	maxResponseFields = 500
)

// ReadResponse reads one response to a request of that method. It takes only
// what RFC 9112 lets a server send; io.EOF means that the connection ended
// before the first byte.
func ReadResponse(r *bufio.Reader, method string) (*Response, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	res, err := readHead(r)
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || isReset(err) {
			return nil, &TruncatedError{Err: err}
		}
		return nil, err
	}
	if res.Framing, err = framing(res, method); err != nil {
		return nil, err
	}
	if err := lint(res); err != nil {
		return nil, err
	}
	if err := readBody(r, res); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || isReset(err) {
			return nil, &TruncatedError{Got: res, Err: err}
		}
		return nil, err
	}
	return res, nil
}

func readHead(r *bufio.Reader) (*Response, error) {
	line, err := readLine(r)
	if err != nil {
		return nil, err
	}
	res := new(Response)
	if res.Status, res.Reason, err = parseStatusLine(line); err != nil {
		return nil, err
	}
	for {
		line, err := readLine(r)
		if err != nil {
			return nil, err
		}
		if line == "" {
			return res, nil
		}
		name, value, err := parseField(line)
		if err != nil {
			return nil, err
		}
		if res.Fields = append(res.Fields, [2]string{name, value}); len(res.Fields) > maxResponseFields {
			return nil, fmt.Errorf("more than %d fields in a response", maxResponseFields)
		}
	}
}

// readLine reads up to CRLF. A bare CR or LF is an error, never a line end.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		b, err := r.ReadByte()
		if err != nil {
			return "", unexpected(err)
		}
		if b == '\n' {
			return "", fmt.Errorf("bare LF after %q", line)
		}
		if b != '\r' {
			if line = append(line, b); len(line) > maxResponseLine {
				return "", fmt.Errorf("line longer than %d bytes", maxResponseLine)
			}
			continue
		}
		if b, err = r.ReadByte(); err != nil {
			return "", unexpected(err)
		}
		if b != '\n' {
			return "", fmt.Errorf("bare CR after %q", line)
		}
		return string(line), nil
	}
}

// parseStatusLine: RFC 9112 section 4. The server speaks HTTP/1.1 whatever the
// request said (RFC 9110 section 2.5), and the space before an empty reason
// has to be there.
func parseStatusLine(line string) (int, string, error) {
	rest, ok := strings.CutPrefix(line, "HTTP/1.1 ")
	if !ok || len(rest) < 4 || rest[3] != ' ' {
		return 0, "", fmt.Errorf("malformed status line %q", line)
	}
	status, err := strconv.Atoi(rest[:3])
	if err != nil || status < 100 || status > 599 {
		return 0, "", fmt.Errorf("malformed status code in %q", line)
	}
	for i := range len(rest) {
		if c := rest[i]; c != '\t' && c < ' ' || c == 0x7f {
			return 0, "", fmt.Errorf("control character in status line %q", line)
		}
	}
	return status, rest[4:], nil
}

// parseField: RFC 9112 section 5, without the obsolete line folding.
func parseField(line string) (name, value string, err error) {
	name, value, ok := strings.Cut(line, ":")
	if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isTokenChar(r) }) {
		return "", "", fmt.Errorf("malformed field line %q", line)
	}
	value = strings.Trim(value, " \t")
	for i := range len(value) {
		if c := value[i]; c != '\t' && c < ' ' || c == 0x7f {
			return "", "", fmt.Errorf("control character in field line %q", line)
		}
	}
	return name, value, nil
}

func isTokenChar(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	}
	return strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// framing: RFC 9112 section 6.3 for responses, strictly: a length that is
// given twice, or together with a transfer coding, is an error.
func framing(res *Response, method string) (Framing, error) {
	lengths, codings := res.Values("Content-Length"), res.Values("Transfer-Encoding")
	if len(lengths) > 1 || len(codings) > 1 || len(lengths) == 1 && len(codings) == 1 {
		return "", fmt.Errorf("ambiguous framing: Content-Length %q, Transfer-Encoding %q", lengths, codings)
	}
	if len(codings) == 1 && codings[0] != "chunked" {
		return "", fmt.Errorf("transfer coding %q", codings[0])
	}
	if len(lengths) == 1 {
		if _, err := parseLength(lengths[0]); err != nil {
			return "", err
		}
	}
	noContent := res.Status < 200 || res.Status == 204
	if noContent && len(lengths)+len(codings) > 0 {
		return "", fmt.Errorf("framing fields in a %d response (RFC 9110 section 8.6, RFC 9112 section 6.1)", res.Status)
	}
	switch {
	case noContent || res.Status == 304 || method == "HEAD":
		return NoBody, nil
	case len(codings) == 1:
		return Chunked, nil
	case len(lengths) == 1:
		return Length, nil
	}
	return Close, nil
}

func parseLength(s string) (int64, error) {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, fmt.Errorf("malformed Content-Length %q", s)
	}
	return strconv.ParseInt(s, 10, 64)
}

// lint checks what every final response of an origin server has to have.
func lint(res *Response) error {
	if res.Status < 200 {
		return nil
	}
	dates := res.Values("Date")
	if len(dates) != 1 {
		return fmt.Errorf("%d Date fields in a %d response (RFC 9110 section 6.6.1)", len(dates), res.Status)
	}
	if _, err := http.ParseTime(dates[0]); err != nil {
		return fmt.Errorf("malformed Date: %w", err)
	}
	if res.Framing == Close && !res.Closes() {
		return fmt.Errorf("a %d response that ends with the connection does not say so: %q", res.Status, res.Fields)
	}
	if slices.Contains([]int{405}, res.Status) && res.Values("Allow") == nil {
		return errors.New("405 without Allow (RFC 9110 section 15.5.6)")
	}
	return nil
}

func readBody(r *bufio.Reader, res *Response) error {
	switch res.Framing {
	case Length:
		n, _ := parseLength(res.Get("Content-Length")) // framing has checked it
		return readInto(r, res, n)
	case Chunked:
		return readChunks(r, res)
	case Close:
		body, err := io.ReadAll(r)
		res.Body = body
		return unexpected(err)
	}
	return nil
}

func readInto(r *bufio.Reader, res *Response, n int64) error {
	var buf bytes.Buffer
	_, err := io.CopyN(&buf, r, n)
	res.Body = append(res.Body, buf.Bytes()...)
	return unexpected(err)
}

// readChunks: RFC 9112 section 7.1, without the extensions and trailers that
// the server has no reason to send.
func readChunks(r *bufio.Reader, res *Response) error {
	for {
		line, err := readLine(r)
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(line, 16, 32)
		if err != nil {
			return fmt.Errorf("malformed chunk size %q", line)
		}
		if size > 0 {
			if err := readInto(r, res, int64(size)); err != nil {
				return err
			}
		}
		end, err := readLine(r)
		if err != nil {
			return err
		}
		if end != "" {
			return fmt.Errorf("%q where the end of a chunk of %d bytes should be", end, size)
		}
		if size == 0 {
			return nil
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
