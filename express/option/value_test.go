package option_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"modwsgi-express/express/option"
)

func TestParse(t *testing.T) {
	type want = option.Value
	cases := []struct {
		kind option.Option
		raw  []string
		want want
		bad  string // the error instead
	}{
		{option.Option{Kind: option.Bool}, []string{"on"}, want{Bool: true}, ""},
		{option.Option{Kind: option.Bool}, []string{"Yes"}, want{Bool: true}, ""},
		{option.Option{Kind: option.Bool}, []string{"1"}, want{Bool: true}, ""},
		{option.Option{Kind: option.Bool}, []string{"off"}, want{}, ""},
		{option.Option{Kind: option.Bool}, []string{"FALSE"}, want{}, ""},
		{option.Option{Kind: option.Bool}, []string{""}, want{}, "expected on or off"},
		{option.Option{Kind: option.Bool}, []string{"2"}, want{}, "expected on or off"},

		{option.Option{Kind: option.Int, Min: 1, Max: 10}, []string{"7"}, want{Int: 7}, ""},
		{option.Option{Kind: option.Int, Min: 1, Max: 10}, []string{"7", "8"}, want{Int: 8}, ""},
		{option.Option{Kind: option.Int, Min: 1, Max: 10}, []string{"0"}, want{}, "expected a number, from 1 to 10"},
		{option.Option{Kind: option.Int, Min: 1, Max: 10}, []string{"11"}, want{}, "expected a number, from 1 to 10"},
		{option.Option{Kind: option.Int, Min: 3}, []string{"2"}, want{}, "expected a number, at least 3"},
		{option.Option{Kind: option.Int}, []string{"-1"}, want{}, "expected a number"},
		{option.Option{Kind: option.Int}, []string{"1.5"}, want{}, "expected a number"},
		{option.Option{Kind: option.Int}, []string{"99999999999999999999"}, want{}, "expected a number"},
		{option.Option{Kind: option.Int}, []string{" 1"}, want{}, "expected a number"},

		{option.Option{Kind: option.Number}, []string{"0.005"}, want{Number: 0.005}, ""},
		{option.Option{Kind: option.Number}, []string{"0"}, want{}, "expected a number of seconds above 0, such as 0.005"},
		{option.Option{Kind: option.Number}, []string{"NaN"}, want{}, "expected a number of seconds above 0, such as 0.005"},

		{option.Option{Kind: option.Size}, []string{"10485760"}, want{Int: 10485760}, ""},
		{option.Option{Kind: option.Size}, []string{"10m"}, want{Int: 10 << 20}, ""},
		{option.Option{Kind: option.Size}, []string{"10MiB"}, want{Int: 10 << 20}, ""},
		{option.Option{Kind: option.Size}, []string{"64K"}, want{Int: 64 << 10}, ""},
		{option.Option{Kind: option.Size}, []string{"1gb"}, want{Int: 1 << 30}, ""},
		{option.Option{Kind: option.Size}, []string{"512b"}, want{Int: 512}, ""},
		{option.Option{Kind: option.Size}, []string{"0"}, want{}, ""},
		{option.Option{Kind: option.Size}, []string{"-1"}, want{}, "expected a size such as 65536, 64k or 10m"},
		{option.Option{Kind: option.Size}, []string{"m"}, want{}, "expected a size such as 65536, 64k or 10m"},
		{option.Option{Kind: option.Size}, []string{"1.5m"}, want{}, "expected a size such as 65536, 64k or 10m"},
		{option.Option{Kind: option.Size}, []string{"1ik"}, want{}, "expected a size such as 65536, 64k or 10m"},
		{option.Option{Kind: option.Size}, []string{"9223372036854775807"}, want{Int: 9223372036854775807}, ""},
		{option.Option{Kind: option.Size}, []string{"8589934592g"}, want{}, "expected a size such as 65536, 64k or 10m"},
		{option.Option{Kind: option.Size, Min: 1024, Max: 1 << 20}, []string{"1"}, want{}, "expected a size such as 65536, 64k or 10m, from 1k to 1m"},

		{option.Option{Kind: option.Duration}, []string{"45"}, want{Duration: 45 * time.Second}, ""},
		{option.Option{Kind: option.Duration}, []string{"1.5"}, want{Duration: 1500 * time.Millisecond}, ""},
		{option.Option{Kind: option.Duration}, []string{"30s"}, want{Duration: 30 * time.Second}, ""},
		{option.Option{Kind: option.Duration}, []string{"2m"}, want{Duration: 2 * time.Minute}, ""},
		{option.Option{Kind: option.Duration}, []string{"500ms"}, want{Duration: 500 * time.Millisecond}, ""},
		{option.Option{Kind: option.Duration}, []string{"0"}, want{}, ""},
		{option.Option{Kind: option.Duration}, []string{"-1"}, want{}, "expected a time such as 45, 1.5, 500ms or 2m"},
		{option.Option{Kind: option.Duration}, []string{"-1s"}, want{}, "expected a time such as 45, 1.5, 500ms or 2m"},
		{option.Option{Kind: option.Duration}, []string{"Inf"}, want{}, "expected a time such as 45, 1.5, 500ms or 2m"},
		{option.Option{Kind: option.Duration}, []string{"NaN"}, want{}, "expected a time such as 45, 1.5, 500ms or 2m"},
		{option.Option{Kind: option.Duration}, []string{"0x10"}, want{}, "expected a time such as 45, 1.5, 500ms or 2m"},
		{option.Option{Kind: option.Duration}, []string{"1e300"}, want{}, "expected a time such as 45, 1.5, 500ms or 2m"},
		{option.Option{Kind: option.Duration}, []string{"300000h"}, want{}, "expected a time such as 45, 1.5, 500ms or 2m"},
		{option.Option{Kind: option.Duration}, []string{"soon"}, want{}, "expected a time such as 45, 1.5, 500ms or 2m"},
		{option.Option{Kind: option.Duration, Min: 1}, []string{"0"}, want{}, "expected a time such as 45, 1.5, 500ms or 2m, above 0"},

		{option.Option{Kind: option.Mode}, []string{"0660"}, want{Int: 0o660}, ""},
		{option.Option{Kind: option.Mode}, []string{"27"}, want{Int: 0o27}, ""},
		{option.Option{Kind: option.Mode}, []string{"0o777"}, want{Int: 0o777}, ""},
		{option.Option{Kind: option.Mode}, []string{"1777"}, want{}, "expected permission bits in octal, such as 0660"},
		{option.Option{Kind: option.Mode}, []string{"0880"}, want{}, "expected permission bits in octal, such as 0660"},

		{option.Option{Kind: option.Choice, Choices: []string{"debug", "info"}}, []string{"INFO"}, want{Text: "info"}, ""},
		{option.Option{Kind: option.Choice, Choices: []string{"debug", "info"}}, []string{"loud"}, want{}, "expected one of debug, info"},

		{option.Option{Kind: option.Text}, []string{"a b"}, want{Text: "a b"}, ""},
		{option.Option{Kind: option.Text}, []string{""}, want{}, ""},
		{option.Option{Kind: option.Text}, []string{"a\x00b"}, want{}, "expected a text"},
		{option.Option{Kind: option.Path}, []string{"x/y"}, want{Text: "x/y"}, ""},
		{option.Option{Kind: option.Path}, []string{""}, want{}, "expected a path"},

		{option.Option{Kind: option.Texts}, []string{"a", "b"}, want{List: []string{"a", "b"}}, ""},
		{option.Option{Kind: option.Texts}, []string{"a", ""}, want{}, "expected texts that are not empty"},
		{option.Option{Kind: option.Paths}, []string{"a", "b"}, want{List: []string{"a", "b"}}, ""},
		{option.Option{Kind: option.Paths}, []string{"\x00"}, want{}, "expected paths that are not empty"},
		{option.Option{Kind: option.Pairs}, []string{"A=1", "B=", "C=x=y"}, want{Pairs: []option.Pair{{Name: "A", Value: "1"}, {Name: "B"}, {Name: "C", Value: "x=y"}}}, ""},
		{option.Option{Kind: option.Pairs}, []string{"A"}, want{}, "expected NAME=VALUE"},
		{option.Option{Kind: option.Pairs}, []string{"=1"}, want{}, "expected NAME=VALUE"},
	}
	for _, c := range cases {
		got, err := c.kind.Parse(c.raw)
		if text := errorText(err); text != c.bad {
			t.Errorf("Parse(%q) of kind %d: error %q, expected %q", c.raw, c.kind.Kind, text, c.bad)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Parse(%q) of kind %d:\n%s", c.raw, c.kind.Kind, diff)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestFormatSize: a size is read as it is written.
func TestFormatSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<40).Draw(t, "n")
		if got, ok := option.ParseSize(option.FormatSize(n)); !ok || got != n {
			t.Fatalf("%d is written %q and read as %d", n, option.FormatSize(n), got)
		}
	})
}

