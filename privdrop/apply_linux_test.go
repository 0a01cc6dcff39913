package privdrop_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"modwsgi-express/privdrop"
)

var target = privdrop.Identity{User: "www", Group: "www", UID: 4000001, GID: 4000002, Groups: []int{4000003, 4000002}}

// R40 and R41: complete, and irrevocable.
func TestApply(t *testing.T) {
	needRoot(t)
	numeric := privdrop.Identity{User: "4000001", Group: "4000002", UID: 4000001, GID: 4000002}
	for _, tc := range []struct {
		name   string
		id     privdrop.Identity
		groups string // as in the status
	}{
		{"user with groups", target, "4000002 4000003"},
		{"number without groups", numeric, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, code, stderr := start(t, job{Identity: tc.id, Options: privdrop.Options{Umask: 0o027}, Threads: 12}, nil, as(0, 0, 0, 4, 42))
			if code != 0 {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			want := []string{
				"Uid:\t4000001\t4000001\t4000001\t4000001", "Gid:\t4000002\t4000002\t4000002\t4000002",
				"CapInh:\t0000000000000000", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000",
				"CapBnd:\t0000000000000000", "CapAmb:\t0000000000000000", "NoNewPrivs:\t1",
			}
			for _, st := range r.Statuses {
				for _, line := range want {
					if !strings.Contains(st, line+"\n") {
						t.Errorf("a thread lacks %q:\n%s", line, st)
					}
				}
				_, after, _ := strings.Cut(st, "\nGroups:\t")
				if groups, _, _ := strings.Cut(after, "\n"); strings.TrimSpace(groups) != tc.groups {
					t.Errorf("a thread has the groups %q", groups)
				}
			}
			if len(r.Statuses) < 25 || r.Proof.Threads < 13 {
				t.Errorf("%d threads after it, %d in the proof", len(r.Statuses), r.Proof.Threads)
			}
			for call, got := range r.WayBack {
				if got != syscall.EPERM.Error() {
					t.Errorf("%s: %s", call, got)
				}
			}
			if r.Dumpable != 0 || r.Umask != 0o027 {
				t.Errorf("dumpable %d, umask %o", r.Dumpable, r.Umask)
			}
			if !r.Proof.NoNewPrivs || r.Proof.Mode != privdrop.Dropped || len(r.Proof.Refused) != 6 {
				t.Errorf("proof: %+v", r.Proof)
			}
		})
	}
}

// What root was given on the way in must not be there on the way out.
func TestApplyWithInheritableAndAmbient(t *testing.T) {
	needRoot(t)
	const netBind = 10
	r, code, stderr := start(t, job{Identity: target, Threads: 3}, nil, func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{AmbientCaps: []uintptr{netBind}}
	})
	if code != 0 || len(r.Statuses) == 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, st := range r.Statuses {
		if !strings.Contains(st, "CapInh:\t0000000000000000\n") || !strings.Contains(st, "CapAmb:\t0000000000000000\n") {
			t.Error(st)
		}
	}
}

// Without root: ambient capabilities from systemd go, nothing else changes.
func TestApplyUnprivileged(t *testing.T) {
	needRoot(t)
	self := privdrop.Identity{User: "www", Group: "www", UID: 4000001, GID: 4000002, Groups: []int{4000002}}
	ambient := func(c *exec.Cmd) {
		as(4000001, 4000002, 4000002)(c)
		c.SysProcAttr.AmbientCaps = []uintptr{10}
		c.Path, c.Args[0] = publicCopy(t), "test"
	}
	r, code, stderr := start(t, job{Identity: self, Options: privdrop.Options{Umask: -1}, Threads: 3}, nil, ambient)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if r.Proof.Mode != privdrop.Unprivileged || r.Proof.Bounding == 0 {
		t.Errorf("proof: %+v", r.Proof)
	}
	for _, st := range r.Statuses {
		for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapAmb"} {
			if !strings.Contains(st, set+":\t0000000000000000\n") {
				t.Errorf("%s is not empty:\n%s", set, st)
			}
		}
	}
	r, code, stderr = start(t, job{Identity: target}, nil, ambient) // more groups in the database than in the process
	if code != 0 || !slices.Equal(r.Proof.Identity.Groups, self.Groups) {
		t.Errorf("exit %d, %v: %s", code, r.Proof.Identity, stderr)
	}
	for _, tc := range []struct {
		id            privdrop.Identity
		refusal, hint string
	}{
		{privdrop.Identity{User: "www", Group: "www", UID: 4000001, GID: 4000002, Groups: target.Groups, Named: true}, "cannot set the supplementary groups", "sudo"},
		{privdrop.Identity{User: "bob", Group: "bob", UID: 4000009, GID: 4000009}, "cannot become user bob with group bob: not started as root", "sudo"},
		{privdrop.Identity{User: "root", Group: "root"}, "cannot become user root", "sudo"},
	} {
		r, code, _ := start(t, job{Identity: tc.id}, nil, ambient)
		if code != 5 || !strings.Contains(r.Err, tc.refusal) || !strings.Contains(r.Hint, tc.hint) {
			t.Errorf("%v: exit %d, %q, hint %q", tc.id, code, r.Err, r.Hint)
		}
	}
}

