//go:build unix

package privdrop_test

import (
	"slices"
	"strings"
	"testing"

	"modwsgi-express/privdrop"
)

func TestParseDirectoryUser(t *testing.T) {
	const answer = "name: _www\npassword: *\nuid: 70\ngid: 71\ndir: /Library/WebServer\nshell: /usr/bin/false\ngecos: World Wide Web Server\n\n"
	for _, tc := range []struct {
		name, text string
		uid, gid   int
		ok         bool
	}{
		{"one", answer, 70, 71, true},
		{"the first of two", answer + "name: root\nuid: 0\ngid: 0\n\n", 70, 71, true},
		{"empty lines first", "\n\n" + answer, 70, 71, true},
		{"nothing", "", 0, 0, false},
		{"no uid", "name: _www\ngid: 70\n", 0, 0, false},
		{"nobody, as macOS has it", "name: nobody\nuid: -2\ngid: -2\n", 0, 0, false},
		{"no name", "uid: 70\ngid: 70\n", 0, 0, false},
	} {
		_, uid, gid, _, _, ok := privdrop.ParseDirectoryUser(tc.text)
		if uid != tc.uid || gid != tc.gid || ok != tc.ok {
			t.Errorf("%s: got %d %d %v", tc.name, uid, gid, ok)
		}
	}
	name, _, _, home, shell, _ := privdrop.ParseDirectoryUser(answer)
	if name != "_www" || home != "/Library/WebServer" || shell != "/usr/bin/false" {
		t.Errorf("got %q %q %q", name, home, shell)
	}
}

func TestParseDirectoryGroup(t *testing.T) {
	name, gid, members, ok := privdrop.ParseDirectoryGroup("name: _www\npassword: *\ngid: 70\nusers: _devicemgr _teamsserver \n\n")
	if name != "_www" || gid != 70 || !slices.Equal(members, []string{"_devicemgr", "_teamsserver"}) || !ok {
		t.Errorf("got %q %d %q %v", name, gid, members, ok)
	}
	if _, _, _, ok := privdrop.ParseDirectoryGroup("name: _www\n"); ok {
		t.Error("a group without a number was taken")
	}
}

func FuzzDirectoryUser(f *testing.F) {
	f.Add("name: _www\nuid: 70\ngid: 70\n")
	f.Fuzz(func(t *testing.T, text string) {
		name, uid, gid, _, _, ok := privdrop.ParseDirectoryUser(text)
		if ok && (name == "" || uid < 0 || gid < 0 || !strings.Contains(text, name)) {
			t.Fatalf("%q gave %q %d %d", text, name, uid, gid)
		}
	})
}
