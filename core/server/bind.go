package server

import (
	"context"
	"errors"
	"net"
	"strconv"

	"modwsgi-express/core/front"
	"modwsgi-express/platforms/fds"
	"modwsgi-express/platforms/listen"
	"modwsgi-express/privdrop"
)

// reservedDescriptors are those that are no client connections: listeners, logs,
// worker sockets, spool files.
const reservedDescriptors = 1024

// prepareDescriptors closes what was inherited by accident, raises the limit of
// open files as far as it goes and keeps the connections below it: running out
// of descriptors hurts everything at once.
func prepareDescriptors(c *front.Config) error {
	if err := fds.EnsureStandard(); err != nil {
		return &ConfigError{What: "cannot open the null device for a closed standard descriptor", Err: err}
	}
	if _, err := fds.CloseInherited(); err != nil {
		return &ConfigError{What: "cannot close inherited descriptors", Err: err}
	}
	limit, err := fds.RaiseLimit(0)
	if err != nil {
		return &ConfigError{What: "cannot read the limit of open files", Err: err}
	}
	room := int64(limit) - min(reservedDescriptors, int64(limit)/2)
	if limit < 1<<31 && int64(c.MaxConnections) > room {
		c.MaxConnections = int(room)
	}
	return nil
}

// bind opens all listeners, or none.
func bind(addresses []front.Address, backlog int, who *identity) ([]net.Listener, error) {
	var bound []net.Listener
	for _, a := range addresses {
		l, err := bindOne(a, backlog, who)
		if err != nil {
			for _, l := range bound {
				l.Close()
			}
			return nil, bindError(a, err, who)
		}
		bound = append(bound, l)
	}
	return bound, nil
}

func bindOne(a front.Address, backlog int, who *identity) (net.Listener, error) {
	o := listen.Options{Backlog: backlog}
	if a.Network != "unix" {
		return listen.TCP(context.Background(), a.Address, o) // which bounds the look-up of a name itself
	}
	u := listen.UnixOptions{Options: o, Mode: a.Mode}
	if who.drop {
		u.UID, u.GID = who.id.UID, who.id.GID
	}
	return listen.Unix(a.Address, u)
}

// bindError puts an error of listen into the server's terms.
func bindError(a front.Address, err error, who *identity) error {
	b := &BindError{Address: a.String(), Err: err}
	var e *listen.Error
	if errors.As(err, &e) {
		b.What, b.Hint = e.Error(), e.Advice()
		if e.Kind == listen.NotPermitted && e.Port > 0 {
			var refusal *privdrop.Error
			if errors.As(privdrop.RefusePort(e.Port, who.cfg.CommandLine, who.cfg.Executable), &refusal) {
				b.What, b.Hint = refusal.What, refusal.Hint
			}
		}
	}
	if b.What == "" {
		b.What = "cannot listen on " + strconv.Quote(a.String()) + ": " + err.Error()
	}
	return b
}
