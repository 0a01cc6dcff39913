package privdrop_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"modwsgi-express/privdrop"
)

// program puts a shell script in the place of a program of the system.
func program(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(privdrop.SetSystemDirs(dir))
}

func TestGetent(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		uid          int
		ok           bool
		err          string
	}{
		{name: "found", script: `echo "$2:x:900:901::/home:/bin/sh"`, uid: 900, ok: true},
		{name: "gets its arguments as they are", script: `[ "$1" = passwd ] && [ "$2" = "some body" ] && [ $# = 2 ] && echo "w:x:900:901::/home:/bin/sh"`, uid: 900, ok: true},
		{name: "unknown", script: `exit 2`},
		{name: "nonsense", script: `echo nonsense`},
		{name: "nothing", script: `exit 0`},
		{name: "broken", script: `exit 3`, err: "exit status 3"},
		{name: "killed", script: `kill -9 $$`, err: "signal: killed"},
		{name: "no environment", script: `[ -z "$PRIVDROP_LEAK" ] && echo "w:x:900:901::/home:/bin/sh"`, uid: 900, ok: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("PRIVDROP_LEAK", "1")
			program(t, "getent", tc.script)
			_, uid, ok, err := privdrop.AskGetent("some body")
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("got %v", err)
				}
				return
			}
			if uid != tc.uid || ok != tc.ok || err != nil {
				t.Errorf("got %d %v %v", uid, ok, err)
			}
		})
	}
}

func TestGetentHangs(t *testing.T) {
	program(t, "getent", "exec sleep 600")
	t.Cleanup(privdrop.SetAskTimeout(50 * time.Millisecond))
	if _, _, _, err := privdrop.AskGetent("www"); err == nil || !strings.Contains(err.Error(), "no answer within") {
		t.Errorf("got %v", err)
	}
}

func TestGetentEndless(t *testing.T) {
	program(t, "getent", "exec cat /dev/zero")
	if _, _, _, err := privdrop.AskGetent("www"); err == nil {
		t.Error("an endless answer was taken")
	}
}

func TestGetentMissing(t *testing.T) {
	t.Cleanup(privdrop.SetSystemDirs(t.TempDir()))
	if _, _, ok, err := privdrop.AskGetent("www"); ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestGetentGroups(t *testing.T) {
	program(t, "getent", `echo "www   33 44"`)
	if got, ok, err := privdrop.AskGetentGroups("www"); !ok || err != nil || !slices.Equal(got, []int{33, 44}) {
		t.Errorf("got %v %v %v", got, ok, err)
	}
	program(t, "getent", `exit 1`) // does not know initgroups
	if got, ok, err := privdrop.AskGetentGroups("www"); ok || err != nil {
		t.Errorf("got %v %v %v", got, ok, err)
	}
}

// The real one: root is known to every system.
func TestGetentReal(t *testing.T) {
	if _, err := os.Stat("/usr/bin/getent"); err != nil {
		t.Skipf("%s needs /usr/bin/getent", t.Name())
	}
	name, uid, ok, err := privdrop.AskGetent("root")
	if name != "root" || uid != 0 || !ok || err != nil {
		t.Errorf("got %q %d %v %v", name, uid, ok, err)
	}
	if _, _, ok, err = privdrop.AskGetent("no-such-user-here"); ok || err != nil {
		t.Errorf("got %v %v", ok, err)
	}
}

func TestRunTakesNothingFromPath(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "privdrop-test-program"), []byte("#!/bin/sh\necho planted\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if out, err := privdrop.RunProgram("privdrop-test-program"); err == nil {
		t.Errorf("ran the planted program: %q", out)
	}
}

func TestPermits(t *testing.T) {
	id := privdrop.Identity{UID: 33, GID: 34, Groups: []int{34, 40}}
	root := privdrop.Identity{}
	for _, tc := range []struct {
		id       privdrop.Identity
		perm     uint32
		uid, gid int
		dir      bool
		want     bool
	}{
		{id, 0o100, 33, 0, false, true},
		{id, 0o011, 33, 34, false, false}, // the owner's bits alone count
		{id, 0o010, 0, 34, false, true},
		{id, 0o010, 0, 40, false, true},
		{id, 0o001, 0, 40, false, false}, // and then the group's
		{id, 0o001, 0, 41, false, true},
		{id, 0o110, 0, 41, false, false},
		{root, 0, 33, 33, true, true},
		{root, 0o666, 0, 0, false, false},
		{root, 0o001, 33, 33, false, true},
	} {
		if got := privdrop.WalkPermits(tc.id, tc.perm, tc.dir, tc.uid, tc.gid, 1); got != tc.want {
			t.Errorf("%+v: got %v", tc, got)
		}
	}
}

func TestRefusePort(t *testing.T) {
	argv := []string{"modwsgi-express", "start-server", "app", "--port", "80"}
	if err := privdrop.RefusePort(0, argv, "/usr/bin/modwsgi-express"); err != nil {
		t.Errorf("any free port: %v", err)
	}
	if err := privdrop.RefusePort(65535, argv, "/usr/bin/modwsgi-express"); err != nil {
		t.Errorf("a high port: %v", err)
	}
	if privdrop.IsRoot() {
		if err := privdrop.RefusePort(80, argv, "/usr/bin/modwsgi-express"); err != nil {
			t.Errorf("as root: %v", err)
		}
	}
}
