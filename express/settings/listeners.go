package settings

import (
	"fmt"
	"io/fs"
	"strings"

	"modwsgi-express/core/front"
)

// listen makes the addresses. --listen stands in place of --host and --port;
// whichever the higher layer gave counts, both in one layer contradict.
func (s *Settings) listen() (addresses []front.Address, problems []error) {
	useListen := s.given("listen")
	for _, name := range []string{"host", "port"} {
		winner, err := s.exclusive("listen", name, "--listen has the address and the port")
		if err != nil {
			return nil, []error{err}
		}
		useListen = useListen && winner == "listen"
	}
	if !useListen {
		return s.hostAndPort()
	}
	set := s.Get("listen")
	mode := fs.FileMode(s.Get("socket-mode").Value.Int)
	seen := map[string]bool{}
	unix := false
	for _, text := range set.Value.List {
		a, err := ParseAddress(text, mode)
		if err != nil {
			problems = append(problems, set.only(text).problem(err.Error()))
			continue
		}
		if a.Network == "unix" {
			a.Address, unix = absolute(s.base(set), a.Address), true
		}
		if a.String() != ":0" && seen[a.String()] && !strings.HasSuffix(a.Address, ":0") {
			problems = append(problems, set.only(text).problem("the same address is there twice"))
		}
		seen[a.String()] = true
		addresses = append(addresses, a)
	}
	if len(set.Value.List) == 0 {
		problems = append(problems, set.problem("expected at least one address"))
	}
	if !unix {
		problems = append(problems, s.dead("socket-mode", "no --listen names a unix socket")...)
	}
	return addresses, problems
}

func (s *Settings) hostAndPort() ([]front.Address, []error) {
	host := s.Get("host")
	a, err := tcpAddress(strings.Trim(host.Value.Text, "[]"), s.number("port"))
	if err != nil {
		return nil, []error{host.problem(err.Error())}
	}
	return []front.Address{a}, s.dead("socket-mode", "no --listen names a unix socket")
}

// only is the setting with just one of its values, for messages.
func (set *Setting) only(value string) *Setting {
	one := *set
	one.Raw = []string{value}
	return &one
}

// exclusive decides between two options that say the same thing: the one given
// by the higher layer; "" if neither was given.
func (s *Settings) exclusive(a, b, why string) (string, error) {
	x, y := s.Get(a), s.Get(b)
	switch {
	case x.Origin.Layer == y.Origin.Layer && x.Origin.Layer != Default:
		return "", &Problem{
			Message: fmt.Sprintf("cannot use both %s and %s: %s", x.spelling(), y.spelling(), why),
			Hint:    "leave one of them out",
			Usage:   x.Origin.Layer == Flag,
		}
	case x.Origin.Layer > y.Origin.Layer:
		y.replaceBy(a)
		return a, nil
	case x.Origin.Layer < y.Origin.Layer:
		x.replaceBy(b)
		return b, nil
	}
	return "", nil
}

// replaceBy notes that another option counts, if this one was given at all.
func (set *Setting) replaceBy(name string) {
	if set.Origin.Layer != Default {
		set.Replaced = name
	}
}

// dead is the problem of an option that was given and has no effect: it is
// never silently ignored.
func (s *Settings) dead(name, why string) []error {
	if set := s.Get(name); s.given(name) {
		p := set.problem(why)
		p.Hint = "leave it out, or give what it needs"
		return []error{p}
	}
	return nil
}
