package arch_test

import (
	"go/ast"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// topLevel is what the checkout may hold, with what is made but not committed.
var topLevel = []string{
	"express", "privdrop", "core", "apacheconf", "platforms", "integration",
	"go.mod", "go.sum", "build.sh", "README.md", "LICENSE", "build",
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s at the top level: a newcomer finds his way by the few names there; it belongs into one of them", e.Name())
		}
	}
}

// vague are names that say nothing of what is inside.
var vague = []string{"util", "utils", "common", "helper", "helpers", "misc", "manager", "base", "shared", "types", "cmd", "internal"}

func TestPackageNames(t *testing.T) {
	for _, f := range sources(t) {
		for _, name := range strings.Split(f.dir, "/") {
			if slices.Contains(vague, name) {
				t.Errorf("%s: a directory named %s collects what nobody has thought about", f.path, name)
			}
		}
		if base := strings.TrimSuffix(path.Base(f.path), ".go"); slices.Contains(vague, base) {
			t.Errorf("%s: the name of a file says which one concern is in it", f.path)
		}
	}
}

// TestPackageComments: every package has exactly one comment, and it says
// something.
func TestPackageComments(t *testing.T) {
	comments, packages := map[string][]string{}, map[string]bool{}
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		packages[f.dir] = true
		if f.syntax.Doc != nil {
			comments[f.dir] = append(comments[f.dir], f.path)
			checkComment(t, f)
		}
	}
	for dir := range packages {
		if n := len(comments[dir]); n != 1 {
			t.Errorf("package %s has %d package comments %v, expected one: it is what a reader meets first", dir, n, comments[dir])
		}
	}
}

// checkComment wants the form that go doc shows well; what a command's comment
// begins with is the command's name, which a reader knows how to write.
func checkComment(t *testing.T, f file) {
	t.Helper()
	want := "Package " + f.syntax.Name.Name + " "
	if f.syntax.Name.Name != "main" && !strings.HasPrefix(f.syntax.Doc.Text(), want) {
		t.Errorf("%s: the package comment does not begin with %q", f.path, want)
	}
}

// TestExportedComments: every exported name of a package that is no test has a
// doc comment. Methods that satisfy a well-known interface speak for themselves.
func TestExportedComments(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || f.area() == "integration" {
			continue
		}
		for _, decl := range f.syntax.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && !obvious(d) {
					t.Errorf("%s: %s has no doc comment", f.set.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				checkSpecs(t, f, d)
			}
		}
	}
}

var wellKnown = []string{"Error", "Unwrap", "Is", "String", "Len", "Less", "Swap", "Read", "Write", "Close", "Timeout", "Temporary"}

// obvious is true for a method that has to be called so, and for one of an
// unexported type, which no documentation shows.
func obvious(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return false
	}
	receiver := d.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if generic, ok := receiver.(*ast.IndexExpr); ok {
		receiver = generic.X
	}
	name, ok := receiver.(*ast.Ident)
	return ok && !name.IsExported() || slices.Contains(wellKnown, d.Name.Name)
}

// checkSpecs looks at types, and at the first of each group of constants and
// variables: the group's comment stands for all of it.
func checkSpecs(t *testing.T, f file, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				t.Errorf("%s: type %s has no doc comment", f.set.Position(s.Pos()), s.Name.Name)
			}
		case *ast.ValueSpec:
			if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil && len(d.Specs) == 1 {
				t.Errorf("%s: %s has no doc comment", f.set.Position(s.Pos()), s.Names[0].Name)
			}
		}
	}
}

var (
	constraint = regexp.MustCompile(`(?m)^//go:build `)
	systemFile = regexp.MustCompile(`_(linux|darwin|windows|unix|freebsd|openbsd|netbsd)(_[a-z0-9]+)?(_test)?\.go$`)
)

// TestBuildConstraints: what differs by operating system lies in platforms and
// privdrop, so that everything else is read once. A test may need a system that
// makes a fault for real.
func TestBuildConstraints(t *testing.T) {
	for _, f := range sources(t) {
		if f.area() == "platforms" || f.area() == "privdrop" || f.test {
			continue
		}
		if constraint.Match(f.text) || systemFile.MatchString(f.path) {
			t.Errorf("%s is built on some systems only: that belongs into platforms or privdrop", f.path)
		}
	}
}
