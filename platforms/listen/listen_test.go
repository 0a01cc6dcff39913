package listen_test

import (
	"errors"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"modwsgi-express/platforms/listen"
)

func tcp(t *testing.T, address string) *net.TCPListener {
	t.Helper()
	l, err := listen.TCP(t.Context(), address, listen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func port(l net.Listener) string { return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) }

// reach connects and is accepted.
func reach(t *testing.T, l net.Listener, network, address string) error {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
	if err != nil {
		return err
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return errors.Join(c.Close(), s.Close())
}

func haveIPv6(t *testing.T) bool {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}

func TestTCPFamilies(t *testing.T) {
	v6 := haveIPv6(t)
	for _, tc := range []struct {
		host   string
		v4, v6 bool
	}{
		{"127.0.0.1", true, false},
		{"0.0.0.0", true, false},
		{"[::ffff:127.0.0.1]", true, false},
		{"localhost", true, false},
		{"[::1]", false, true},
		{"[::]", true, true},
		{"", true, true},
		{"*", true, true},
	} {
		t.Run(tc.host, func(t *testing.T) {
			if !v6 && !tc.v4 {
				t.Skipf("%s needs IPv6", t.Name())
			}
			l := tcp(t, tc.host+":0")
			if err := reach(t, l, "tcp4", "127.0.0.1:"+port(l)); (err == nil) != tc.v4 {
				t.Errorf("IPv4: %v", err)
			}
			if !v6 {
				return
			}
			if err := reach(t, l, "tcp6", "[::1]:"+port(l)); (err == nil) != tc.v6 {
				t.Errorf("IPv6: %v", err)
			}
		})
	}
}

func TestTCPErrors(t *testing.T) {
	taken := tcp(t, "127.0.0.1:0")
	for _, tc := range []struct {
		name, address string
		kind          listen.Kind
		text, advice  string
	}{
		{"no port", "127.0.0.1", listen.BadAddress, "cannot listen on 127.0.0.1: not an address of the form HOST:PORT", "127.0.0.1:8000"},
		{"empty", "", listen.BadAddress, "not an address", ""},
		{"port too large", "127.0.0.1:65536", listen.BadAddress, "a number from 0 to 65535", ""},
		{"negative port", "127.0.0.1:-1", listen.BadAddress, "a number from 0 to 65535", ""},
		{"service name", "127.0.0.1:http", listen.BadAddress, "a number from 0 to 65535", ""},
		{"bare IPv6", "::1:8000", listen.BadAddress, "not an address", "[::1]:8000"},
		{"not ours", "192.0.2.1:8000", listen.NoSuchAddress, "no network interface of this machine", "0.0.0.0"},
		{"in use", "127.0.0.1:" + port(taken), listen.InUse, "port is in use by", "another port"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := listen.TCP(t.Context(), tc.address, listen.Options{})
			if err == nil {
				_ = l.Close()
			}
			checkError(t, err, tc.kind, tc.text, tc.advice)
		})
	}
}

func checkError(t *testing.T, err error, kind listen.Kind, text, advice string) *listen.Error {
	t.Helper()
	e, ok := errors.AsType[*listen.Error](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if e.Kind != kind || !strings.HasPrefix(e.Error(), "cannot listen on ") || !strings.Contains(e.Error(), text) || !strings.Contains(e.Advice(), advice) {
		t.Errorf("kind %d, %q, advice %q", e.Kind, e.Error(), e.Advice())
	}
	return e
}

// The process in the way is named, also when it has the port on another address.
func TestTCPInUseNamesTheProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skipf("%s needs /proc/net/tcp", t.Name())
	}
	for _, other := range []string{"127.0.0.1", "0.0.0.0", "[::]"} {
		l := tcp(t, other+":0")
		_, err := listen.TCP(t.Context(), "127.0.0.1:"+port(l), listen.Options{})
		e := checkError(t, err, listen.InUse, "port is in use by pid "+strconv.Itoa(os.Getpid())+" (", "kill "+strconv.Itoa(os.Getpid()))
		if e.PID != os.Getpid() || e.Name == "" {
			t.Errorf("pid %d, name %q", e.PID, e.Name)
		}
	}
}

// As root no name server is asked; as an ordinary user a name that does not
// exist is an error of the address.
func TestTCPNames(t *testing.T) {
	_, err := listen.TCP(t.Context(), "no-such-host.invalid:8000", listen.Options{})
	e := checkError(t, err, listen.BadAddress, "", "")
	if os.Geteuid() == 0 && !strings.Contains(e.Error(), "not looked up in the network as root") {
		t.Errorf("got %v", e)
	}
}

func TestMaxBacklog(t *testing.T) {
	if n := listen.MaxBacklog(); n < 0 || runtime.GOOS == "linux" && n == 0 {
		t.Errorf("got %d", n)
	}
}
