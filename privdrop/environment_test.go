package privdrop_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/privdrop"
)

// R44: 30 variables of root's session, and what the operator configured.
var hostile = []string{
	"SUDO_USER=alice", "SUDO_UID=1000", "SUDO_GID=1000", "SUDO_COMMAND=/bin/sh", "SUDO_ASKPASS=/x", "SUDO_=",
	"SSH_AUTH_SOCK=/tmp/agent", "SSH_AGENT_PID=1", "SSH_CONNECTION=a", "SSH_TTY=/dev/pts/0", "SSH_CLIENT=x",
	"XDG_RUNTIME_DIR=/run/user/0", "XDG_SESSION_ID=1", "XDG_CONFIG_HOME=/root/.config", "XDG_DATA_DIRS=/x",
	"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/0/bus", "DBUS_STARTER_ADDRESS=x",
	"KRB5CCNAME=/tmp/krb5cc_0", "MAIL=/var/mail/root", "PYTHONSTARTUP=/root/.pythonrc", "PYTHONINSPECT=1",
	"NOTIFY_SOCKET=/run/systemd/notify", "WATCHDOG_PID=1", "WATCHDOG_USEC=1", "LISTEN_PID=1", "LISTEN_FDS=3", "LISTEN_FDNAMES=a:b",
	"=C:=C:\\", "novalue", "=",
}

var configured = []string{
	"PATH=/usr/bin", "LANG=C.UTF-8", "DATABASE_URL=postgres://x?a=b", "LD_PRELOAD=/usr/lib/libjemalloc.so", "EMPTY=",
	"MAILTO=ops", "KRB5CCNAME2=x", "SUDO=x", "xdg_runtime_dir=x", "PYTHONPATH=/srv", "USERNAME=x", "DATABASE_URL=again",
}

func TestEnvironment(t *testing.T) {
	session := []string{"HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash", "USER=twice"}
	env := slices.Concat(hostile, session, configured)
	before := slices.Clone(env)

	www := privdrop.Identity{User: "www", UID: 33, Home: "/var/www", Shell: "/usr/sbin/nologin"}
	want := slices.Concat(configured, []string{"HOME=/var/www", "USER=www", "LOGNAME=www", "SHELL=/usr/sbin/nologin"})
	if diff := cmp.Diff(want, privdrop.Environment(env, www)); diff != "" {
		t.Error("another user:", diff)
	}
	number := privdrop.Identity{User: "5000", UID: 5000}
	want = slices.Concat(configured, []string{"HOME=/", "USER=5000", "LOGNAME=5000", "SHELL=/bin/sh"})
	if diff := cmp.Diff(want, privdrop.Environment(env, number)); diff != "" {
		t.Error("a number:", diff)
	}
	if diff := cmp.Diff(slices.Concat(session, configured), privdrop.Environment(env, privdrop.Identity{})); diff != "" {
		t.Error("the same user:", diff)
	}
	if !slices.Equal(env, before) {
		t.Error("the environment that was given has changed")
	}
}
