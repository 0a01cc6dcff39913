package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"modwsgi-express/express/option"
	"modwsgi-express/express/settings"
)

// given collects the options of a command line in their order.
type given struct{ list []settings.Given }

// recorder is the flag of one name of an option. It takes every value: what is
// acceptable is decided when all layers are merged, so that all mistakes are
// found together.
type recorder struct {
	option *option.Option
	as     string
	given  *given
}

// String is the value that help would print; ours prints its own.
func (r *recorder) String() string { return "" }

// Type is the placeholder of the value.
func (r *recorder) Type() string { return r.option.Placeholder }

// Set notes a value.
func (r *recorder) Set(value string) error {
	r.given.list = append(r.given.list, settings.Given{Option: r.option, As: r.as, Value: value})
	return nil
}

// addOptions gives a command all options of the table.
func addOptions(cmd *cobra.Command, g *given) {
	flags := cmd.Flags()
	flags.SortFlags = false
	for i := range option.Table {
		o := &option.Table[i]
		addFlag(flags, o, o.Name, g)
		for _, alias := range o.Aliases {
			addFlag(flags, o, alias, g).Hidden = true
		}
		completeValues(cmd, o)
	}
}

func addFlag(flags *pflag.FlagSet, o *option.Option, name string, g *given) *pflag.Flag {
	flag := flags.VarPF(&recorder{option: o, as: "--" + name, given: g}, name, "", o.Doc)
	if !o.TakesValue() {
		flag.NoOptDefVal = "on"
	}
	return flag
}

// completeValues tells the shell what can follow an option.
func completeValues(cmd *cobra.Command, o *option.Option) {
	directive, values := cobra.ShellCompDirectiveNoFileComp, o.Choices
	switch {
	case o.Name == "python" || o.Name == "listen":
		directive = cobra.ShellCompDirectiveDefault
	case strings.HasPrefix(o.Placeholder, "DIR"):
		directive = cobra.ShellCompDirectiveFilterDirs
	case o.Kind == option.Path || o.Kind == option.Paths:
		directive = cobra.ShellCompDirectiveDefault
	case o.Kind == option.Bool && o.TakesValue():
		values = []string{"on", "off"}
	}
	// It fails only for a flag that is not there or has one already.
	_ = cmd.RegisterFlagCompletionFunc(o.Name, cobra.FixedCompletions(values, directive))
}

// target adds the positional argument to the options.
func (g *given) target(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if len(args) > 1 {
		return &settings.Problem{
			Message: fmt.Sprintf("cannot serve more than one TARGET: %s", strings.Join(args, " ")),
			Hint:    "quote an argument that has spaces; options that take no value are followed by none",
			Usage:   true,
		}
	}
	entry := option.Find("entry-point")
	for _, other := range g.list {
		if other.Option == entry {
			return &settings.Problem{
				Message: fmt.Sprintf("cannot use both %s %s and TARGET %s: they mean the same", other.As, other.Value, args[0]),
				Hint:    "leave one of them out",
				Usage:   true,
			}
		}
	}
	g.list = append(g.list, settings.Given{Option: entry, As: "TARGET", Value: args[0]})
	return nil
}

// flagProblem makes a Problem of what the parser of flags found.
func flagProblem(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	p := &settings.Problem{Message: "cannot understand the command line: " + err.Error(), Usage: true}
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		syntax  *pflag.InvalidSyntaxError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		p.Message = fmt.Sprintf("cannot use -%s: there are no one-letter options but -h", unknown.GetSpecifiedShortnames())
		p.Hint = "options are written with two dashes, as --port"
	case errors.As(err, &unknown):
		return strangeFlag(cmd, unknown.GetSpecifiedName())
	case errors.As(err, &missing):
		p.Message = fmt.Sprintf("cannot use --%s without a value", missing.GetSpecifiedName())
		if o := option.Find(missing.GetSpecifiedName()); o != nil {
			p.Hint = "it expects " + o.Expects()
		}
	case errors.As(err, &syntax):
		p.Message = fmt.Sprintf("cannot use %s: it is no option", syntax.GetSpecifiedFlag())
	case errors.As(err, &invalid):
		p.Message = fmt.Sprintf("cannot use --%s=%s: it takes no value but true or false", invalid.GetFlag().Name, invalid.GetValue())
	}
	return p
}

// strangeFlag is the Problem of a flag that a command does not have.
func strangeFlag(cmd *cobra.Command, name string) error {
	p := &settings.Problem{Message: fmt.Sprintf("cannot use --%s: there is no such option", name), Usage: true}
	near := option.Nearest(name, ownFlags(cmd))
	switch {
	case takesOptions(cmd):
		return settings.UnknownFlag(name)
	case near != "":
		p.Hint = "did you mean --" + near + "?"
	case option.Find(name) != nil && !cmd.HasParent():
		p.Message = fmt.Sprintf("cannot use --%s without a command", name)
		p.Hint = "it follows one, as in " + programName + " start-server --" + name
	case option.Find(name) != nil:
		p.Message = fmt.Sprintf("cannot use --%s with %s", name, cmd.Name())
		p.Hint = "it belongs to start-server, check and show-config"
	default:
		p.Hint = strings.TrimSpace(programName+" help "+strings.TrimPrefix(cmd.CommandPath(), programName+" ")) + " lists what there is"
	}
	return p
}
