package settings

import (
	"fmt"
	"strings"

	"modwsgi-express/express/option"
)

// Layer is a source of values; a higher one wins.
type Layer uint8

// Layers from low to high.
const (
	Default Layer = iota
	File
	Environment
	Flag
)

// Origin is where a value came from.
type Origin struct {
	Layer Layer
	// Name is the file, the variable or the flag as typed.
	Name string
	Line int // of a file, 0 if not known
	// Key is the key as it stands in the file, which may be an alias.
	Key string
}

// String is the origin as show-config prints it.
func (o Origin) String() string {
	switch o.Layer {
	case File:
		if o.Line > 0 {
			return fmt.Sprintf("%s:%d", o.Name, o.Line)
		}
		return o.Name
	case Environment:
		return "$" + o.Name
	case Flag:
		return o.Name
	default:
		return "default"
	}
}

// Problem is something wrong with what the user asked for.
type Problem struct {
	Message string // "cannot …", one sentence without a full stop
	Hint    string // what to do; may be empty
	// Usage: the command line itself is wrong, not what it asks for.
	Usage bool
	// Interpreter: no usable Python was found.
	Interpreter bool
}

// Error is the message without the hint.
func (p *Problem) Error() string { return p.Message }

// problem makes a Problem about the setting's value, in the spelling of where
// it was given.
func (set *Setting) problem(expected string) *Problem {
	return &Problem{
		Message: "cannot use " + set.spelling() + ": " + expected,
		Usage:   set.Origin.Layer == Flag,
	}
}

// spelling is the setting as the user wrote it.
func (set *Setting) spelling() string {
	value := strings.Join(set.Raw, " ")
	switch set.Origin.Layer {
	case File:
		return fmt.Sprintf("%s = %s (%s)", set.Origin.Key, quoteValue(set), set.Origin)
	case Environment:
		return set.Origin.Name + "=" + quoteIfNeeded(value)
	case Flag:
		if !set.Option.TakesValue() && value == "on" {
			return set.Origin.Name
		}
		return set.Origin.Name + " " + quoteIfNeeded(value)
	default:
		return fmt.Sprintf("%s %s (default)", set.Option.Flag(), quoteIfNeeded(value))
	}
}

func quoteValue(set *Setting) string {
	if !set.Option.Repeatable() {
		return fmt.Sprintf("%q", strings.Join(set.Raw, " "))
	}
	quoted := make([]string, len(set.Raw))
	for i, r := range set.Raw {
		quoted[i] = fmt.Sprintf("%q", r)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quoteIfNeeded quotes what would not show on a line as it is: nothing, white
// space, and bytes that a terminal would act on.
func quoteIfNeeded(s string) string {
	quoted := fmt.Sprintf("%q", s)
	if s == "" || strings.ContainsAny(s, " \t") || quoted != `"`+s+`"` {
		return quoted
	}
	return s
}

// unknown makes the Problem of a name that no option has: explained if
// mod_wsgi-express has it, else with the nearest name.
func unknown(what, name string, spell func(*option.Option, string) string) *Problem {
	p := &Problem{Message: "cannot use " + what + ": there is no such option"}
	if r := option.FindReplaced(name); r != nil {
		p.Message = "cannot use " + what + ": it has no meaning without Apache"
		p.Hint = r.Instead
		return p
	}
	if near := option.Nearest(name, option.Names()); near != "" {
		p.Hint = "did you mean " + spell(option.Find(near), near) + "?"
	} else {
		p.Hint = "modwsgi-express help options lists all options"
	}
	return p
}

// UnknownFlag is the Problem of a flag that does not exist; name is without
// dashes.
func UnknownFlag(name string) *Problem {
	p := unknown("--"+name, name, func(_ *option.Option, near string) string { return "--" + near })
	p.Usage = true
	return p
}
