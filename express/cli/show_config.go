package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"modwsgi-express/express/option"
	"modwsgi-express/express/settings"
)

func newShowConfig(p *Process) *cobra.Command {
	g := &given{}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show-config [TARGET] [OPTIONS]",
		Short: "print every option with its value and where it came from",
		Long: "Prints what start-server would use with the same arguments: every option, its\n" +
			"value, and where that came from. Nothing is started.",
		RunE: func(_ *cobra.Command, args []string) error {
			s, _, err := p.configure(g, args)
			if writeError := writeConfig(p.Stdout, s, asJSON); writeError != nil {
				return writeError
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	addOptions(cmd, g)
	return cmd
}

// configRow is an option in the output of show-config --json.
type configRow struct {
	Name   string `json:"name"`
	Value  any    `json:"value"` // a text, a list of texts, or null
	Origin string `json:"origin"`
}

// configReport is the whole output.
type configReport struct {
	File        string             `json:"file,omitempty"`
	Interpreter *interpreterReport `json:"interpreter,omitempty"`
	Options     []configRow        `json:"options"`
}

type interpreterReport struct {
	Path       string `json:"path"`
	Origin     string `json:"origin"`
	Virtualenv string `json:"virtualenv,omitempty"`
}

func writeConfig(w io.Writer, s *settings.Settings, asJSON bool) error {
	interpreter, err := s.Interpreter()
	if asJSON {
		report := configReport{File: s.File}
		if err == nil {
			report.Interpreter = &interpreterReport{interpreter.Path, interpreter.Origin, interpreter.Virtualenv}
		}
		for _, set := range s.All() {
			report.Options = append(report.Options, configRow{set.Option.Name, jsonValue(set), set.Origin.String()})
		}
		return writeJSON(w, report)
	}
	var b strings.Builder
	group := option.Group("")
	for _, set := range s.All() {
		if set.Option.Group != group {
			group = set.Option.Group
			fmt.Fprintf(&b, "\n%s\n", group)
		}
		for i, value := range shownValues(set) {
			name, origin := set.Option.Name, set.Origin.String()
			if i > 0 {
				name, origin = "", ""
			}
			line := fmt.Sprintf("  %-26s %-30s %s", name, value, origin)
			fmt.Fprintln(&b, strings.TrimRight(line, " "))
		}
	}
	if err == nil {
		fmt.Fprintf(&b, "\nThe interpreter is %s, from %s.\n", interpreter.Path, interpreter.Origin)
	}
	return write(w, strings.TrimPrefix(b.String(), "\n"))
}

func jsonValue(set settings.Setting) any {
	switch {
	case set.Option.Repeatable():
		if set.Raw == nil {
			return []string{}
		}
		return set.Raw
	case set.Raw == nil:
		return nil
	default:
		return set.Raw[0]
	}
}

// shownValues are the lines of a setting's value.
func shownValues(set settings.Setting) []string {
	if len(set.Raw) == 0 {
		return []string{"(" + set.Option.Unset + ")"}
	}
	shown := make([]string, len(set.Raw))
	for i, r := range set.Raw {
		shown[i] = oneLine(r)
		if r == "" {
			shown[i] = `""`
		}
	}
	return shown
}

// noArguments refuses positional arguments.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &settings.Problem{
		Message: fmt.Sprintf("cannot use %s: %s takes no arguments", args[0], cmd.Name()), Usage: true,
	}
}
