package wire_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestListeners: TCP over IPv4 and IPv6 and unix sockets, all at once.
func TestListeners(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		directory := t.TempDir()
		first, second := filepath.Join(directory, "first.sock"), filepath.Join(directory, "second.sock")
		args := []string{"--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--listen", "unix:" + first, "--listen", "unix:" + second + ",mode=0600"}
		want := 4
		if hasIPv6() {
			args, want = append(args, "--listen", "[::1]:0"), 5
		}
		s := start(t, v, args...)
		if got := len(s.Addresses()); got != want {
			t.Fatalf("the ready line names %d addresses %q, expected %d", got, s.Addresses(), want)
		}
		for _, address := range s.Addresses() {
			t.Run(address, func(t *testing.T) {
				c := harness.Dial(t, address)
				c.Send(get("/echo") + probe)
				checkPeer(t, address, decode(t, c.Expect("GET", 200)).Environ)
				c.Expect("GET", 200)
			})
		}
		for path, mode := range map[string]os.FileMode{first: 0o660, second: 0o600} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != mode {
				t.Errorf("%s has mode %o, expected %o", filepath.Base(path), got, mode)
			}
		}
		s.CheckInvariants()
		s.Stop()
		for _, path := range []string{first, second} {
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Errorf("%s is still there after the server's end: %v", filepath.Base(path), err)
			}
		}
	})
}

func hasIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func checkPeer(t *testing.T, address string, environ map[string]any) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if strings.HasPrefix(address, "unix:") || err != nil {
		// PEP 3333 wants SERVER_NAME and SERVER_PORT to be there, and they cannot
		// be empty.
		for _, key := range []string{"SERVER_NAME", "SERVER_PORT"} {
			if s, _ := environ[key].(string); s == "" {
				t.Errorf("on a unix socket %s is %q", key, environ[key])
			}
		}
		return
	}
	if environ["REMOTE_ADDR"] != host || environ["SERVER_PORT"] != port {
		t.Errorf("REMOTE_ADDR is %q, SERVER_PORT %q, expected %q and %q", environ["REMOTE_ADDR"], environ["SERVER_PORT"], host, port)
	}
	if s, _ := environ["REMOTE_PORT"].(string); s == "" || s == "0" {
		t.Errorf("REMOTE_PORT is %q", environ["REMOTE_PORT"])
	}
}

// TestUnixSocketRules: a socket that nobody listens on any more is replaced; one
// that is in use, and a file that is no socket, are left alone.
func TestUnixSocketRules(t *testing.T) {
	stale := func(t *testing.T, path string) {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false)
		l.Close()
	}
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		t.Run("stale", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s.sock")
			stale(t, path)
			c := start(t, v, "--listen", "unix:"+path).Dial()
			c.Send(get("/echo"))
			c.Expect("GET", 200)
		})
		t.Run("in use", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s.sock")
			s := start(t, v, "--listen", "unix:"+path)
			refusedStart(t, v, path)
			s.Get("/echo")
		})
		t.Run("a file", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s.sock")
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			refusedStart(t, v, path)
			if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
				t.Errorf("the file now holds %q: %v", text, err)
			}
		})
	})
}

func refusedStart(t *testing.T, v harness.Variant, path string) {
	t.Helper()
	s := harness.Launch(t, harness.Options{Target: harness.App("wire.py"), Variant: v, Args: []string{"--listen", "unix:" + path}})
	if code := s.Exit(); code != exitCannotBind {
		t.Errorf("ended with %d, expected %d", code, exitCannotBind)
	}
	if !strings.Contains(s.Log.Text(), path) {
		t.Errorf("the refusal does not name %s:\n%s", path, s.Log.Text())
	}
}

// exitCannotBind is the documented exit code for an address that cannot be
// listened on.
const exitCannotBind = 4

// TestPortInUse: the start is refused in a sentence that names the address.
func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	s := harness.Launch(t, harness.Options{Target: harness.App("wire.py"), Args: []string{"--listen", address}})
	if code := s.Exit(); code != exitCannotBind {
		t.Errorf("ended with %d, expected %d", code, exitCannotBind)
	}
	if text := s.Log.Text(); !strings.Contains(text, address) || strings.Count(text, "\n") > 3 {
		t.Errorf("expected a sentence with %s, got:\n%s", address, text)
	}
}

// TestReset: connections that end before they are accepted (CVE-2024-49769).
func TestReset(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v)
		for i := range 1000 {
			c := harness.Dial(t, s.Address())
			if i%2 == 0 {
				c.Send("GET /echo HTTP/1.1\r\n")
			}
			c.Reset()
		}
		if res := s.Get("/echo"); res.Status != 200 {
			t.Errorf("answered with %d", res.Status)
		}
	})
}

// TestStop: SIGTERM lets the running request end, closes its connection, and
// listens no more.
func TestStop(t *testing.T) {
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, "--keep-alive-timeout", "60")
		release, idle := hold(t, s), s.Dial()
		idle.Send(get("/echo"))
		idle.Expect("GET", 200)
		s.Signal(syscall.SIGTERM)
		idle.ExpectClosed()
		if res := release(); !res.Closes() {
			t.Error("the answer of a server that stops does not announce the close")
		}
		if code := s.Exit(); code != 0 {
			t.Errorf("ended with %d", code)
		}
		if c, err := net.Dial("tcp", s.Address()); err == nil {
			c.Close()
			t.Error("something listens on the address after the server's end")
		}
	})
}
