package settings

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"modwsgi-express/express/option"
)

// Variables of our own environment that workers do not get: what is addressed
// to us, and what would make "python -c" something else.
var withheld = []string{
	"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC",
	"PYTHONSTARTUP", "PYTHONINSPECT", "__PYVENV_LAUNCHER__",
}

// Variables that describe the session of whoever started us. They are wrong
// for another user; the server sets those of HOME, USER and LOGNAME right.
var session = []string{
	"HOME", "USER", "LOGNAME", "USERNAME", "SHELL", "MAIL", "TERM", "KRB5CCNAME",
	"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "PWD", "OLDPWD",
}

// sessionPrefixes begin the names of families of such variables.
var sessionPrefixes = []string{"SUDO_", "XDG_", "SSH_", "DBUS_"}

// workerEnvironment makes os.environ of the application: ours without what is
// withheld, then the virtualenv, --locale, --env-file and --env, the later
// ones winning.
func (s *Settings) workerEnvironment(i Interpreter) ([]string, []error) {
	e := environment{}
	for _, v := range s.input.Environ {
		// Windows keeps the current directory of each drive as "=C:=…".
		if name, value, ok := strings.Cut(v, "="); ok && name != "" && !s.isWithheld(name) {
			e.set(name, value)
		}
	}
	e.unset("VIRTUAL_ENV")
	if i.Virtualenv != "" {
		e.set("VIRTUAL_ENV", i.Virtualenv)
		e.unset("PYTHONHOME") // it would undo the virtualenv
		binDirectory, _, _ := layout()
		path := filepath.Join(i.Virtualenv, binDirectory)
		if old := e.get("PATH"); old != "" {
			path += string(filepath.ListSeparator) + old
		}
		e.set("PATH", path)
	}
	if locale := s.text("locale"); locale != "" {
		e.set("LANG", locale)
		e.set("LC_ALL", locale)
	}
	problems := s.readEnvFiles(e)
	for _, p := range s.Get("env").Value.Pairs {
		e.set(p.Name, p.Value)
	}
	return e.list(), problems
}

func (s *Settings) isWithheld(name string) bool {
	if strings.HasPrefix(name, option.EnvPrefix) || matches(withheld, name) {
		return true
	}
	if s.text("user") == "" {
		return false
	}
	return matches(session, name) || slices.ContainsFunc(sessionPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

func matches(names []string, name string) bool {
	for _, n := range names {
		if sameVariable(n, name) {
			return true
		}
	}
	return false
}

func (s *Settings) readEnvFiles(e environment) (problems []error) {
	set := s.Get("env-file")
	for i, path := range set.Value.List {
		data, _, err := readBounded(path)
		if err != nil {
			problems = append(problems, &Problem{Message: fmt.Sprintf("cannot read %s: %v", set.only(set.Raw[i]).spelling(), reason(err))})
			continue
		}
		pairs, err := ParseEnvFile(s.displayPath(path), string(data))
		if err != nil {
			problems = append(problems, &Problem{Message: "cannot use the variables of " + err.Error()})
			continue
		}
		for _, p := range pairs {
			e.set(p.Name, p.Value)
		}
	}
	return problems
}

// wsgiEnviron makes what is put into the WSGI environ of every request.
func (s *Settings) wsgiEnviron() (map[string]string, []error) {
	environ := map[string]string{}
	var problems []error
	for _, name := range s.Get("passenv").Value.List {
		if value, ok := lookup(s.input.Environ, name); ok {
			environ[name] = value
		}
	}
	set := s.Get("setenv")
	for i, p := range set.Value.Pairs {
		if isRequestKey(p.Name) {
			problems = append(problems, set.only(set.Raw[i]).problem(p.Name+" is set by each request"))
			continue
		}
		environ[p.Name] = p.Value
	}
	return environ, problems
}

// isRequestKey names the keys of the environ that frame a request: an
// application that saw them replaced could not work.
func isRequestKey(name string) bool {
	switch name {
	case "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_PROTOCOL":
		return true
	}
	return strings.HasPrefix(name, "wsgi.")
}

// environment is a process environment being made; keyed so that names that
// the system takes for the same are one.
type environment map[string]option.Pair

func (e environment) key(name string) string {
	if sameVariable("a", "A") {
		return strings.ToUpper(name)
	}
	return name
}

func (e environment) set(name, value string) { e[e.key(name)] = option.Pair{Name: name, Value: value} }
func (e environment) unset(name string)      { delete(e, e.key(name)) }
func (e environment) get(name string) string { return e[e.key(name)].Value }

// list is the environment as a process gets it, sorted.
func (e environment) list() []string {
	list := make([]string, 0, len(e))
	for _, p := range e {
		list = append(list, p.String())
	}
	sort.Strings(list)
	return list
}
