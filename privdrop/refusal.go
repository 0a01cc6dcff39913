package privdrop

import (
	"fmt"
	"slices"
	"strings"
)

// RefuseRoot is the refusal for a start as root without a user. argv is the
// command line as it was typed; the hint is the same line with a user.
func RefuseRoot(argv []string) error {
	return &Error{
		What: "cannot serve as root: the application would have all rights of this machine",
		Hint: "type: " + commandLine(withArgument(argv, "--user", exampleUser())),
	}
}

// RefusePort is the refusal for a TCP port that this process may not bind, nil
// if it may. argv is the command line as it was typed and executable the path
// of this program: the hint names the ways to such a port.
func RefusePort(port int, argv []string, executable string) error {
	if port <= 0 || mayBind(port) {
		return nil
	}
	asRoot := slices.Concat([]string{"sudo"}, withArgument(argv, "--user", exampleUser()))
	return &Error{
		What: fmt.Sprintf("cannot listen on port %d: ports below %d need root or the capability to bind them", port, unprivilegedPorts()),
		Hint: strings.Join([]string{
			"there are two ways:",
			"  start as root and name the user to serve as: " + commandLine(asRoot),
			"  give this program the capability once: sudo setcap cap_net_bind_service=+ep " + shellQuote(executable) +
				" (in a systemd unit: AmbientCapabilities=CAP_NET_BIND_SERVICE)",
		}, "\n"),
	}
}

// withArgument puts an option and its value at the end of a command line, but
// before a "--", after which nothing is an option.
func withArgument(argv []string, option ...string) []string {
	end := len(argv)
	if i := slices.Index(argv, "--"); i >= 0 {
		end = i
	}
	return slices.Concat(argv[:end], option, argv[end:])
}

func commandLine(argv []string) string {
	quoted := make([]string, len(argv))
	for i, a := range argv {
		quoted[i] = shellQuote(a)
	}
	return strings.Join(quoted, " ")
}

// shellQuote writes a word so that a shell reads it back as it is.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
