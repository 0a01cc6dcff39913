package privdrop

import (
	"slices"
	"strings"
)

// The variables that belong to root's session, or to the server itself, and
// not to the application. Everything else is the operator's and stays:
// containers are configured by it.
var (
	sessionVariables = []string{"KRB5CCNAME", "MAIL", "PYTHONSTARTUP", "PYTHONINSPECT", "NOTIFY_SOCKET"}
	sessionPrefixes  = []string{"SUDO_", "SSH_", "XDG_", "DBUS_", "WATCHDOG_", "LISTEN_"}
	identityNames    = []string{"HOME", "USER", "LOGNAME", "SHELL"}
)

// Environment gives the environment for a process of the identity: env in its
// order without what belongs to the session that started the server, and with
// HOME, USER, LOGNAME and SHELL of the identity at the end. The zero Identity
// leaves these four as they are, for a server that changes no user. env is not
// changed.
func Environment(env []string, id Identity) []string {
	changes := id.User != ""
	kept := make([]string, 0, len(env)+len(identityNames))
	for _, entry := range env {
		name, _, ok := strings.Cut(entry, "=")
		if !ok || name == "" || belongsToSession(name) || changes && slices.Contains(identityNames, name) {
			continue
		}
		kept = append(kept, entry)
	}
	if !changes {
		return kept
	}
	home, shell := id.Home, id.Shell
	if home == "" {
		home = "/"
	}
	if shell == "" {
		shell = "/bin/sh" // what an empty field of the user database means
	}
	return append(kept, "HOME="+home, "USER="+id.User, "LOGNAME="+id.User, "SHELL="+shell)
}

func belongsToSession(name string) bool {
	return slices.Contains(sessionVariables, name) ||
		slices.ContainsFunc(sessionPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}
