// Package demo holds the demonstration application that "./build.sh run"
// serves: one file of Python that needs nothing but the standard library, with
// a page for each thing that a server has to get right.
//
//	/         what is running: server, process, thread, interpreter
//	/stream   a response that is sent while it is being made
//	/upload   a body that is read in pieces, with its SHA-256
//	/error    exceptions before and in the middle of a response
//	/slow     requests that wait, and the threads that take them
//	/environ  the WSGI environ
//
// It is embedded so that the binary can show something before there is an
// application to serve.
package demo

import _ "embed"

// Source is the text of the application, a WSGI script whose callable is named
// application.
//
//go:embed demo.py
var Source string
