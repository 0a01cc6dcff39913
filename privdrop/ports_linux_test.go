package privdrop_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Port 80 without root: three ways. With the capability, or a kernel that lets
// everybody, there is nothing to refuse.
func TestRefusePortUnprivileged(t *testing.T) {
	needRoot(t)
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"); err != nil || strings.TrimSpace(string(text)) != "1024" {
		t.Skipf("%s needs ports below 1024 to be privileged: %s %v", t.Name(), text, err)
	}
	path := publicCopy(t)
	stranger := func(c *exec.Cmd) {
		as(4000001, 4000002, 4000002)(c)
		c.Path, c.Args[0] = path, "test"
	}
	r, code, _ := start(t, job{Action: "port"}, nil, stranger)
	if code != 5 || r.Err != "cannot listen on port 80: ports below 1024 need root or the capability to bind them" {
		t.Errorf("exit %d, %q", code, r.Err)
	}
	for _, way := range []string{
		"sudo modwsgi-express start-server app --port 80 --user ",
		"sudo setcap cap_net_bind_service=+ep '/opt/my apps/modwsgi-express'",
		"AmbientCapabilities=CAP_NET_BIND_SERVICE",
		"ListenStream=80",
	} {
		if !strings.Contains(r.Hint, way) {
			t.Errorf("no %q in the hint:\n%s", way, r.Hint)
		}
	}
	r, code, stderr := start(t, job{Action: "port"}, nil, func(c *exec.Cmd) {
		stranger(c)
		c.SysProcAttr.AmbientCaps = []uintptr{10}
	})
	if code != 0 || r.Err != "" {
		t.Errorf("with the capability: exit %d: %s", code, stderr)
	}
}
