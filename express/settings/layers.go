package settings

import (
	"fmt"
	"sort"
	"strings"

	"modwsgi-express/express/option"
)

// flagLayer collects what the command line says. A list keeps all values of
// its option; of a single-valued option the last one counts.
func flagLayer(flags []Given) layer {
	l := layer{}
	for _, g := range flags {
		e := l[g.Option.Name]
		if !g.Option.Repeatable() {
			e.raw = nil
		}
		e.raw = append(e.raw, g.Value)
		e.origin = Origin{Layer: Flag, Name: g.As}
		l[g.Option.Name] = e
	}
	return l
}

// Names in the environment that begin like an option's and are none: the
// harness of the integration tests uses them to find the program and its
// interpreters.
var foreignPrefixes = []string{"MODWSGI_EXPRESS_", "MODWSGI_TEST_"}

// environmentLayer collects the variables that are options. An empty variable
// says nothing, which is how Docker Compose and systemd write "not set".
func environmentLayer(environ []string) (layer, []error) {
	l := layer{}
	var problems []error
	for _, v := range ours(environ) {
		name, value, _ := strings.Cut(v, "=")
		o := fromEnv(name)
		switch {
		case o == nil:
			problems = append(problems, unknownVariable(name))
			continue
		case value == "":
			continue
		}
		e := entry{raw: []string{value}, origin: Origin{Layer: Environment, Name: name}}
		if o.Repeatable() {
			words, err := option.Words(value)
			if err != nil {
				set := Setting{Option: o, Raw: e.raw, Origin: e.origin}
				problems = append(problems, set.problem(err.Error()))
				continue
			}
			e.raw = words
		}
		if other, twice := l[o.Name]; twice {
			problems = append(problems, &Problem{
				Message: fmt.Sprintf("cannot use %s and %s: they are names of the same option", other.origin.Name, name),
				Hint:    "keep one of them",
			})
			continue
		}
		l[o.Name] = e
	}
	return l, problems
}

// ours picks the variables with our prefix, sorted so that problems are
// reported in the same order every time.
func ours(environ []string) []string {
	var found []string
next:
	for _, v := range environ {
		if !strings.HasPrefix(v, option.EnvPrefix) {
			continue
		}
		for _, p := range foreignPrefixes {
			if strings.HasPrefix(v, p) {
				continue next
			}
		}
		found = append(found, v)
	}
	sort.Strings(found)
	return found
}

// fromEnv returns the option that a variable sets.
func fromEnv(name string) *option.Option {
	key := strings.TrimPrefix(name, option.EnvPrefix)
	if key != strings.ToUpper(key) {
		return nil
	}
	return option.Find(strings.ToLower(strings.ReplaceAll(key, "_", "-")))
}

func unknownVariable(name string) *Problem {
	key := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, option.EnvPrefix), "_", "-"))
	return unknown(name, key, func(_ *option.Option, near string) string {
		return option.EnvPrefix + strings.ToUpper(strings.ReplaceAll(near, "-", "_"))
	})
}

// lookup finds a variable; of several the last counts, as for the processes
// that inherit them.
func lookup(environ []string, name string) (string, bool) {
	for i := len(environ) - 1; i >= 0; i-- {
		if n, value, ok := strings.Cut(environ[i], "="); ok && sameVariable(n, name) {
			return value, true
		}
	}
	return "", false
}
