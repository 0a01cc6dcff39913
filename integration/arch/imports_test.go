package arch_test

import (
	"slices"
	"strings"
	"testing"
)

// arrow says what the files of an area of the tree may import.
type arrow struct {
	areas  []string // of this module
	reason string   // why nothing else
}

var arrows = map[string]arrow{
	"express":     {[]string{"express", "core", "privdrop", "platforms", "apacheconf"}, "the launcher is the top: it may use everything but the tests"},
	"core":        {[]string{"core", "privdrop", "platforms"}, "core is a library: it must not know the command line that is one way to use it, nor Apache's configuration"},
	"privdrop":    {[]string{"privdrop"}, "privdrop runs as root: it stays small enough to be read in one sitting, so it stands on the standard library and x/sys alone"},
	"platforms":   {[]string{"platforms"}, "platforms hides one operating system from the rest: whoever imports upwards from there makes a cycle sooner or later"},
	"apacheconf":  {[]string{"apacheconf"}, "apacheconf is of use without the server, so it knows nothing of it"},
	"integration": {[]string{"integration", "express", "core", "privdrop", "platforms", "apacheconf"}, "the tests may look at everything"},
}

// TestArrows: imports point down only.
func TestArrows(t *testing.T) {
	for _, f := range sources(t) {
		rule, ok := arrows[f.area()]
		if !ok {
			t.Errorf("%s: Go code in an area of the tree without a rule for its imports", f.path)
			continue
		}
		for _, name := range f.imports {
			local, ok := strings.CutPrefix(name, module+"/")
			if !ok {
				continue
			}
			area, _, _ := strings.Cut(local, "/")
			if !slices.Contains(rule.areas, area) {
				t.Errorf("%s imports %s: %s", f.path, name, rule.reason)
			}
		}
	}
}

// ban forbids imports in a part of the tree.
type ban struct {
	name    string
	where   func(f file) bool
	imports []string // exact, or a prefix ending in "/"
	reason  string
}

var bans = []ban{
	{
		name:    "flags below express",
		where:   func(f file) bool { return f.area() != "express" && f.area() != "integration" && !f.test },
		imports: []string{"flag", "github.com/spf13/"},
		reason:  "options are read in one place, express; everything below is told by plain structs",
	},
	{
		name:    "configuration files below express",
		where:   func(f file) bool { return f.area() == "core" || f.area() == "privdrop" || f.area() == "platforms" },
		imports: []string{"github.com/BurntSushi/"},
		reason:  "precedence of file, environment and flag is decided once, in express/settings",
	},
	{
		name:    "cgo",
		where:   func(file) bool { return true },
		imports: []string{"C"},
		reason:  "with cgo linked in, the system calls of a privilege drop no longer reach every thread",
	},
	{
		name:    "an HTTP engine with I/O",
		where:   func(f file) bool { return strings.HasPrefix(f.dir+"/", "core/http1/") && !f.test },
		imports: []string{"net", "net/http", "os", "context", "sync"},
		reason:  "core/http1 takes bytes and gives events: it knows no connection, goroutine or clock, so that every driver can use it",
	},
	{
		name:    "net/http in the contract",
		where:   func(f file) bool { return f.dir == "core/exchange" && !f.test },
		imports: []string{"net/http", "net"},
		reason:  "the contract between listeners and handlers is the same for all protocols",
	},
	{
		name:    "libraries in privdrop",
		where:   func(f file) bool { return f.area() == "privdrop" && !f.test },
		imports: []string{"github.com/", "go.uber.org/", "pgregory.net/", "net", "net/http", "encoding/json"},
		reason:  "privdrop runs as root: no parser and no network code there",
	},
	{
		name:    "plugins and unsafe tricks with symbols",
		where:   func(file) bool { return true },
		imports: []string{"plugin"},
		reason:  "the program is one static binary",
	},
}

// TestBans: what some parts must not import even from outside.
func TestBans(t *testing.T) {
	files := sources(t)
	for _, b := range bans {
		t.Run(b.name, func(t *testing.T) {
			for _, f := range files {
				for _, name := range f.imports {
					if b.where(f) && b.matches(name) {
						t.Errorf("%s imports %s: %s", f.path, name, b.reason)
					}
				}
			}
		})
	}
}

func (b ban) matches(name string) bool {
	return slices.ContainsFunc(b.imports, func(banned string) bool {
		return name == banned || strings.HasSuffix(banned, "/") && strings.HasPrefix(name, banned)
	})
}
