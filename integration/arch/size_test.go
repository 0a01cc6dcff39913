package arch_test

import (
	"go/ast"
	"testing"
)

// Sizes beyond which a reader loses the thread. They are shown with -v and fail
// only at the hard ones.
const (
	fileLines, fileLinesMost = 300, 800
	funcLines, funcLinesMost = 40, 120
)

func TestSizes(t *testing.T) {
	for _, f := range sources(t) {
		lines := f.set.File(f.syntax.Pos()).LineCount()
		report(t, lines, fileLines, fileLinesMost, "%s has %d lines", f.path, lines)
		if f.test {
			continue // tables are long
		}
		for _, decl := range f.syntax.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok {
				lines := f.set.Position(d.End()).Line - f.set.Position(d.Pos()).Line + 1
				report(t, lines, funcLines, funcLinesMost, "%s: %s has %d lines", f.path, d.Name.Name, lines)
			}
		}
	}
}

func report(t *testing.T, size, soft, hard int, format string, args ...any) {
	t.Helper()
	switch {
	case size > hard:
		t.Errorf(format+": more than %d", append(args, hard)...)
	case size > soft:
		t.Logf(format, args...)
	}
}