func TestWords(t *testing.T) {
	cases := []struct {
		in   string
		want []string
		bad  string
	}{
		{"", nil, ""},
		{"  \t\n ", nil, ""},
		{"a b", []string{"a", "b"}, ""},
		{` a="1 2"  b='3 4' `, []string{"a=1 2", "b=3 4"}, ""},
		{`C:\x\y "C:\x y"`, []string{`C:\x\y`, `C:\x y`}, ""},
		{`"a\"b" "c\\d" "\n"`, []string{`a"b`, `c\d`, `\n`}, ""},
		{`'a\"b'`, []string{`a\"b`}, ""},
		{`"" ''`, []string{"", ""}, ""},
		{`a"b c"d`, []string{"ab cd"}, ""},
		{`a "b`, nil, `expected a closing "`},
		{`a 'b"`, nil, `expected a closing '`},
	}
	for _, c := range cases {
		got, err := option.Words(c.in)
		if errorText(err) != c.bad {
			t.Errorf("Words(%q): error %v, expected %q", c.in, err, c.bad)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Words(%q):\n%s", c.in, diff)
		}
	}
}

// FuzzWords: whatever the text, words that are quoted one by one come back.
func FuzzWords(f *testing.F) {
	for _, seed := range []string{"", "a b", `"`, `'a'"b"`, `\\`, "\x00 é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words, err := option.Words(s)
		if err != nil {
			return
		}
		quoted := ""
		for _, w := range words {
			q := ""
			for _, r := range w {
				if r == '"' || r == '\\' {
					q += `\`
				}
				q += string(r)
			}
			quoted += ` "` + q + `"`
		}
		again, err := option.Words(quoted)
		if err != nil {
			t.Fatalf("%q is refused: %v", quoted, err)
		}
		if diff := cmp.Diff(words, again); diff != "" {
			t.Fatalf("%q:\n%s", quoted, diff)
		}
	})
}
