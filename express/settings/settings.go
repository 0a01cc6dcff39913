// Package settings finds out what the user wants: it merges what the layers
// say about each option of express/option, keeps where each value came from,
// and builds the configuration of the server.
//
//	default  <  file  <  environment  <  flag
//
//	express/option.Table ─┐
//	modwsgi-express.toml ─┤
//	MODWSGI_…            ─┼─► Resolve ─► Settings ─► Build ─► core/server.Config
//	flags                ─┘                 │
//	                                        └─► show-config: value and origin of each
//
// A layer that says something about a list replaces what lower layers said.
// Relative paths are relative to the current directory; in a file to the
// directory of the file.
//
// Whatever is wrong is a [*Problem] with a sentence and mostly a hint. All
// problems are found before any is reported; they come joined.
package settings

import (
	"errors"
	"path/filepath"

	"modwsgi-express/express/option"
)

// Input is everything outside of the table that decides about settings. The
// package looks at nothing else of the process, but at files.
type Input struct {
	Flags     []Given  // in the order of the command line
	Environ   []string // NAME=VALUE
	Directory string   // current directory, absolute
	Root      bool     // the process may change its identity
}

// Given is one value given on the command line.
type Given struct {
	Option *option.Option
	As     string // as typed: "--max-clients", or "TARGET" for the positional
	Value  string
}

// Setting is an option with its value.
type Setting struct {
	Option *option.Option
	Raw    []string // as given, several for a list; nil: not set
	Value  option.Value
	Origin Origin
	// Replaced names the option that counts instead, which says the same thing and
	// comes from a higher layer; "" if this one counts. Build finds it out.
	Replaced string

	invalid bool // Raw was refused, Value is the default
}

// Settings are the values of all options.
type Settings struct {
	input    Input
	settings []Setting // parallel to option.Table
	byName   map[string]*Setting
	// File is the configuration file that was read, "" if none.
	File string
}

// Resolve merges the layers. The Settings are returned even with an error, as
// far as they could be made: show-config prints them beside the problems.
func Resolve(in Input) (*Settings, error) {
	s := &Settings{input: in, byName: map[string]*Setting{}}
	s.settings = make([]Setting, len(option.Table))
	for i := range option.Table {
		o := &option.Table[i]
		s.settings[i] = Setting{Option: o}
		s.byName[o.Name] = &s.settings[i]
		if o.Default != "" {
			s.settings[i].Raw = []string{o.Default}
		}
	}

	flags := flagLayer(in.Flags)
	environment, problems := environmentLayer(in.Environ)
	// The file is looked for where the layers above it say that we work.
	file, fileProblems := s.fileLayer(environment, flags)
	problems = append(problems, fileProblems...)
	for _, l := range []layer{file, environment, flags} {
		s.overlay(l)
	}
	problems = append(problems, s.parse()...)
	return s, errors.Join(problems...)
}

// layer is what one source says: raw values by option name.
type layer map[string]entry

type entry struct {
	raw    []string
	origin Origin
}

// overlay lets the layer's values replace what is there.
func (s *Settings) overlay(l layer) {
	for name, e := range l {
		set := s.byName[name]
		set.Raw, set.Origin = e.raw, e.origin
	}
}

// parse makes the values.
func (s *Settings) parse() (problems []error) {
	for i := range s.settings {
		set := &s.settings[i]
		value, err := set.Option.Parse(set.Raw)
		if err != nil {
			problems = append(problems, set.problem(err.Error()))
			set.invalid = true
			// What is checked later should not stumble over this one again.
			value = set.Option.DefaultValue()
		}
		set.Value = value
		s.makeAbsolute(set)
	}
	return problems
}

// makeAbsolute resolves relative paths where they were written.
func (s *Settings) makeAbsolute(set *Setting) {
	base := s.base(set)
	switch {
	case set.Option.Kind == option.Path && set.Value.Text != "":
		set.Value.Text = absolute(base, set.Value.Text)
	case set.Option.Kind == option.Paths:
		for i, p := range set.Value.List {
			set.Value.List[i] = absolute(base, p)
		}
	}
}

// base is the directory that a setting's relative paths start from.
func (s *Settings) base(set *Setting) string {
	if set.Origin.Layer == File {
		return filepath.Dir(s.File)
	}
	return s.input.Directory
}

func absolute(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// All returns every setting in the table's order.
func (s *Settings) All() []Setting { return s.settings }

// Get returns the setting of an option of the table; a name that is not in it
// is a programming error and panics.
func (s *Settings) Get(name string) *Setting {
	set := s.byName[name]
	if set == nil {
		panic("no such option: " + name)
	}
	return set
}

// given tells whether any layer spoke about the option.
func (s *Settings) given(name string) bool { return s.Get(name).Origin.Layer != Default }

func (s *Settings) text(name string) string { return s.Get(name).Value.Text }
func (s *Settings) number(name string) int  { return int(s.Get(name).Value.Int) }
func (s *Settings) on(name string) bool     { return s.Get(name).Value.Bool }

// WorkingDirectory is the directory the application runs in, absolute.
func (s *Settings) WorkingDirectory() string {
	if d := s.text("working-directory"); d != "" {
		return d
	}
	return s.input.Directory
}

// variable looks a name up in the environment this process was started with.
func (s *Settings) variable(name string) string {
	value, _ := lookup(s.input.Environ, name)
	return value
}
