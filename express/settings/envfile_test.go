package settings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/express/option"
	"modwsgi-express/express/settings"
)

// pairs makes pairs of names and values.
func pairs(texts ...string) (list []option.Pair) {
	for i := 0; i < len(texts); i += 2 {
		list = append(list, option.Pair{Name: texts[i], Value: texts[i+1]})
	}
	return list
}

func TestParseEnvFile(t *testing.T) {
	cases := []struct {
		text string
		want []option.Pair
		bad  string
	}{
		{"", nil, ""},
		{"\n# c\n  # c\n", nil, ""},
		{"\ufeffA=1\r\nB=2\r\n", pairs("A", "1", "B", "2"), ""},
		{"A=1\nA=2", pairs("A", "1", "A", "2"), ""},
		{"A=", pairs("A", ""), ""},
		{" A = x y \t", pairs("A", "x y"), ""},
		{"export A=1", pairs("A", "1"), ""},
		{"export=1\nexported=2", pairs("export", "1", "exported", "2"), ""},
		{"A=x # c\nB=x#y\nC=#y\nD= # c\nE=x\t# c", pairs("A", "x", "B", "x#y", "C", "#y", "D", "", "E", "x"), ""},
		{`A="x # y" # c`, pairs("A", "x # y"), ""},
		{`A="a\"b\\c\nd\te\$f\q"`, pairs("A", "a\"b\\c\nd\te$f\\q"), ""},
		{`A='a\n$b"c'`, pairs("A", `a\n$b"c`), ""},
		{"A=\"x\ny\"\nB=2", pairs("A", "x\ny", "B", "2"), ""},
		{"A=http://u:p@h/?a=b&c", pairs("A", "http://u:p@h/?a=b&c"), ""},
		{"A=é", pairs("A", "é"), ""},
		{"A", nil, "f:1: expected NAME=VALUE"},
		{"\nhunter2 is it", nil, "f:2: expected NAME=VALUE"},
		{"1A=x", nil, "f:1: expected NAME=VALUE"},
		{"=x", nil, "f:1: expected NAME=VALUE"},
		{"A=1\nB=\"x\ny\nz", nil, `f:2: expected a closing "`},
		{"A=\"x\ny\" z\n", nil, `f:2: expected the end of the line after the closing "`},
		{"A=\"x\ny\"\nB", nil, "f:3: expected NAME=VALUE"},
		{"A=\x00", nil, "f: expected UTF-8 text"},
		{"A=\xff", nil, "f: expected UTF-8 text"},
	}
	for _, c := range cases {
		got, err := settings.ParseEnvFile("f", c.text)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != c.bad {
			t.Errorf("%q: error %q, expected %q", c.text, text, c.bad)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q:\n%s", c.text, diff)
		}
	}
}

// FuzzParseEnvFile: a value that is written between double quotes is read
// back, and an error tells a line of the file and nothing that stands there.
func FuzzParseEnvFile(f *testing.F) {
	for _, seed := range []string{"A=1", "A=\"x\ny\" # c\n", "export A='b'", "A=\\", "\"", "A=\"\\", "=\n=", "A=#"} {
		f.Add(seed)
	}
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`)
	f.Fuzz(func(t *testing.T, text string) {
		pairs, err := settings.ParseEnvFile("f", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") || len(err.Error()) > 80 {
				t.Fatalf("error %q", err)
			}
			return
		}
		var b strings.Builder
		for _, p := range pairs {
			b.WriteString("export " + p.Name + `="` + quote.Replace(p.Value) + "\" # c\n")
		}
		again, err := settings.ParseEnvFile("f", b.String())
		if err != nil {
			t.Fatalf("%q is refused: %v", b.String(), err)
		}
		if diff := cmp.Diff(pairs, again); diff != "" {
			t.Fatalf("%q:\n%s", b.String(), diff)
		}
	})
}
