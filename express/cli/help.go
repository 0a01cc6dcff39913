package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"modwsgi-express/express/docs"
	"modwsgi-express/express/option"
)

// writeHelp prints the help of a command.
func writeHelp(w io.Writer, cmd *cobra.Command) {
	text := commandHelp(cmd)
	if !cmd.HasParent() {
		text = rootHelp(cmd)
	}
	// Help that cannot be printed has nowhere to be reported to.
	_ = write(w, text)
}

func rootHelp(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(`modwsgi-express serves Python WSGI applications.

Usage:
  modwsgi-express start-server [TARGET] [OPTIONS]
  modwsgi-express COMMAND [OPTIONS]

Commands:
`)
	for _, cmd := range visible(root) {
		hang(&b, 2, 18, cmd.Name(), cmd.Short)
	}
	b.WriteString("\nTopics, shown by modwsgi-express help TOPIC:\n")
	for _, topic := range docs.Topics() {
		hang(&b, 2, 24, topic.Name, topic.Summary)
	}
	b.WriteString("\nExit codes, see modwsgi-express help exit-codes:\n")
	for _, m := range exitMeanings {
		hang(&b, 2, 10, fmt.Sprint(m.code), m.text)
	}
	hang(&b, 2, 10, "128+N", "ended by signal N before everything was finished")
	return b.String()
}

func commandHelp(cmd *cobra.Command) string {
	var b strings.Builder
	for _, line := range strings.Split(cmd.Long, "\n") {
		b.WriteString(line + "\n")
	}
	fmt.Fprintf(&b, "\nUsage:\n  %s %s\n", programName, cmd.Use)
	options := takesOptions(cmd)
	if options {
		b.WriteString("\n" + targetHelp)
		writeOptions(&b, func(o *option.Option) bool { return o.Common })
	}
	if names := ownFlags(cmd); len(names) > 0 {
		writeOwnFlags(&b, cmd.Flags())
	}
	if options {
		b.WriteString("\nThese are the common options. All of them, with their names in the environment:\n" +
			"modwsgi-express help options. Exit codes: modwsgi-express help exit-codes.\n")
	}
	return b.String()
}

const targetHelp = `TARGET is a script (wsgi.py), a module (mysite.wsgi), module:callable, a
directory, or nothing to search the working directory: modwsgi-express help
target. Options may stand before and after it. The beginning of an option's
name is enough where it is the only one that begins so.
`

// optionColumn is where the explanations of options begin.
const optionColumn = 30

// writeOptions lists the options that want lets through, by group.
func writeOptions(b *strings.Builder, want func(*option.Option) bool) {
	for _, group := range option.Groups {
		heading := fmt.Sprintf("\n%s:\n", group)
		for _, o := range option.InGroup(group) {
			if want(o) {
				b.WriteString(heading)
				heading = ""
				hang(b, 2, optionColumn, optionTerm(o), optionText(o))
			}
		}
	}
}

func optionTerm(o *option.Option) string {
	if !o.TakesValue() {
		return o.Flag()
	}
	return o.Flag() + " " + o.Placeholder
}

func optionText(o *option.Option) string {
	if o.Default != "" && o.TakesValue() {
		return o.Doc + " (" + o.Default + ")"
	}
	return o.Doc
}

// writeOwnFlags lists the flags of a command that are not in the table.
func writeOwnFlags(b *strings.Builder, flags *pflag.FlagSet) {
	b.WriteString("\nOutput:\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if option.Find(f.Name) == nil && f.Name != helpFlag {
			hang(b, 2, optionColumn, "--"+f.Name, f.Usage)
		}
	})
}
