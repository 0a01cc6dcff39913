package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"modwsgi-express/privdrop"
)

// identity is who the server is going to be.
type identity struct {
	cfg     IdentityConfig
	id      privdrop.Identity
	drop    bool   // started as root, to become id
	warning string // to be logged once the log is open
}

// resolve decides whom the server becomes, before anything is opened. Root stays
// root only when it is told so.
func resolve(c IdentityConfig) (*identity, error) {
	w := &identity{cfg: c}
	root := privdrop.IsRoot()
	if c.User == "" {
		if root && !c.AllowRoot {
			return nil, privilege(privdrop.RefuseRoot(c.CommandLine))
		}
		if root {
			w.warning = "running as root because of --allow-root: a hole in the application is a hole in the system"
		}
		return w, nil
	}
	id, err := privdrop.Resolve(c.User, c.Group, nil)
	if err != nil {
		return nil, privilege(err)
	}
	w.id = id
	if root {
		if err := id.Refuse(c.AllowRoot); err != nil {
			return nil, privilege(err)
		}
		if id.UID == 0 {
			w.warning = "running as root because of --user " + c.User + " and --allow-root"
			return w, nil
		}
		w.drop = true
		return w, nil
	}
	return w, staysItself(c, id)
}

// staysItself refuses a user that a process without root cannot become.
func staysItself(c IdentityConfig, id privdrop.Identity) error {
	now, err := privdrop.Current()
	if err != nil {
		return privilege(err)
	}
	if now.UID != id.UID || c.Group != "" && now.GID != id.GID {
		return &PrivilegeError{
			What: fmt.Sprintf("cannot become %s: this process runs as %s, and only root can change users", id, now),
			Hint: "start it as root (sudo), or leave --user out",
		}
	}
	return nil
}

// check refuses a user who could not run the applications, while everything can
// still be mended: a virtualenv in somebody's closed home is the usual case.
func (w *identity) check(apps []Application) error {
	if !w.drop {
		return nil
	}
	for _, a := range apps {
		if err := privdrop.CanEnter(w.id, a.WorkingDirectory); err != nil {
			return privilege(err)
		}
		if err := privdrop.CanExec(w.id, a.Interpreter); err != nil {
			return privilege(err)
		}
	}
	return nil
}

// become drops the privileges and returns what was proved.
func (w *identity) become() (proof string, err error) {
	if !w.drop {
		privdrop.SetUmask(w.cfg.Umask)
		return "", nil
	}
	p, err := privdrop.Apply(w.id, privdrop.Options{Umask: w.cfg.Umask, AllowRoot: w.cfg.AllowRoot})
	if err != nil {
		return "", privilege(err)
	}
	return p.String(), nil
}

// own gives the applications' processes the home and the names of the user, where
// the operator has not set others.
func (w *identity) own(apps []Application) {
	if !w.drop {
		return
	}
	for i := range apps {
		for _, v := range []string{"HOME=" + w.id.Home, "USER=" + w.id.User, "LOGNAME=" + w.id.User, "SHELL=" + w.id.Shell} {
			apps[i].Environment = setMissing(apps[i].Environment, v)
		}
	}
}

// setMissing adds a variable, NAME=VALUE, unless env has the name or the value is empty.
func setMissing(env []string, v string) []string {
	name, value, _ := strings.Cut(v, "=")
	if value == "" || slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") }) {
		return env
	}
	return append(env, v)
}

// privilege puts an error of privdrop into the server's terms.
func privilege(err error) error {
	var e *privdrop.Error
	if errors.As(err, &e) {
		return &PrivilegeError{What: e.What, Hint: e.Hint, Err: e.Err}
	}
	return &PrivilegeError{What: "cannot decide whom to run as", Err: err}
}

func userName() string {
	id, err := privdrop.Current()
	if err != nil {
		return "unknown"
	}
	return id.User
}
