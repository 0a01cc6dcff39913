package wsgi_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestFileWrapper: every way of using wsgi.file_wrapper (apps/contract/files.py)
// with a file that fits a buffer and one that does not. Each file is closed once.
func TestFileWrapper(t *testing.T) {
	s, _ := serve(t, "contract", "--threads", "1")
	s.Allow("/file/longer")
	want := map[string]int{}
	for _, size := range []int{5000, 20_000_000} {
		body := pattern(size)
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, body string
			framing    harness.Framing
		}{
			{"whole", body, harness.Length},
			{"no-length", body, ""},
			{"offset", body[1000:], harness.Length},
			{"offset-no-length", body[1000:], ""},
			{"shorter", body[:1000], harness.Length},
			{"at-end", "", ""},
			{"memory", body, harness.Length},
			{"only-read", body, harness.Length},
			{"pipe", "through a pipe\n", harness.Length},
			{"buffered", body[10:], harness.Length},
			{"plain", body, harness.Length},
		} {
			for _, method := range []string{"GET", "HEAD"} {
				raw := harness.Compose(method, "/file/"+c.name+"?path="+path, "")
				res := harness.Request(t, s, method, raw)
				if method == "HEAD" {
					c.body = ""
				} else if c.framing != "" && res.Framing != c.framing {
					t.Errorf("%s of %d bytes: framing %s, expected %s", c.name, size, res.Framing, c.framing)
				}
				if res.Status != 200 || len(res.Body) != len(c.body) || digest(string(res.Body)) != digest(c.body) {
					t.Errorf("%s %s of %d bytes: status %d, %d bytes, expected %d", method, c.name, size, res.Status, len(res.Body), len(c.body))
				}
				if c.name != "only-read" && c.name != "plain" {
					want[c.name]++
				}
			}
		}
		expectCutFile(t, s, path)
		want["longer"]++
	}
	checkClosed(t, s, want)
}

// expectCutFile: the file has fewer bytes than Content-Length says.
func expectCutFile(t *testing.T, s *harness.Server, path string) {
	t.Helper()
	c := harness.Dial(t, s.Address())
	c.Send(harness.Compose("GET", "/file/longer?path="+path, ""))
	res, err := c.Read("GET")
	var cut *harness.TruncatedError
	if !errors.As(err, &cut) && (err != nil || res.Status != 500) {
		t.Errorf("a file shorter than its Content-Length: %+v, %v", res, err)
	}
	c.ExpectClosed()
}

// checkClosed asks on the only thread, after everything else it has done.
func checkClosed(t *testing.T, s *harness.Server, want map[string]int) {
	t.Helper()
	var got map[string]int
	if err := json.Unmarshal(get(t, s, "/file/closed").Body, &got); err != nil {
		t.Fatal(err)
	}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s: %d files, closed %d times", name, n, got[name])
		}
	}
}

// TestFileShrinks: the file shrinks while it is sent; the client must not
// take what it has for the whole.
func TestFileShrinks(t *testing.T) {
	s, _ := serve(t, "contract")
	s.Allow("file/whole")
	path := filepath.Join(t.TempDir(), "file")
	const size = 200_000_000 // sparse, and more than all buffers on the way
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	c := s.Dial()
	c.Send(harness.Compose("GET", "/file/whole?path="+path, ""))
	stream := c.Stream("GET")
	stream.Until("\x00")
	if err := f.Truncate(1000); err != nil {
		t.Fatal(err)
	}
	stream.ExpectAbort()
}
