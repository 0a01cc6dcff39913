package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"modwsgi-express/express/docs"
	"modwsgi-express/express/option"
	"modwsgi-express/express/settings"
)

func newHelp(p *Process) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "show help for a command or a topic",
		Long:  "Shows help for a command or a topic. Without either it lists them.",
		// "help --port" asks about the option.
		DisableFlagParsing: true,
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return append(commandNames(cmd.Root()), topicNames()...), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if contains(args, "-h") || contains(args, "--"+helpFlag) {
				return cmd.Help()
			}
			return p.help(cmd.Root(), args)
		},
	}
}

// help shows what the arguments name: a command, a topic, or an option.
func (p *Process) help(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		writeHelp(p.Stdout, root)
		return nil
	}
	if cmd := named(root, args); cmd != nil {
		writeHelp(p.Stdout, cmd)
		return nil
	}
	name := strings.Join(args, "-")
	if page, ok := docs.Page(name); ok {
		return write(p.Stdout, render(page))
	}
	if o := option.Find(strings.TrimLeft(name, "-")); o != nil {
		return write(p.Stdout, render(docs.Option(o)))
	}
	return unknownTopic(root, name)
}

func topicNames() (names []string) {
	for _, topic := range docs.Topics() {
		names = append(names, topic.Name)
	}
	return names
}

func unknownTopic(root *cobra.Command, name string) error {
	problem := &settings.Problem{
		Message: fmt.Sprintf("cannot help with %s: there is no such command, topic or option", name),
		Hint:    "the topics are " + strings.Join(topicNames(), ", "),
		Usage:   true,
	}
	if r := option.FindReplaced(strings.TrimLeft(name, "-")); r != nil {
		return settings.UnknownFlag(r.Name)
	}
	known := append(append(commandNames(root), topicNames()...), option.Names()...)
	if near := option.Nearest(name, known); near != "" {
		problem.Hint = "did you mean " + near + "?"
	}
	return problem
}
