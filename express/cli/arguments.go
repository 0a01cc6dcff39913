package cli

import (
	"errors"
	"fmt"
	"strings"

	"modwsgi-express/express/option"
	"modwsgi-express/express/settings"
)

// expand rewrites a command's arguments into what the parser of flags takes,
// and finds everything wrong with the names of options before it runs:
//
//	--proc 4                 --processes 4     a unique prefix, as optparse had it
//	--setenv NAME VALUE      --setenv=NAME=VALUE
//	--server-mpm event       refused: no meaning without Apache
//	--prot 80                refused: did you mean --port?
//
// extra are the flags of the command that are not in the table.
func expand(args, extra []string) ([]string, error) {
	var out []string
	var problems []error
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(out, args[i:]...), errors.Join(problems...)
		}
		name, value, inline := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if !strings.HasPrefix(arg, "--") || name == helpFlag || contains(extra, name) {
			out = append(out, arg)
			continue
		}
		if r := option.FindReplaced(name); r != nil {
			problems = append(problems, settings.UnknownFlag(name))
			if !inline {
				i += r.Arguments
			}
			continue
		}
		full, err := complete(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		taken, used := spell(option.Find(full), full, value, inline, args[i+1:])
		out = append(out, taken...)
		i += used
	}
	return out, errors.Join(problems...)
}

// spell writes one flag, and says how many of the arguments after it belong to
// it.
func spell(o *option.Option, name, value string, inline bool, rest []string) (args []string, used int) {
	switch {
	case inline:
		return []string{"--" + name + "=" + value}, 0
	case !o.TakesValue() || len(rest) == 0:
		return []string{"--" + name}, 0
	case o.TwoArguments && !strings.Contains(rest[0], "=") && len(rest) > 1:
		return []string{"--" + name + "=" + rest[0] + "=" + rest[1]}, 2
	default:
		return []string{"--" + name + "=" + rest[0]}, 1
	}
}

// complete finds the option that a name or a unique prefix of one means.
func complete(name string) (string, error) {
	if option.Find(name) != nil {
		return name, nil
	}
	var matches []string
	meant := map[*option.Option]bool{}
	for _, n := range option.Names() {
		if strings.HasPrefix(n, name) && !meant[option.Find(n)] {
			matches, meant[option.Find(n)] = append(matches, n), true
		}
	}
	switch {
	case len(matches) == 1:
		return matches[0], nil
	case len(matches) == 0 || name == "":
		return "", settings.UnknownFlag(name)
	}
	return "", &settings.Problem{
		Message: fmt.Sprintf("cannot tell which option --%s means", name),
		Hint:    "it could be --" + strings.Join(matches, ", --"),
		Usage:   true,
	}
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}
