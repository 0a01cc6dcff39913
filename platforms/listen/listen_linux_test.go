package listen_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/listen"
)

// The backlog is the one that was asked for: the kernel shows it as the send
// queue of a listening socket.
func TestBacklog(t *testing.T) {
	limit := listen.MaxBacklog()
	for _, tc := range []struct{ ask, want int }{{7, 7}, {0, min(listen.DefaultBacklog, limit)}, {1 << 20, min(1<<20, limit)}} {
		l, err := listen.TCP(t.Context(), "127.0.0.1:0", listen.Options{Backlog: tc.ask})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := l.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var info *unix.TCPInfo
		var infoErr error
		err = raw.Control(func(fd uintptr) { info, infoErr = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) })
		if err := errors.Join(err, infoErr, l.Close()); err != nil {
			t.Fatal(err)
		}
		if int(info.Sacked) != tc.want { // tcpi_sacked is the backlog of a listening socket
			t.Errorf("asked for %d, got %d", tc.ask, info.Sacked)
		}
	}
}

// A port for root, asked for by somebody else.
func TestTCPNotPermitted(t *testing.T) {
	if os.Getenv("LISTEN_TEST_PORT") != "" {
		_, err := listen.TCP(t.Context(), "127.0.0.1:80", listen.Options{})
		checkError(t, err, listen.NotPermitted, "port 80 needs root or the capability to bind it", "")
		return
	}
	if os.Geteuid() != 0 {
		t.Skipf("%s needs root to become somebody else", t.Name())
	}
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"); err != nil || strings.TrimSpace(string(text)) != "1024" {
		t.Skipf("%s needs ports below 1024 to be privileged: %s %v", t.Name(), text, err)
	}
	asStranger(t, "TestTCPNotPermitted", "LISTEN_TEST_PORT=1")
}

// asStranger runs one test of this binary again as another user.
func asStranger(t *testing.T, test string, env ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "listen")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(path, data, 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: strangerUID, Gid: strangerUID}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+test) {
		t.Errorf("%v\n%s", err, out)
	}
}

// The socket file is private until it is published, without a touch of the umask.
func TestUnixIsPrivateFirst(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skipf("%s needs strace", t.Name())
	}
	if os.Getenv("LISTEN_TEST_BIND") != "" {
		l, err := listen.Unix(os.Getenv("LISTEN_TEST_BIND"), listen.UnixOptions{Mode: 0o666})
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(safe(t), "s")
	log := filepath.Join(t.TempDir(), "strace")
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-o", log, "-e", "trace=umask,fchmod,bind,?fchmodat,?fchmodat2,?chmod",
		self, "-test.run=^TestUnixIsPrivateFirst$")
	cmd.Env = append(os.Environ(), "LISTEN_TEST_BIND="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%s needs strace to work: %v %s", t.Name(), err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	trace := string(text)
	private, bound, published := strings.Index(trace, ", 0600)"), strings.Index(trace, path), strings.LastIndex(trace, "0666")
	if private < 0 || bound < private || published < bound || strings.Contains(trace, "umask") {
		t.Errorf("not in this order: fchmod 0600, bind, chmod 0666, no umask:\n%s", trace)
	}
}
