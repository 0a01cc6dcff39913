package cli

import (
	"errors"

	"modwsgi-express/core/server"
	"modwsgi-express/core/supervise"
	"modwsgi-express/core/worker"
	"modwsgi-express/express/settings"
)

// Exit codes of the program. They are a promise to scripts and service
// managers; express/docs/exit-codes.md has the same list.
const (
	exitOK          = 0   // done, or stopped as asked
	exitFailure     = 1   // something failed while running
	exitUsage       = 2   // the command line is wrong
	exitConfig      = 3   // a setting is impossible
	exitBind        = 4   // an address cannot be listened on
	exitPrivilege   = 5   // the user cannot be changed, or must be
	exitApplication = 6   // the application cannot be loaded
	exitInterpreter = 7   // there is no usable Python
	exitSignal      = 128 // plus the number of the signal that ended it
)

// exitMeanings is what --help says of them.
var exitMeanings = []struct {
	code int
	text string
}{
	{exitOK, "done, or stopped as asked"},
	{exitFailure, "a failure while running"},
	{exitUsage, "wrong command line"},
	{exitConfig, "impossible setting"},
	{exitBind, "cannot listen on an address"},
	{exitPrivilege, "cannot change user, or has to"},
	{exitApplication, "cannot load the application"},
	{exitInterpreter, "no usable Python interpreter"},
}

// signalled is the end by a signal before everything was done.
type signalled struct{ number int }

func (s signalled) Error() string { return "stopped by a signal" }

// exitCode classifies an error. Of several joined ones the command line goes
// first: what follows from a mistyped option says little.
func exitCode(err error) int {
	code := exitOK
	for _, e := range flatten(err) {
		c := codeOf(e)
		if code == exitOK || c == exitUsage {
			code = c
		}
	}
	return code
}

func codeOf(err error) int {
	var (
		problem   *settings.Problem
		config    *server.ConfigError
		bind      *server.BindError
		privilege *server.PrivilegeError
		load      *supervise.LoadError
		signal    signalled
	)
	switch {
	case errors.As(err, &signal):
		return exitSignal + signal.number
	case errors.As(err, &load):
		if load.Reason == worker.ReasonVersion || load.Reason == supervise.ReasonStart {
			return exitInterpreter
		}
		return exitApplication
	case errors.As(err, &privilege):
		return exitPrivilege
	case errors.As(err, &bind):
		return exitBind
	case errors.As(err, &config):
		return exitConfig
	case errors.As(err, &problem):
		return codeOfProblem(problem)
	default:
		return exitFailure
	}
}

func codeOfProblem(p *settings.Problem) int {
	switch {
	case p.Interpreter:
		return exitInterpreter
	case p.Usage:
		return exitUsage
	default:
		return exitConfig
	}
}

// flatten takes joined errors apart, in order.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, flatten(e)...)
		}
		return all
	}
	return []error{err}
}
