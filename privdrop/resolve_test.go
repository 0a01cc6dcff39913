package privdrop_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/privdrop"
)

const (
	testPasswd = `root:x:0:0:root:/root:/bin/bash
# a comment
broken line
toor:x:0:0::/root:/bin/sh
www:x:33:33:web:/var/www:/usr/sbin/nologin
wheel:x:50:0::/:/bin/sh
admin:x:51:51::/:/bin/sh
1234:x:60:60:digits:/home/1234:
`
	testGroup = `root:x:0:admin
www:x:33:
log:x:40:www,other
tls:x:41:other, www
www2:x:33:www
digits:x:60:
51:x:77:
`
)

func testDatabase(t *testing.T, nsswitch string) privdrop.Database {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return privdrop.Database{Passwd: write("passwd", testPasswd), Group: write("group", testGroup), Nsswitch: write("nsswitch.conf", nsswitch)}
}

// R45: what a user and its groups become.
func TestResolve(t *testing.T) {
	ldap := func() *privdrop.Directory {
		return &privdrop.Directory{
			Users:  map[string][2]int{"ldapper": {9000, 9001}, "9000": {9000, 9001}},
			GIDs:   map[string]int{"ldapgroup": 9002},
			Groups: map[string][]int{"ldapper": {9001, 9002}, "www": {33, 9002}},
		}
	}
	for _, tc := range []struct {
		name, user, group string
		supplementary     []string
		nsswitch          string
		want              privdrop.Identity // Source "passwd" stands for the file
		asked             []string
		refusal, hint     string // parts of it
	}{
		{name: "name", user: "www",
			want: privdrop.Identity{User: "www", Group: "www", UID: 33, GID: 33, Groups: []int{33, 40, 41}, Home: "/var/www", Shell: "/usr/sbin/nologin", Source: "passwd"}},
		{name: "number with an entry", user: "33",
			want: privdrop.Identity{User: "www", Group: "www", UID: 33, GID: 33, Groups: []int{33, 40, 41}, Home: "/var/www", Shell: "/usr/sbin/nologin", Source: "passwd"}},
		{name: "name of digits wins", user: "1234",
			want: privdrop.Identity{User: "1234", Group: "digits", UID: 60, GID: 60, Groups: []int{60}, Home: "/home/1234", Source: "passwd"}},
		{name: "# is the number", user: "#1234", group: "#51", asked: []string{"user 1234"},
			want: privdrop.Identity{User: "1234", Group: "51", UID: 1234, GID: 51, Groups: []int{}, Source: "number"}},
		{name: "group name of digits wins", user: "#1234", group: "51", asked: []string{"user 1234"},
			want: privdrop.Identity{User: "1234", Group: "51", UID: 1234, GID: 77, Groups: []int{}, Source: "number"}},
		{name: "number without an entry has no groups", user: "5000", group: "5001", asked: []string{"user 5000"},
			want: privdrop.Identity{User: "5000", Group: "5001", UID: 5000, GID: 5001, Groups: []int{}, Source: "number"}},
		{name: "number without an entry, groups given", user: "5000", group: "5001", supplementary: []string{"log", "42"}, asked: []string{"user 5000"},
			want: privdrop.Identity{User: "5000", Group: "5001", UID: 5000, GID: 5001, Groups: []int{40, 42, 5001}, Source: "number"}},
		{name: "group override", user: "www", group: "tls",
			want: privdrop.Identity{User: "www", Group: "tls", UID: 33, GID: 41, Groups: []int{33, 40, 41}, Home: "/var/www", Shell: "/usr/sbin/nologin", Source: "passwd"}},
		{name: "supplementary given", user: "www", supplementary: []string{"log", "log"},
			want: privdrop.Identity{User: "www", Group: "www", UID: 33, GID: 33, Groups: []int{33, 40}, Home: "/var/www", Shell: "/usr/sbin/nologin", Source: "passwd"}},
		{name: "no supplementary", user: "www", supplementary: []string{},
			want: privdrop.Identity{User: "www", Group: "www", UID: 33, GID: 33, Groups: []int{33}, Home: "/var/www", Shell: "/usr/sbin/nologin", Source: "passwd"}},
		{name: "from a directory", user: "ldapper", asked: []string{"user ldapper", "groups ldapper"},
			want: privdrop.Identity{User: "ldapper", Group: "9001", UID: 9000, GID: 9001, Groups: []int{9001, 9002}, Home: "/home/ldapper", Source: "getent"}},
		{name: "group from a directory", user: "www", group: "ldapgroup", asked: []string{"group ldapgroup"},
			want: privdrop.Identity{User: "www", Group: "ldapgroup", UID: 33, GID: 9002, Groups: []int{33, 40, 41, 9002}, Home: "/var/www", Shell: "/usr/sbin/nologin", Source: "passwd"}},
		{name: "local user, groups elsewhere too", user: "www", nsswitch: "group: files sss\n", asked: []string{"groups www"},
			want: privdrop.Identity{User: "www", Group: "www", UID: 33, GID: 33, Groups: []int{33, 40, 41, 9002}, Home: "/var/www", Shell: "/usr/sbin/nologin", Source: "passwd"}},

		{name: "unknown", user: "wwww", asked: []string{"user wwww"}, refusal: `cannot use user "wwww": neither`, hint: "create it: "},
		{name: "unknown group", user: "www", group: "wwww", asked: []string{"group wwww"}, refusal: `cannot use group "wwww": neither`, hint: "--group "},
		{name: "unknown supplementary", user: "www", supplementary: []string{"wwww"}, asked: []string{"group wwww"}, refusal: `cannot use group "wwww"`},
		{name: "number without a group", user: "5000", asked: []string{"user 5000"}, refusal: "cannot tell the group of user 5000", hint: "--user 5000 --group "},
		{name: "nobody", user: "", refusal: "a name is missing"},
		{name: "only #", user: "#", refusal: "a name is missing"},
		{name: "# and a name", user: "#www", refusal: "no user or group id"},
		{name: "the number that means stay", user: "4294967295", group: "1", refusal: "no user or group id"},
		{name: "the number that wraps to root", user: "4294967296", group: "1", refusal: "no user or group id"},
		{name: "option", user: "-s", refusal: "cannot be the name"},
		{name: "colon", user: "www:x", refusal: "cannot be the name"},
		{name: "newline", user: "www\nroot", refusal: "cannot be the name"},
		{name: "endless", user: strings.Repeat("w", 300), refusal: "cannot be the name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db, dir := testDatabase(t, tc.nsswitch), ldap()
			got, err := db.Resolve(dir, tc.user, tc.group, tc.supplementary)
			if !slices.Equal(dir.Asked, tc.asked) {
				t.Errorf("asked the directory for %q instead of %q", dir.Asked, tc.asked)
			}
			if tc.refusal != "" {
				checkRefusal(t, err, tc.refusal, tc.hint)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			tc.want.Named = tc.supplementary != nil
			if tc.want.Source == "passwd" {
				tc.want.Source = db.Passwd
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func checkRefusal(t *testing.T, err error, what, hint string) {
	t.Helper()
	e, ok := errors.AsType[*privdrop.Error](err)
	if !ok {
		t.Fatalf("got %v instead of a refusal", err)
	}
	if !strings.Contains(e.Error(), what) || !strings.Contains(e.Advice(), hint) {
		t.Errorf("got %q, hint %q", e.Error(), e.Advice())
	}
	if !strings.HasPrefix(e.Error(), "cannot ") {
		t.Errorf("%q does not start with cannot", e.Error())
	}
}

func TestResolveDirectoryDown(t *testing.T) {
	down := &privdrop.Directory{Err: errors.New("no answer")}
	_, err := testDatabase(t, "").Resolve(down, "somebody", "", nil)
	checkRefusal(t, err, "no answer", "")
	_, err = testDatabase(t, "group: sss\n").Resolve(down, "www", "", nil)
	checkRefusal(t, err, `cannot list the groups of user "www": no answer`, "--supplementary-groups 33")
}

func TestResolveWithoutFiles(t *testing.T) {
	none := privdrop.Database{Passwd: "/nonexistent/passwd", Group: "/nonexistent/group", Nsswitch: "/nonexistent/nsswitch.conf"}
	id, err := none.Resolve(&privdrop.Directory{}, "1000", "1000", nil)
	if err != nil || id.UID != 1000 || len(id.Groups) != 0 {
		t.Fatalf("got %v, %v", id, err)
	}
}

func TestRefuse(t *testing.T) {
	for _, tc := range []struct {
		user, group   string
		supplementary []string
		refusal, hint string
	}{
		{user: "www"},
		{user: "root", refusal: "cannot serve as user root: uid 0 is root", hint: "--user "},
		{user: "toor", refusal: "cannot serve as user toor: uid 0 is root", hint: "--user "},
		{user: "#0", group: "33", refusal: "uid 0 is root", hint: "--user "},
		{user: "000", group: "33", refusal: "uid 0 is root", hint: "--user "},
		{user: "wheel", refusal: "gid 0 is root's group", hint: "--user wheel --group "},
		{user: "www", group: "0", refusal: "gid 0 is root's group", hint: "--user www --group "},
		{user: "admin", refusal: "include gid 0", hint: "--user admin --supplementary-groups "},
		{user: "www", supplementary: []string{"root"}, refusal: "include gid 0"},
	} {
		id, err := testDatabase(t, "").Resolve(&privdrop.Directory{}, tc.user, tc.group, tc.supplementary)
		if err != nil {
			t.Errorf("%s: %v", tc.user, err)
			continue
		}
		if err := id.Refuse(true); err != nil {
			t.Errorf("%v: refused although allowed: %v", id, err)
		}
		err = id.Refuse(false)
		if tc.refusal == "" && err != nil {
			t.Errorf("%v: refused: %v", id, err)
		}
		if tc.refusal != "" {
			checkRefusal(t, err, tc.refusal, tc.hint)
		}
	}
}
