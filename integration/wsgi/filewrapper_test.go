package wsgi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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

// TestFileIsNotCopied: the worker hands the descriptor over and the kernel sends
// the file: none of its bytes goes through Python.
func TestFileIsNotCopied(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counts bytes in /proc")
	}
	s, _ := serve(t, "contract")
	body := pattern(20_000_000)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
	pid := workerPid(t, s)
	before := transferred(t, pid)
	if res := get(t, s, "/file/plain?path="+path); digest(string(res.Body)) != digest(body) {
		t.Errorf("status %d, %d bytes", res.Status, len(res.Body))
	}
	if n := transferred(t, pid) - before; n > 1_000_000 {
		t.Errorf("the worker has read and written %d bytes for a file of %d", n, len(body))
	}
}

// transferred is how many bytes a process has read and written so far.
func transferred(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		t.Fatal(err)
	}
	var read, written int
	if _, err := fmt.Sscanf(string(text), "rchar: %d\nwchar: %d\n", &read, &written); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return read + written
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