// Root with few capabilities, as containers have it: without CAP_SETPCAP the
// bounding set stays and is named; without CAP_SETUID there is no drop.
func TestApplyAsLimitedRoot(t *testing.T) {
	needRoot(t)
	capsh, err := exec.LookPath("capsh")
	if err != nil {
		t.Skipf("%s needs capsh", t.Name())
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, code, stderr := start(t, job{Identity: target}, []string{capsh, "--drop=cap_setpcap", "--shell=" + self, "--"}, nil)
	if code != 0 || r.Proof.Bounding == 0 || !strings.Contains(r.Line, "no CAP_SETPCAP") {
		t.Errorf("without CAP_SETPCAP: exit %d, %q: %s", code, r.Line, stderr)
	}
	r, code, _ = start(t, job{Identity: target}, []string{capsh, "--drop=cap_setuid", "--shell=" + self, "--"}, nil)
	if code != 5 || !strings.Contains(r.Err, "setresuid") || !strings.Contains(r.Hint, "CAP_SETUID") {
		t.Errorf("without CAP_SETUID: exit %d, %q, hint %q", code, r.Err, r.Hint)
	}
}

func TestApplyRefusesRoot(t *testing.T) {
	needRoot(t)
	for _, id := range []privdrop.Identity{
		{User: "root", Group: "www", UID: 0, GID: 33},
		{User: "www", Group: "root", UID: 33, GID: 0},
		{User: "www", Group: "www", UID: 33, GID: 33, Groups: []int{33, 0}},
	} {
		r, code, _ := start(t, job{Identity: id}, nil, nil)
		if code != 5 || r.UID != 0 || !strings.HasPrefix(r.Err, "cannot serve as user ") {
			t.Errorf("%v: exit %d, uid %d, %q", id, code, r.UID, r.Err)
		}
	}
}

func TestApplyAllowRoot(t *testing.T) {
	needRoot(t)
	root := privdrop.Identity{User: "root", Group: "root", Groups: []int{0}}
	r, code, stderr := start(t, job{Identity: root, Options: privdrop.Options{AllowRoot: true, Umask: -1}}, nil, as(0, 0, 4, 42))
	if code != 0 || r.Proof.Mode != privdrop.KeptRoot || !strings.HasPrefix(r.Line, "still root") {
		t.Errorf("exit %d, %q: %s", code, r.Line, stderr)
	}
	for _, st := range r.Statuses {
		if !strings.Contains(st, "Groups:\t0 \n") || !strings.Contains(st, "NoNewPrivs:\t1\n") {
			t.Error(st)
		}
	}
	gid0 := privdrop.Identity{User: "www", Group: "root", UID: 33, Groups: []int{0}}
	r, code, stderr = start(t, job{Identity: gid0, Options: privdrop.Options{AllowRoot: true, Umask: -1}}, nil, nil)
	if code != 0 || r.Proof.Mode != privdrop.Dropped || len(r.Proof.Refused) != 4 {
		t.Errorf("exit %d, %+v: %s", code, r.Proof, stderr)
	}
}

// Verify must not be satisfied with a process that has dropped nothing or not all.
func TestVerifyFinds(t *testing.T) {
	needRoot(t)
	_, code, stderr := start(t, job{Action: "verify", Identity: target}, nil, nil)
	if code != 5 || !strings.Contains(stderr, "cannot prove that root's rights are gone: setresuid(0) was allowed") {
		t.Errorf("as root: exit %d: %s", code, stderr)
	}
	other := func(c *exec.Cmd) {
		as(4000001, 4000002, 4000002, 4000003)(c)
		c.Path, c.Args[0] = publicCopy(t), "test"
	}
	_, code, stderr = start(t, job{Action: "verify", Identity: target}, nil, other)
	if code != 5 || !strings.Contains(stderr, "no_new_privs is not set") {
		t.Errorf("plain setuid: exit %d: %s", code, stderr)
	}
}

// With cgo linked there is no complete drop: Apply says so and changes nothing.
func TestApplyRefusesCgo(t *testing.T) {
	if !privdrop.CgoLinked() {
		t.Skipf("%s needs a test binary with cgo: go test -race", t.Name())
	}
	r, code, _ := start(t, job{Identity: target}, nil, nil)
	if code != 5 || !strings.Contains(r.Err, "built with cgo") || !strings.Contains(r.Hint, "CGO_ENABLED=0") {
		t.Errorf("exit %d, %q, hint %q", code, r.Err, r.Hint)
	}
	if r.UID != os.Getuid() {
		t.Errorf("the uid has become %d", r.UID)
	}
}
