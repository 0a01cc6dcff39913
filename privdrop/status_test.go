package privdrop_test

import (
	"strings"
	"testing"

	"modwsgi-express/privdrop"
)

const cleanStatus = `Name:	front
Uid:	33	33	33	33
Gid:	34	34	34	34
Groups:	40 34 
CapInh:	0000000000000000
CapPrm:	0000000000000000
CapEff:	0000000000000000
CapBnd:	0000000000000000
CapAmb:	0000000000000000
NoNewPrivs:	1
Seccomp:	0
`

// Every single deviation has to be found: this is what the proof rests on.
func TestStatusCompare(t *testing.T) {
	id := privdrop.Identity{User: "www", UID: 33, GID: 34, Groups: []int{34, 40}}
	for _, tc := range []struct{ name, old, new, want string }{
		{name: "clean"},
		{name: "no CapAmb before 4.3", old: "CapAmb:\t0000000000000000\n"},
		{name: "no NoNewPrivs before 4.10", old: "NoNewPrivs:\t1\n"},
		{"real uid", "Uid:\t33\t33\t33\t33", "Uid:\t0\t33\t33\t33", "real user id is 0 instead of 33"},
		{"effective uid", "Uid:\t33\t33\t33\t33", "Uid:\t33\t0\t33\t33", "effective user id is 0"},
		{"saved uid", "Uid:\t33\t33\t33\t33", "Uid:\t33\t33\t0\t33", "saved user id is 0"},
		{"file system uid", "Uid:\t33\t33\t33\t33", "Uid:\t33\t33\t33\t0", "file system user id is 0"},
		{"real gid", "Gid:\t34\t34\t34\t34", "Gid:\t0\t34\t34\t34", "real group id is 0"},
		{"saved gid", "Gid:\t34\t34\t34\t34", "Gid:\t34\t34\t0\t34", "saved group id is 0"},
		{"group more", "Groups:\t40 34", "Groups:\t40 34 0", "groups are 0,34,40 instead of 34,40"},
		{"group less", "Groups:\t40 34", "Groups:\t40", "groups are 40 instead of 34,40"},
		{"no groups", "Groups:\t40 34", "Groups:\t", "groups are none instead of"},
		{"inheritable", "CapInh:\t0000000000000000", "CapInh:\t0000000000000001", "CapInh still has 0x1"},
		{"permitted", "CapPrm:\t0000000000000000", "CapPrm:\t0000000000000400", "CapPrm still has 0x400"},
		{"effective", "CapEff:\t0000000000000000", "CapEff:\t8000000000000000", "CapEff still has"},
		{"bounding", "CapBnd:\t0000000000000000", "CapBnd:\t000001ffffffffff", "CapBnd still has"},
		{"ambient", "CapAmb:\t0000000000000000", "CapAmb:\t0000000000000400", "CapAmb still has 0x400"},
		{"no_new_privs", "NoNewPrivs:\t1", "NoNewPrivs:\t0", "no_new_privs is not set"},
		{"three uids", "Uid:\t33\t33\t33\t33", "Uid:\t33\t33\t33", "no Uid line"},
		{"no gids", "Gid:\t34\t34\t34\t34\n", "", "no Gid line"},
		{"no groups line", "Groups:\t40 34 \n", "", "no Groups line"},
		{"no CapBnd", "CapBnd:\t0000000000000000\n", "", "no CapBnd line"},
		{"broken CapEff", "CapEff:\t0000000000000000", "CapEff:\tnone", "no CapEff line"},
		{"broken NoNewPrivs", "NoNewPrivs:\t1", "NoNewPrivs:\tyes", "broken NoNewPrivs line"},
	} {
		text := cleanStatus
		if tc.old != "" {
			if text = strings.Replace(cleanStatus, tc.old, tc.new, 1); text == cleanStatus {
				t.Fatalf("%s: nothing replaced", tc.name)
			}
		}
		st, err := privdrop.ParseStatus(text)
		if err == nil {
			err = privdrop.CompareStatus(st, id, 0)
		}
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.name, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: got %v", tc.name, err)
		}
	}
}

func TestStatusBoundingLeft(t *testing.T) {
	st, err := privdrop.ParseStatus(strings.Replace(cleanStatus, "CapBnd:\t0000000000000000", "CapBnd:\t00000000000004c0", 1))
	if err != nil {
		t.Fatal(err)
	}
	id := privdrop.Identity{UID: 33, GID: 34, Groups: []int{34, 40}}
	if err := privdrop.CompareStatus(st, id, 0x4c0); err != nil {
		t.Error(err)
	}
	if err := privdrop.CompareStatus(st, id, 0x480); err == nil {
		t.Error("a capability beyond the expected ones was not found")
	}
}

func FuzzStatus(f *testing.F) {
	f.Add(cleanStatus)
	f.Fuzz(func(t *testing.T, text string) {
		st, err := privdrop.ParseStatus(text)
		if err != nil {
			return
		}
		// What passes as www must not pass as root.
		www := privdrop.Identity{UID: 33, GID: 34, Groups: []int{34, 40}}
		root := privdrop.Identity{}
		if privdrop.CompareStatus(st, www, 0) == nil && privdrop.CompareStatus(st, root, 0) == nil {
			t.Fatal("one status is two identities")
		}
	})
}
