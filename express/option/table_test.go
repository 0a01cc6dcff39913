package option_test

import (
	"slices"
	"strings"
	"testing"

	"modwsgi-express/express/option"
)

// TestRows: every row is complete, and no two are taken for each other.
func TestRows(t *testing.T) {
	names, variables := map[string]bool{}, map[string]bool{}
	for i := range option.Table {
		o := &option.Table[i]
		t.Run(o.Name, func(t *testing.T) {
			for _, name := range append([]string{o.Name}, o.Aliases...) {
				if names[name] {
					t.Errorf("the name %s is there twice", name)
				}
				names[name] = true
				if option.Find(name) != o {
					t.Errorf("Find(%q) is another row", name)
				}
				if option.FindReplaced(name) != nil {
					t.Errorf("%s is among the replaced options too", name)
				}
				if name != strings.ToLower(name) || strings.ContainsAny(name, "_ =") {
					t.Errorf("%q cannot be a flag, a key and a variable alike", name)
				}
			}
			if variables[o.Env()] || !strings.HasPrefix(o.Env(), option.EnvPrefix) {
				t.Errorf("environment name %s", o.Env())
			}
			variables[o.Env()] = true
			if !slices.Contains(option.Groups, o.Group) {
				t.Errorf("group %q is not listed in help", o.Group)
			}
			if o.Doc == "" || strings.HasSuffix(o.Doc, ".") || strings.ContainsRune(o.Doc, '\n') {
				t.Errorf("doc %q", o.Doc)
			}
			if o.TakesValue() == (o.Placeholder == "") {
				t.Errorf("takes a value: %v, placeholder %q", o.TakesValue(), o.Placeholder)
			}
			if (o.Default == "") == (o.Unset == "") {
				t.Errorf("default %q, without one %q: expected one of the two", o.Default, o.Unset)
			}
			if o.Default != "" {
				if _, err := o.Parse([]string{o.Default}); err != nil {
					t.Errorf("the default %q is refused: %v", o.Default, err)
				}
			}
			if (o.Kind == option.Choice) != (len(o.Choices) > 0) {
				t.Errorf("choices %q", o.Choices)
			}
			if o.Repeatable() && o.Default != "" {
				t.Error("a list has no default: a layer replaces all of it")
			}
		})
	}
}

// TestGroups: each group of help has something in it, and all options are in one.
func TestGroups(t *testing.T) {
	n := 0
	for _, g := range option.Groups {
		found := option.InGroup(g)
		if len(found) == 0 {
			t.Errorf("group %s is empty", g)
		}
		n += len(found)
	}
	if n != len(option.Table) {
		t.Errorf("%d options in groups, %d in the table", n, len(option.Table))
	}
}

func TestReplaced(t *testing.T) {
	var names []string
	for _, r := range option.Replaced {
		names = append(names, r.Name)
		if r.Instead == "" || strings.HasSuffix(r.Instead, ".") {
			t.Errorf("%s: what takes its place: %q", r.Name, r.Instead)
		}
		if r.Arguments < 0 || r.Arguments > 2 {
			t.Errorf("%s takes %d arguments", r.Name, r.Arguments)
		}
	}
	if !slices.IsSorted(names) {
		t.Error("the list is not sorted")
	}
	// What is listed must have no effect here; these are in the checklist of
	// what has to be explained.
	for _, name := range []string{
		"server-mpm", "modules-directory", "httpd-executable", "rotatelogs-executable", "with-cgi", "with-php5", "initial-workers",
		"minimum-spare-workers", "maximum-spare-workers", "embedded-mode", "rewrite-rules", "allow-override", "envvars-script", "include-file",
	} {
		if option.FindReplaced(name) == nil {
			t.Errorf("%s is not explained", name)
		}
	}
}
