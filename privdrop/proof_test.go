package privdrop_test

import (
	"testing"

	"modwsgi-express/privdrop"
)

// The one line that the log gets.
func TestProofString(t *testing.T) {
	www := privdrop.Identity{User: "www", UID: 33, GID: 33, Groups: []int{33, 40}}
	for _, tc := range []struct {
		proof privdrop.Proof
		want  string
	}{
		{privdrop.Proof{Identity: www, Threads: 9, NoNewPrivs: true, Refused: []string{"setresuid(0)", "capset"}},
			"dropped root for www (uid 33, gid 33, groups 33,40); 9 threads alike, no capabilities, bounding set empty, no_new_privs; refused: setresuid(0) capset"},
		{privdrop.Proof{Identity: www, Threads: 1, Bounding: 0x4c0, NoNewPrivs: true},
			"dropped root for www (uid 33, gid 33, groups 33,40); 1 thread alike, no capabilities, bounding set 0x4c0 left (no CAP_SETPCAP to empty it), no_new_privs"},
		{privdrop.Proof{Identity: www, Mode: privdrop.Unprivileged},
			"unprivileged as www (uid 33, gid 33, groups 33,40)"},
		{privdrop.Proof{Identity: privdrop.Identity{User: "root"}, Mode: privdrop.KeptRoot, Threads: 3, NoNewPrivs: true},
			"still root (uid 0, gid 0, groups none): the application runs with all rights of the machine; 3 threads alike, no_new_privs"},
	} {
		if got := tc.proof.String(); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}
