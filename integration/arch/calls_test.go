package arch_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// use is a name of another package that a part of the tree must not mention.
type use struct {
	what   []string // "package.Name"
	where  func(f file) bool
	reason string
}

var uses = []use{
	{
		what:   []string{"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.NewTimer", "time.NewTicker"},
		where:  func(f file) bool { return strings.HasPrefix(f.dir+"/", "core/http1/") },
		reason: "core/http1 knows no clock: its drivers say what time it is, so that it can be tested and driven in any way",
	},
	{
		what: []string{"os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln"},
		where: func(f file) bool {
			return !strings.HasPrefix(f.dir, "express/modwsgi-express") && f.area() != "integration"
		},
		reason: "only main ends the program: whoever else does skips the clean-up of all others",
	},
	{
		what:   []string{"os.Args", "os.Getenv", "os.LookupEnv", "os.Environ", "os.Stdout"},
		where:  func(f file) bool { return f.area() == "core" },
		reason: "core is told everything by its configuration and says nothing on standard output: two servers in one process must not meet",
	},
	{
		what: []string{"fmt.Print", "fmt.Printf", "fmt.Println", "log.Print", "log.Printf", "log.Println"},
		where: func(f file) bool {
			return f.area() == "core" || f.area() == "privdrop" || f.area() == "platforms" || f.area() == "apacheconf"
		},
		reason: "a library does not print: it returns errors, and logs to the logger it was given",
	},
}

// TestUses: names that belong to main and the launcher stay there. Tests may
// use them: a test binary that starts itself again has no other way.
func TestUses(t *testing.T) {
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, u := range uses {
				if u.where(f) && slices.Contains(u.what, pkg.Name+"."+sel.Sel.Name) {
					t.Errorf("%s uses %s.%s: %s", f.set.Position(n.Pos()), pkg.Name, sel.Sel.Name, u.reason)
				}
			}
			return true
		})
	}
}
