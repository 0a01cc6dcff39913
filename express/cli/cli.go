// Package cli is the command line: a file a command, and what they share.
//
//	args ─► expand ─► cobra ─► command ─► settings.Resolve ─► Build ─► core/server
//	           │                  │              │              │           │
//	           └──────────────────┴──── errors ──┴──────────────┴───────────┘
//	                                      │
//	                       report: "modwsgi-express: cannot …", "hint: …"
//	                       exit.go: which exit code
//
// It is the only part of the program that prints: results to standard output,
// everything else to standard error.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"modwsgi-express/core/server"
	"modwsgi-express/express/option"
	"modwsgi-express/express/settings"
)

// Process is what a command knows of the process it runs in.
type Process struct {
	Program        string   // as typed
	Executable     string   // path of the program, "" if the system does not tell
	Args           []string // without the program's name
	Environ        []string
	Directory      string // current directory, absolute
	Stdout, Stderr io.Writer
	Terminal       bool // Stderr is a terminal
	Width          int  // columns of the terminal, 0 if not known
	Root           bool // the process may change its identity
}

// Current is the process as it is.
func Current() Process {
	// A current directory that was removed, a path of the program that the
	// system does not tell, a terminal that does not know its width: each
	// leaves the zero value, and the program can do without.
	directory, _ := os.Getwd()
	executable, _ := os.Executable()
	stderr := int(os.Stderr.Fd())
	columns, _, _ := term.GetSize(stderr)
	return Process{
		Program:    os.Args[0],
		Executable: executable,
		Args:       os.Args[1:],
		Environ:    os.Environ(),
		Directory:  directory,
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		Terminal:   term.IsTerminal(stderr),
		Width:      columns,
		Root:       os.Geteuid() == 0,
	}
}

// colour tells whether the terminal is to be written to in colour, by the
// conventions of no-color.org and of terminals that have none.
func (p *Process) colour() bool {
	for _, v := range p.Environ {
		if name, value, _ := strings.Cut(v, "="); name == "NO_COLOR" && value != "" || name == "TERM" && value == "dumb" {
			return false
		}
	}
	return p.Terminal
}

// Main runs the command line and returns the exit code.
func Main(p Process) int {
	err := run(&p)
	if err != nil {
		report(p.Stderr, err)
	}
	return exitCode(err)
}

// run finds the command, rewrites its arguments and executes it.
func run(p *Process) error {
	root := newRoot(p)
	args := p.Args
	if cmd := named(root, args); cmd != nil && takesOptions(cmd) {
		expanded, err := expand(args[1:], ownFlags(cmd))
		if err != nil {
			return err
		}
		args = append([]string{args[0]}, expanded...)
	}
	root.SetArgs(args)
	err := root.Execute()
	if errors.Is(err, pflag.ErrHelp) {
		return nil
	}
	return err
}

func newRoot(p *Process) *cobra.Command {
	root := &cobra.Command{
		Use:           programName,
		Short:         "Serve Python WSGI applications",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(flagProblem)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { writeHelp(p.Stdout, cmd) })
	root.AddCommand(newStartServer(p), newCheck(p), newShowConfig(p), newVersion(p), newCompletion(p))
	help := newHelp(p)
	root.AddCommand(help)
	root.SetHelpCommand(help)
	return root
}

// named is the command that the arguments begin with.
func named(root *cobra.Command, args []string) *cobra.Command {
	if len(args) == 0 {
		return nil
	}
	for _, cmd := range root.Commands() {
		if cmd.Name() == args[0] {
			return cmd
		}
	}
	return nil
}

// takesOptions tells whether a command has the options of the table.
func takesOptions(cmd *cobra.Command) bool { return cmd.Flags().Lookup("entry-point") != nil }

// helpFlag is the flag that every command has.
const helpFlag = "help"

// ownFlags names the flags of a command that are neither in the table nor help.
func ownFlags(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if option.Find(f.Name) == nil && f.Name != helpFlag {
			names = append(names, f.Name)
		}
	})
	return names
}

// apacheCommands are mod_wsgi-express's that deal with Apache's module.
var apacheCommands = map[string]string{
	"module-config":   "there is no Apache module; start-server serves by itself",
	"install-module":  "there is no Apache module; start-server serves by itself",
	"module-location": "there is no Apache module; start-server serves by itself",
}

func unknownCommand(root *cobra.Command, name string) error {
	p := &settings.Problem{Message: fmt.Sprintf("cannot run %s: there is no such command", name), Usage: true}
	if instead, ok := apacheCommands[name]; ok {
		p.Message = fmt.Sprintf("cannot run %s: it has no meaning without Apache", name)
		p.Hint = instead
		return p
	}
	if near := option.Nearest(name, commandNames(root)); near != "" {
		p.Hint = "did you mean " + near + "?"
	} else if strings.ContainsAny(name, ".:/") {
		p.Hint = programName + " start-server " + name + " serves an application"
	} else {
		p.Hint = "the commands are " + strings.Join(commandNames(root), ", ")
	}
	return p
}

func commandNames(root *cobra.Command) (names []string) {
	for _, cmd := range visible(root) {
		names = append(names, cmd.Name())
	}
	return names
}

// commandOrder is how help lists the commands; cobra sorts them by name.
var commandOrder = []string{"start-server", "check", "show-config", "version", "help", "completion"}

// visible lists the commands for people, in the order of help.
func visible(root *cobra.Command) (commands []*cobra.Command) {
	for _, name := range commandOrder {
		if cmd := named(root, []string{name}); cmd != nil {
			commands = append(commands, cmd)
		}
	}
	return commands
}

// configure merges the settings of a command and builds the configuration. The
// error has everything that is wrong; the settings are there even then.
func (p *Process) configure(g *given, args []string) (*settings.Settings, server.Config, error) {
	targetError := g.target(args)
	s, resolveError := settings.Resolve(settings.Input{Flags: g.list, Environ: p.Environ, Directory: p.Directory, Root: p.Root})
	cfg, buildError := s.Build()
	cfg.Identity.CommandLine, cfg.Identity.Executable = append([]string{p.Program}, p.Args...), p.Executable
	cfg.Logs.Terminal, cfg.Logs.Colour, cfg.Logs.Width = p.Terminal, p.colour(), p.Width
	return s, cfg, errors.Join(targetError, resolveError, buildError)
}
