package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"modwsgi-express/express/settings"
)

const completionHelp = `Prints a script that completes commands, options and their values in a shell.

  bash
    source <(modwsgi-express completion bash)
  zsh
    modwsgi-express completion zsh > "${fpath[1]}/_modwsgi-express"
  fish
    modwsgi-express completion fish | source
  powershell
    modwsgi-express completion powershell | Out-String | Invoke-Expression`

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(p *Process) *cobra.Command {
	return &cobra.Command{
		Use:       "completion SHELL",
		Short:     "print a completion script for bash, zsh, fish or powershell",
		Long:      completionHelp,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && contains(shells, args[0]) {
				return nil
			}
			p := &settings.Problem{
				Message: fmt.Sprintf("cannot make completions for %s: expected one shell", strings.Join(args, " ")),
				Hint:    "the shells are " + strings.Join(shells, ", "), Usage: true,
			}
			if len(args) == 0 {
				p.Message = "cannot make completions without the name of a shell"
			}
			return p
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args[0] {
			case "bash":
				return cmd.Root().GenBashCompletionV2(p.Stdout, true)
			case "zsh":
				return cmd.Root().GenZshCompletion(p.Stdout)
			case "fish":
				return cmd.Root().GenFishCompletion(p.Stdout, true)
			default:
				return cmd.Root().GenPowerShellCompletionWithDesc(p.Stdout)
			}
		},
	}
}
