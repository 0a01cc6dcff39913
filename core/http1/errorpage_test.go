package http1_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"modwsgi-express/core/http1"
)

func TestAppendError(t *testing.T) {
	got := string(http1.AppendError([]byte("x"), 503, []byte(testDate), "s/1", false, fields("Retry-After", "5")...))
	const page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>503 Service Unavailable</title></head>\n" +
		"<body>\n<h1>503 Service Unavailable</h1>\n<p>The server is busy or starting. Please try again in a moment.</p>\n</body>\n</html>\n"
	want := "xHTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nDate: " + testDate + "\r\nServer: s/1\r\n" +
		"Content-Type: text/html; charset=utf-8\r\nContent-Length: 232\r\nConnection: close\r\n\r\n" + page
	if got != want {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}

// Every status gives a page that a client can read, ended by its length, with a
// sentence in it.
func TestErrorPages(t *testing.T) {
	for status := 400; status < 600; status++ {
		for _, head := range []bool{false, true} {
			out := http1.AppendError(nil, status, []byte(testDate), "", head)
			method := map[bool]string{true: "HEAD", false: "GET"}[head]
			r := bufio.NewReader(bytes.NewReader(out))
			resp, err := http.ReadResponse(r, &http.Request{Method: method})
			if err != nil {
				t.Fatalf("%d: %v", status, err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || r.Buffered() > 0 || resp.StatusCode != status || !resp.Close || resp.ContentLength < 0 {
				t.Errorf("%d to %s: %v, %d bytes behind it, %v", status, method, err, r.Buffered(), resp)
			}
			if resp.Header.Get("Server") != "" || resp.Header.Get("Date") != testDate {
				t.Errorf("%d: fields %q", status, resp.Header)
			}
			if head != (len(body) == 0) || !head && (int64(len(body)) != resp.ContentLength || !strings.Contains(string(body), ".</p>")) {
				t.Errorf("%d to %s: body %q", status, method, body)
			}
		}
	}
}
