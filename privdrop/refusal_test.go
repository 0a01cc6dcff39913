package privdrop_test

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"modwsgi-express/privdrop"
)

func TestRefuseRoot(t *testing.T) {
	for _, tc := range []struct{ argv, want string }{
		{"modwsgi-express start-server app --port 80", "type: modwsgi-express start-server app --port 80 --user "},
		{"modwsgi-express start-server -- -odd", "-server --user "},
	} {
		err := privdrop.RefuseRoot(strings.Fields(tc.argv))
		checkRefusal(t, err, "cannot serve as root", tc.want)
	}
	err := privdrop.RefuseRoot([]string{"modwsgi-express", "start-server", "my app.py"})
	checkRefusal(t, err, "cannot serve as root", "start-server 'my app.py' --user ")
}

func TestShellQuote(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh to read the words back")
	}
	for _, s := range []string{"", "plain", "a b", "it's", "$HOME", "`id`", "a\nb", "*", "ü", `\`, "-x", "a=b;c"} {
		out, err := exec.Command(sh, "-c", "printf %s "+privdrop.ShellQuote(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q came back as %q, %v", s, out, err)
		}
	}
}

func TestShellQuoteLeavesNothingOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		q := privdrop.ShellQuote(s)
		if q == s {
			if strings.ContainsAny(q, " \t\n'\"\\$`;&|<>()*?[]{}~#!") || q == "" {
				t.Fatalf("%q was left unquoted", s)
			}
			return
		}
		// Between the quotes nothing is special; inner quotes are closed, escaped and opened again.
		inner := strings.TrimSuffix(strings.TrimPrefix(q, "'"), "'")
		if strings.ReplaceAll(inner, `'\''`, "") != strings.ReplaceAll(s, "'", "") {
			t.Fatalf("%q became %q", s, q)
		}
	})
}
