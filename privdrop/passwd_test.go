package privdrop_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"modwsgi-express/privdrop"
)

func TestParsePasswdLine(t *testing.T) {
	for _, tc := range []struct {
		line, name  string
		uid, gid    int
		home, shell string
		ok          bool
	}{
		{line: "www:x:33:34:web:/var/www:/bin/sh", name: "www", uid: 33, gid: 34, home: "/var/www", shell: "/bin/sh", ok: true},
		{line: "www:x:33:34::/var/www:", name: "www", uid: 33, gid: 34, home: "/var/www", ok: true},
		{line: "www:x:33:34::/var/www", name: "www", uid: 33, gid: 34, home: "/var/www", ok: true},
		{line: "www:x:33:34::/h:/bin/sh:more", name: "www", uid: 33, gid: 34, home: "/h", shell: "/bin/sh:more", ok: true},
		{line: "ünï:x:1:2:::", name: "ünï", uid: 1, gid: 2, ok: true},
		{line: "big:x:2147483646:1:::", name: "big", uid: 2147483646, gid: 1, ok: true},
		{line: ""},
		{line: ":x:33:33:::"},
		{line: "# comment:x:1:1:::"},
		{line: "+::::::"},
		{line: "-bad:x:1:1:::"},
		{line: "www:x:33"},
		{line: "www:x::33:::"},
		{line: "www:x:-1:33:::"},
		{line: "www:x:+1:33:::"},
		{line: "www:x: 1:33:::"},
		{line: "www:x:0x1:33:::"},
		{line: "www:x:4294967295:33:::"}, // (uid_t)-1 would mean: stay root
		{line: "www:x:33:4294967295:::"},
		{line: "www:x:4294967296:33:::"}, // would wrap to 0
		{line: "w\x00w:x:33:33:::"},
	} {
		name, uid, gid, home, shell, ok := privdrop.ParsePasswdLine(tc.line)
		if name != tc.name || uid != tc.uid || gid != tc.gid || home != tc.home || shell != tc.shell || ok != tc.ok {
			t.Errorf("%q: got %q %d %d %q %q %v", tc.line, name, uid, gid, home, shell, ok)
		}
	}
}

func TestParseGroupLine(t *testing.T) {
	for _, tc := range []struct {
		line, name string
		gid        int
		members    []string
		ok         bool
	}{
		{line: "www:x:33:", name: "www", gid: 33, ok: true},
		{line: "www:x:33", name: "www", gid: 33, ok: true},
		{line: "www:x:33:a,b", name: "www", gid: 33, members: []string{"a", "b"}, ok: true},
		{line: "www:x:33: a ,,b,", name: "www", gid: 33, members: []string{"a", "b"}, ok: true},
		{line: "www:x"},
		{line: "www:x:4294967295:"},
		{line: "+:::"},
		{line: "#www:x:1:"},
	} {
		name, gid, members, ok := privdrop.ParseGroupLine(tc.line)
		if name != tc.name || gid != tc.gid || !slices.Equal(members, tc.members) || ok != tc.ok {
			t.Errorf("%q: got %q %d %q %v", tc.line, name, gid, members, ok)
		}
	}
}

func TestParseInitgroups(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []int
		ok   bool
	}{
		{"www                   33 44 5\n", []int{33, 44, 5}, true},
		{"www\n", []int{}, true},
		{"other 33", nil, false},
		{"www 33 x", nil, false},
		{"www 4294967295", nil, false},
		{"", nil, false},
	} {
		got, ok := privdrop.ParseInitgroups(tc.text, "www")
		if !slices.Equal(got, tc.want) || ok != tc.ok {
			t.Errorf("%q: got %v %v", tc.text, got, ok)
		}
	}
}

func TestRemoteGroups(t *testing.T) {
	for _, tc := range []struct {
		conf string
		want bool
	}{
		{"", false},
		{"passwd: files sss\ngroup: files systemd\n", false},
		{"group: files [NOTFOUND=return] db\n", false},
		{"group: files [ NOTFOUND = return ] systemd\n", false},
		{"group: files sss\n", true},
		{"group:files ldap # comment\n", true},
		{"#group: files ldap\ngroup: compat\n", false},
		{"group: files\ninitgroups: winbind\n", true},
	} {
		if got := privdrop.RemoteGroups(tc.conf); got != tc.want {
			t.Errorf("%q: got %v", tc.conf, got)
		}
	}
}

func FuzzPasswdLine(f *testing.F) {
	f.Add("www:x:33:34:web:/var/www:/bin/sh")
	f.Add("www:x:4294967295:0")
	f.Fuzz(func(t *testing.T, line string) {
		name, uid, gid, _, _, ok := privdrop.ParsePasswdLine(line)
		if ok && (name == "" || uid < 0 || gid < 0 || int64(uid) == 1<<32-1 || int64(gid) == 1<<32-1) {
			t.Fatalf("%q gave %q %d %d", line, name, uid, gid)
		}
		if ok && !strings.HasPrefix(line, name+":") {
			t.Fatalf("%q gave the name %q", line, name)
		}
	})
}

func FuzzGroupLine(f *testing.F) {
	f.Add("www:x:33:a,b")
	f.Fuzz(func(t *testing.T, line string) {
		name, gid, members, ok := privdrop.ParseGroupLine(line)
		if ok && (name == "" || gid < 0 || int64(gid) == 1<<32-1 || slices.Contains(members, "")) {
			t.Fatalf("%q gave %q %d %q", line, name, gid, members)
		}
	})
}

func FuzzID(f *testing.F) {
	f.Add("0")
	f.Add("00000000004294967295")
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := privdrop.ParseID(s)
		if !ok {
			return
		}
		if id < 0 || int64(id) >= 1<<32-1 || strings.TrimLeft(s, "0") != strings.TrimLeft(strconv.Itoa(id), "0") {
			t.Fatalf("%q gave %d", s, id)
		}
	})
}

func FuzzInitgroups(f *testing.F) {
	f.Add("www   33 44")
	f.Fuzz(func(t *testing.T, text string) {
		gids, ok := privdrop.ParseInitgroups(text, "www")
		if !ok && gids != nil || ok && !strings.HasPrefix(strings.TrimSpace(text), "www") {
			t.Fatalf("%q gave %v %v", text, gids, ok)
		}
	})
}

func FuzzRemoteGroups(f *testing.F) {
	f.Add("group: files [NOTFOUND=return] sss # x\ninitgroups: files")
	f.Fuzz(func(t *testing.T, conf string) {
		if privdrop.RemoteGroups(conf) && !strings.Contains(conf, "group") {
			t.Fatalf("%q has no sources for groups", conf)
		}
	})
}
