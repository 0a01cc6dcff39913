package harness

import (
	"fmt"
	"strings"
	"testing"
)

// Compose writes a request with Host, the given field lines, and, if there is a
// body or the method usually has one, Content-Length.
func Compose(method, target, body string, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: test\r\n", method, target)
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	if body != "" || method == "POST" || method == "PUT" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	return b.String() + "\r\n" + body
}

// ComposeChunked writes the same with a chunked body in chunks of size bytes.
func ComposeChunked(method, target, body string, size int, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n", method, target)
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	b.WriteString("\r\n")
	for len(body) > 0 {
		part := body[:min(size, len(body))]
		body = body[len(part):]
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
	}
	return b.String() + "0\r\n\r\n"
}

// Request makes one request on a connection of its own and reads the final
// response. Sending goes on beside reading: both sides may be large.
func Request(tb testing.TB, s *Server, method, raw string) *Response {
	tb.Helper()
	c := Dial(tb, s.Address())
	defer c.Close()
	return c.Exchange(method, raw)
}

// Exchange sends a request on the connection, while it reads the final response.
func (c *Conn) Exchange(method, raw string) *Response {
	c.tb.Helper()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		c.Send(raw)
	}()
	res := c.Final(method)
	<-sent
	return res
}
