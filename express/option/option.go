// Package option holds the one table of options. Everything that has to know
// what can be set is generated from it:
//
//	                      ┌─► flags of start-server, check and show-config   (express/cli)
//	                      ├─► names in the environment, MODWSGI_…            (express/settings)
//	[Table] ──► a row ────┼─► keys of modwsgi-express.toml                   (express/settings)
//	                      ├─► start-server --help, shell completion          (express/cli)
//	                      └─► the page "help options"                        (express/docs)
//
// The package knows how a value is spelt ([Option.Parse]) and nothing of where
// it came from or what it is for; that is express/settings.
//
// A second table, [Replaced], has the mod_wsgi-express options that mean nothing
// without Apache. They are known only to say what takes their place.
package option

import "strings"

// Kind is what the values of an option are.
type Kind uint8

// Kinds of options. The plural ones may be given several times.
const (
	Bool     Kind = iota // on or off; a flag without a value, unless it is on by default
	Int                  // a whole number
	Number               // a number that may have a fraction
	Size                 // bytes, with k, m or g
	Duration             // seconds, or with a unit
	Mode                 // permission bits in octal
	Choice               // one word of a few
	Text                 // anything
	Path                 // a file or directory
	Texts                // several texts
	Paths                // several files or directories
	Pairs                // several NAME=VALUE
)

// Group is the heading under which help lists an option.
type Group string

// Groups in the order of help.
const (
	Application   Group = "Application"
	Interpreter   Group = "Interpreter"
	Environment   Group = "Environment"
	Listeners     Group = "Listeners"
	Processes     Group = "Processes and queue"
	Timeouts      Group = "Timeouts"
	Limits        Group = "Limits and buffers"
	Identity      Group = "Identity"
	Logging       Group = "Logging"
	Development   Group = "Development"
	Configuration Group = "Configuration"
)

// Groups lists all groups in the order of help.
var Groups = []Group{
	Application, Interpreter, Environment, Listeners, Processes, Timeouts,
	Limits, Identity, Logging, Development, Configuration,
}

// Option is a row of the table.
type Option struct {
	Name    string   // without dashes at the front; also the key in the file
	Aliases []string // other accepted names, mostly mod_wsgi-express's
	Kind    Kind

	// Placeholder stands for the value in help. Flags without one take none.
	Placeholder string
	// Default as a user would type it; "" means that there is none, and then
	// Unset says in a word what happens.
	Default, Unset string

	Choices  []string // of a Choice
	Min, Max int64    // of Int (count), Size (bytes), Duration (nanoseconds); Max 0: no bound

	Group  Group
	Common bool   // listed by start-server --help, not only by "help options"
	Doc    string // one line
	Detail string // further sentences for the options page

	// TwoArguments: mod_wsgi-express's form "--setenv NAME VALUE" is accepted
	// beside NAME=VALUE.
	TwoArguments bool
	// NotInFile: the option chooses the file and so cannot stand in it.
	NotInFile bool
}

// Flag is the option as typed on a command line.
func (o *Option) Flag() string { return "--" + o.Name }

// Env is the option's name in the environment.
func (o *Option) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(o.Name, "-", "_"))
}

// EnvPrefix begins the environment names of all options.
const EnvPrefix = "MODWSGI_"

// Repeatable tells whether several values make a list, instead of the last one
// winning.
func (o *Option) Repeatable() bool { return o.Kind == Texts || o.Kind == Paths || o.Kind == Pairs }

// TakesValue tells whether the flag is followed by a value. A switch that is off
// by default is turned on by its name alone; one that is on needs a value.
func (o *Option) TakesValue() bool { return o.Kind != Bool || o.Default == "on" }

// Find returns the option of that name or alias, nil if there is none.
func Find(name string) *Option {
	return byName[name]
}

// byName has every option under its name and its aliases.
var byName = func() map[string]*Option {
	m := make(map[string]*Option, 2*len(Table))
	for i := range Table {
		o := &Table[i]
		m[o.Name] = o
		for _, alias := range o.Aliases {
			m[alias] = o
		}
	}
	return m
}()

// Names lists the names and aliases of all options, in the table's order.
func Names() []string {
	var names []string
	for i := range Table {
		names = append(names, Table[i].Name)
		names = append(names, Table[i].Aliases...)
	}
	return names
}

// InGroup returns the options of a group in the table's order.
func InGroup(g Group) []*Option {
	var found []*Option
	for i := range Table {
		if Table[i].Group == g {
			found = append(found, &Table[i])
		}
	}
	return found
}
