// Package demo asks the bundled demonstration application for every page.
package demo_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"modwsgi-express/express/demo"
	"modwsgi-express/integration/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

func start(t *testing.T, args ...string) *harness.Server {
	t.Helper()
	path := filepath.Join(t.TempDir(), "demo.py")
	if err := os.WriteFile(path, []byte(demo.Source), 0o644); err != nil {
		t.Fatal(err)
	}
	return harness.Start(t, harness.Options{Target: path, Args: args, Probe: probe(args)})
}

// probe is the first page, wherever it is mounted.
func probe(args []string) string {
	for i, a := range args {
		if a == "--mount-point" {
			return args[i+1] + "/"
		}
	}
	return "/"
}

var links = regexp.MustCompile(`href="(/[^"]*)"`)

// TestPages follows every link of every page, mounted at the root and below.
func TestPages(t *testing.T) {
	for _, mount := range []string{"", "/demo"} {
		var args []string
		if mount != "" {
			args = []string{"--mount-point", mount}
		}
		s := start(t, args...)
		seen, todo := map[string]bool{}, []string{mount + "/"}
		for len(todo) > 0 {
			page := todo[0]
			todo = todo[1:]
			if path, _, _ := strings.Cut(page, "?"); seen[path] || !strings.HasPrefix(path, mount+"/") {
				continue
			} else {
				seen[path] = true
			}
			if page == mount+"/stream" || strings.HasPrefix(page, mount+"/error/") {
				continue // have tests of their own
			}
			res := harness.Request(t, s, "GET", harness.Compose("GET", page, ""))
			if res.Status != 200 {
				t.Errorf("%s: status %d", page, res.Status)
			}
			for _, m := range links.FindAllStringSubmatch(string(res.Body), -1) {
				todo = append(todo, html.UnescapeString(m[1]))
			}
		}
		for _, page := range []string{"/", "/stream", "/upload", "/error", "/slow", "/environ"} {
			if !seen[mount+page] {
				t.Errorf("no link leads to %s", mount+page)
			}
		}
	}
}

// TestStream: the page comes block by block and ends cleanly.
func TestStream(t *testing.T) {
	s := start(t)
	c := s.Dial()
	c.Send(harness.Compose("GET", "/stream", ""))
	stream := c.Stream("GET")
	if stream.Framing != harness.Chunked {
		t.Errorf("framing %s", stream.Framing)
	}
	if err := stream.Rest(); err != nil {
		t.Errorf("the stream did not end cleanly: %v", err)
	}
}

// TestErrors: a 500 before the head; after it an abort, unless nothing had left
// yet, when the client can still be told with a 500.
func TestErrors(t *testing.T) {
	s := start(t)
	s.Allow("/error/")
	if res := s.Get("/error/before?token=x"); res.Status != 500 {
		t.Errorf("/error/before: status %d", res.Status)
	}
	for _, page := range []string{"/error/midway?token=x", "/error/short?token=x"} {
		c := harness.Dial(t, s.Address())
		c.Send(harness.Compose("GET", page, ""))
		var cut *harness.TruncatedError
		if res, err := c.Read("GET"); !errors.As(err, &cut) && (err != nil || res.Status != 500) {
			t.Errorf("%s: %+v, %v, expected an abort or a 500", page, res, err)
		}
		c.ExpectClosed()
	}
}

// TestUpload: as the page's script sends it, and as a form without a script.
func TestUpload(t *testing.T) {
	s := start(t)
	data := strings.Repeat("demo data\n", 200000)
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(data)))
	res := harness.Request(t, s, "PUT", harness.Compose("PUT", "/upload", data))
	var got struct {
		Size   int
		SHA256 string
	}
	if err := json.Unmarshal(res.Body, &got); err != nil || got.Size != len(data) || got.SHA256 != sum {
		t.Errorf("PUT: %d %+v %v", res.Status, got, err)
	}
	form := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n" + data + "\r\n--b--\r\n"
	res = harness.Request(t, s, "POST", harness.Compose("POST", "/upload", form, "Content-Type: multipart/form-data; boundary=b"))
	if res.Status != 200 || !strings.Contains(string(res.Body), sum) {
		t.Errorf("POST: %d %.300q", res.Status, res.Body)
	}
}

// TestUnknown: pages that are not there, and methods that are not for them.
func TestUnknown(t *testing.T) {
	s := start(t)
	if res := s.Get("/nowhere"); res.Status != 404 {
		t.Errorf("/nowhere: status %d", res.Status)
	}
	res := harness.Request(t, s, "DELETE", harness.Compose("DELETE", "/", ""))
	if res.Status != 405 {
		t.Errorf("DELETE /: status %d", res.Status)
	}
}
