package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"modwsgi-express/core/server"
	"modwsgi-express/core/supervise"
	"modwsgi-express/express/settings"
)

// programName begins every message.
const programName = "modwsgi-express"

// report prints an error to a person: a sentence each, and below it what to do.
// A Python traceback comes first, as Python prints it, so that its last line
// stands right above the sentence.
func report(w io.Writer, err error) {
	for _, e := range flatten(err) {
		var signal signalled
		if errors.As(e, &signal) {
			continue // whoever sent it knows
		}
		var load *supervise.LoadError
		if errors.As(e, &load) {
			writeBlock(w, loadDetails(load))
		}
		fmt.Fprintf(w, "%s: %s\n", programName, sentence(e))
		if hint := hintOf(e); hint != "" {
			fmt.Fprintf(w, "hint: %s\n", clean(hint))
		}
	}
}

// loadDetails is the traceback, or else the last words of a worker that died
// without one.
func loadDetails(e *supervise.LoadError) string {
	if e.Traceback != "" {
		return e.Traceback
	}
	return strings.Join(e.Tail, "\n")
}

func writeBlock(w io.Writer, text string) {
	if text = strings.TrimRight(text, "\n"); text != "" {
		fmt.Fprintln(w, text)
	}
}

// sentence is the error as a sentence that begins with "cannot".
func sentence(err error) string {
	text := oneLine(err.Error())
	if strings.HasPrefix(text, "cannot ") {
		return text
	}
	var load *supervise.LoadError
	switch {
	case errors.As(err, &load) && codeOf(err) == exitInterpreter:
		return "cannot use the Python interpreter: " + text
	case load != nil:
		return "cannot load the application: " + text
	}
	return "cannot go on: " + text
}

// oneLine keeps what came from elsewhere from breaking out of its line.
func oneLine(s string) string {
	return clean(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, strings.TrimSpace(s)))
}

// clean takes out what a terminal would act on, but line ends.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0) {
			return -1
		}
		return r
	}, s)
}

func hintOf(err error) string {
	var (
		problem   *settings.Problem
		config    *server.ConfigError
		bind      *server.BindError
		privilege *server.PrivilegeError
		load      *supervise.LoadError
	)
	switch {
	case errors.As(err, &problem):
		return problem.Hint
	case errors.As(err, &config):
		return config.Hint
	case errors.As(err, &bind):
		return bind.Hint
	case errors.As(err, &privilege):
		return privilege.Hint
	case errors.As(err, &load) && load.Hint == "" && load.Reason == supervise.ReasonStart:
		return "name another one with --python or --virtualenv; modwsgi-express show-config tells where this one comes from"
	case load != nil:
		return load.Hint
	}
	return ""
}
