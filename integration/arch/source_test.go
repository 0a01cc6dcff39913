package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

const module = "modwsgi-express"

// file is one Go source file of the tree, whatever system it is built for.
type file struct {
	path    string // relative to the checkout, with slashes
	dir     string // of the file, "." at the top
	test    bool
	imports []string
	syntax  *ast.File
	set     *token.FileSet
	text    []byte
}

// area is the top-level directory that the file belongs to.
func (f file) area() string {
	area, _, _ := strings.Cut(f.path, "/")
	return area
}

func root(t *testing.T) string {
	t.Helper()
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the path of this file is not known")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(here)))
}

// parsed is every Go file of the checkout; the tests of this package run one
// after the other.
var parsed []file

// sources parses every Go file of the checkout, once.
func sources(t *testing.T) []file {
	t.Helper()
	if parsed != nil {
		return parsed
	}
	var files []file
	err := filepath.WalkDir(root(t), func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) == ".go" {
			files = append(files, parse(t, name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no Go file found")
	}
	parsed = files
	return files
}

func skipped(dir string) bool {
	return strings.HasPrefix(dir, ".") || dir == "build" || dir == "testdata"
}

func parse(t *testing.T, name string) file {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(root(t), name)
	if err != nil {
		t.Fatal(err)
	}
	f := file{path: filepath.ToSlash(relative), set: token.NewFileSet(), text: text, test: strings.HasSuffix(name, "_test.go")}
	f.dir = path.Dir(f.path)
	if f.syntax, err = parser.ParseFile(f.set, f.path, text, parser.ParseComments); err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.syntax.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: import %s: %v", f.path, spec.Path.Value, err)
		}
		f.imports = append(f.imports, name)
	}
	return f
}
