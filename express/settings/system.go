package settings

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
)

// What differs on Windows is a matter of names, so it is told apart here and
// not by files of its own.
const windows = runtime.GOOS == "windows"

// layout tells where a virtualenv keeps its programs, what its interpreter is
// called, and what is looked up in PATH when nothing else names an interpreter
// (python3 is often only a link to the store on Windows).
func layout() (binDirectory string, interpreterNames, searchedNames []string) {
	if windows {
		return "Scripts", []string{"python.exe"}, []string{"python", "python3"}
	}
	return "bin", []string{"python", "python3"}, []string{"python3", "python"}
}

// sameVariable compares names in the environment, which Windows does without
// regard to case.
func sameVariable(a, b string) bool {
	return a == b || windows && strings.EqualFold(a, b)
}

// isExecutable tells whether anyone at all could run the file; whether the user
// that the server becomes can is seen when it is run.
func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (windows || info.Mode().Perm()&0o111 != 0)
}

// programName is the file name that a command has.
func programName(name string) string {
	if windows && !strings.EqualFold(filepath.Ext(name), ".exe") {
		return name + ".exe"
	}
	return name
}

// untrusted says who but root could have written a file, "" for nobody.
func untrusted(info fs.FileInfo) string {
	// What stat returns is another type on each system, but the field that has
	// the owner bears the same name wherever there is one.
	if stat := reflect.Indirect(reflect.ValueOf(info.Sys())); stat.Kind() == reflect.Struct {
		if uid := stat.FieldByName("Uid"); uid.IsValid() && uid.CanUint() && uid.Uint() != 0 {
			return fmt.Sprintf("it belongs to user %d", uid.Uint())
		}
	}
	if !windows && info.Mode().Perm()&0o022 != 0 {
		return fmt.Sprintf("its mode %04o lets others write to it", info.Mode().Perm())
	}
	return ""
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
