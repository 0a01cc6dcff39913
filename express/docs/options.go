package docs

import (
	"fmt"
	"strings"

	"modwsgi-express/express/option"
)

// OptionsPage makes the page "options" from the table.
func OptionsPage() string {
	var b strings.Builder
	b.WriteString(optionsHead)
	for _, group := range option.Groups {
		fmt.Fprintf(&b, "\n## %s\n", group)
		for _, o := range option.InGroup(group) {
			b.WriteString("\n" + Option(o))
		}
	}
	b.WriteString("\n" + replacedHead)
	for _, r := range option.Replaced {
		fmt.Fprintf(&b, "| `--%s` | %s |\n", r.Name, r.Instead)
	}
	return b.String()
}

const optionsHead = `# Options

Options of start-server, check and show-config. Each can be given on the command line, as a variable in the environment, and
as a key in modwsgi-express.toml; the key is the name of the option without the dashes at its front. See
` + "`modwsgi-express help configuration-file`" + ` for which one wins.

- SIZE is a number of bytes, or one with k, m or g: 65536, 64k, 10m. The units are powers of 1024.
- TIME is a number of seconds (45, 1.5) or has a unit: 500ms, 30s, 2m, 1h.
- A switch that is off by default is turned on by its name alone; ` + "`--access-log=off`" + ` turns it off where a file turned it on.
- In the environment the values of a repeatable option stand in one variable, separated by spaces; quotes keep a value with
  spaces together.

<!-- Generated from express/option by go generate; do not edit. -->
`

const replacedHead = `## Options of mod_wsgi-express without a meaning here

They are refused, with the reason: an option is never silently ignored.

| Option | Instead |
| --- | --- |
`

// Option makes the entry of one option.
func Option(o *option.Option) string {
	var b strings.Builder
	term := o.Flag()
	if o.TakesValue() {
		term += " " + o.Placeholder
	}
	fmt.Fprintf(&b, "### %s\n\n%s.", term, capital(o.Doc))
	if o.Detail != "" {
		b.WriteString(" " + o.Detail)
	}
	fmt.Fprintf(&b, "\n\nDefault: %s.", defaultOf(o))
	fmt.Fprintf(&b, " Environment: `%s`.", o.Env())
	if len(o.Aliases) > 0 {
		fmt.Fprintf(&b, " Also called: `--%s`.", strings.Join(o.Aliases, "`, `--"))
	}
	b.WriteString("\n")
	return b.String()
}

func defaultOf(o *option.Option) string {
	if o.Default != "" {
		return "`" + o.Default + "`"
	}
	return o.Unset
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
