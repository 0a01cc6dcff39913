package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadResponse(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		name, raw string
		stays     bool
		fails     bool
		left      string
	}{
		{"length", ok + "Content-Length: 3\r\n\r\nabcNEXT", true, false, "NEXT"},
		{"chunks", ok + "transfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nNEXT", true, false, "NEXT"},
		{"to the end", ok + "\r\nabc", false, false, ""},
		{"close", ok + "Connection: close\r\nContent-Length: 3\r\n\r\nabc", false, false, ""},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, false, ""},
		{"HTTP/1.0 that stays", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", true, false, ""},
		{"another status", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", false, true, ""},
		{"nothing", "", false, true, ""},
		{"cut head", ok + "Content-Length: 3\r\n", false, true, ""},
		{"cut body", ok + "Content-Length: 3\r\n\r\nab", false, true, ""},
		{"cut chunk", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nab", false, true, ""},
		{"no last chunk", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", false, true, ""},
		{"bad length", ok + "Content-Length: -3\r\n\r\n", false, true, ""},
		{"bad chunk size", ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", false, true, ""},
		{"endless head", ok + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 100) + "\r\n", false, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := bufio.NewReader(strings.NewReader(c.raw))
			stays, err := readResponse(r)
			if (err != nil) != c.fails {
				t.Fatalf("error %v", err)
			}
			if err == nil && stays != c.stays {
				t.Errorf("the connection stays: %v", stays)
			}
			if left, _ := io.ReadAll(r); err == nil && string(left) != c.left {
				t.Errorf("left over: %q", left)
			}
		})
	}
}

// An end before the first byte is told from one in the middle: the first is a
// connection that was closed between two requests.
func TestReadResponseEnd(t *testing.T) {
	for raw, want := range map[string]error{"": io.EOF, "HTTP/1.1 200 OK\r\n": io.ErrUnexpectedEOF} {
		if _, err := readResponse(bufio.NewReader(strings.NewReader(raw))); !errors.Is(err, want) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func FuzzReadResponse(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		r := bufio.NewReader(strings.NewReader(raw))
		stays, err := readResponse(r)
		if stays && err != nil {
			t.Errorf("the connection stays after %v", err)
		}
		if err == nil && !strings.Contains(raw, " 200") {
			t.Errorf("%q was taken for a success", raw)
		}
	})
}
