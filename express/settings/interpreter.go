package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Interpreter is the Python to run the application with.
type Interpreter struct {
	Path       string // absolute
	Origin     string // "--python", "$VIRTUAL_ENV", ".venv in …", "python3 in PATH"
	Virtualenv string // the virtualenv it belongs to, "" if none
}

// Interpreter finds the Python: what the user named, else the virtualenv that
// is active, else the one in the working directory, else the system's.
func (s *Settings) Interpreter() (Interpreter, error) {
	winner, err := s.exclusive("python", "virtualenv", "each of them names the interpreter")
	switch {
	case err != nil:
		return Interpreter{}, err
	case winner == "python" && s.text("python") != "":
		return s.namedInterpreter()
	case winner == "virtualenv":
		set := s.Get("virtualenv")
		return inVirtualenv(s.text("virtualenv"), set.Origin.String(), set.spelling())
	}
	if active := s.variable("VIRTUAL_ENV"); active != "" {
		return inVirtualenv(absolute(s.input.Directory, active), "$VIRTUAL_ENV", "VIRTUAL_ENV="+quoteIfNeeded(active))
	}
	for _, name := range []string{".venv", "venv"} {
		directory := filepath.Join(s.WorkingDirectory(), name)
		if isFile(filepath.Join(directory, "pyvenv.cfg")) {
			return inVirtualenv(directory, name+" in the working directory", name+" in the working directory")
		}
	}
	_, _, searchedNames := layout()
	for _, name := range searchedNames {
		if path := s.inPath(name); path != "" {
			return interpreterAt(path, name+" in PATH"), nil
		}
	}
	return Interpreter{}, &Problem{
		Message:     "cannot find a Python interpreter: no virtualenv is active or in the working directory, and there is no python3 in PATH",
		Hint:        "install Python 3.8 or newer, or name it with --python",
		Interpreter: true,
	}
}

// namedInterpreter is the one that --python names: a file, a virtualenv's
// directory, or a name to look up in PATH.
func (s *Settings) namedInterpreter() (Interpreter, error) {
	set := s.Get("python")
	origin := set.Origin.String()
	path := absolute(s.base(set), set.Value.Text)
	isPath := strings.ContainsAny(set.Value.Text, `/\`)
	switch {
	case isDirectory(path):
		return inVirtualenv(path, origin, set.spelling())
	case isPath && isExecutable(path):
		return interpreterAt(path, origin), nil
	case isPath && isFile(path):
		return Interpreter{}, interpreterProblem(set.spelling(), "it is not executable", "")
	case isPath:
		return Interpreter{}, interpreterProblem(set.spelling(), "there is no such file", "")
	}
	if found := s.inPath(set.Value.Text); found != "" {
		return interpreterAt(found, origin), nil
	}
	return Interpreter{}, interpreterProblem(set.spelling(), "there is no such program in PATH", "name it by its path")
}

// inVirtualenv is the interpreter of a virtualenv.
func inVirtualenv(directory, origin, spelling string) (Interpreter, error) {
	binDirectory, interpreterNames, _ := layout()
	for _, name := range interpreterNames {
		path := filepath.Join(directory, binDirectory, name)
		if isExecutable(path) {
			return Interpreter{Path: path, Origin: origin, Virtualenv: directory}, nil
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrPermission) {
			return Interpreter{}, unreachable(path, spelling)
		}
	}
	if !isDirectory(directory) {
		return Interpreter{}, interpreterProblem(spelling, "there is no such directory", "python3 -m venv makes a virtualenv")
	}
	return Interpreter{}, interpreterProblem(spelling,
		fmt.Sprintf("there is no interpreter %s in it", filepath.Join(binDirectory, interpreterNames[0])),
		"python3 -m venv makes a virtualenv; one whose Python was removed has to be made again")
}

// unreachable is an interpreter in, or behind a link into, a directory that this
// user may not enter: another user's home, most often.
func unreachable(path, spelling string) *Problem {
	where := path
	if to, err := os.Readlink(path); err == nil {
		where += ", a link to " + to
	}
	return interpreterProblem(spelling, "permission denied for its interpreter "+where,
		"make the virtualenv with an interpreter that every user can run, as /usr/bin/python3 -m venv does, or open the directories on the way")
}

// interpreterAt tells whether the interpreter at path belongs to a virtualenv:
// one has pyvenv.cfg beside the directory of its programs (PEP 405).
func interpreterAt(path, origin string) Interpreter {
	i := Interpreter{Path: path, Origin: origin}
	if home := filepath.Dir(filepath.Dir(path)); isFile(filepath.Join(home, "pyvenv.cfg")) {
		i.Virtualenv = home
	}
	return i
}

func interpreterProblem(spelling, why, hint string) *Problem {
	return &Problem{Message: fmt.Sprintf("cannot use %s: %s", spelling, why), Hint: hint, Interpreter: true}
}

// inPath looks a program up in the PATH this process was started with.
func (s *Settings) inPath(name string) string {
	for _, directory := range filepath.SplitList(s.variable("PATH")) {
		// An empty or relative entry means the current directory, where nothing
		// should be run from by accident.
		if !filepath.IsAbs(directory) {
			continue
		}
		if path := filepath.Join(directory, programName(name)); isExecutable(path) {
			return path
		}
	}
	return ""
}
