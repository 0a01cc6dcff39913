package server

import (
	"time"

	"modwsgi-express/core/front"
	"modwsgi-express/core/worker"
)

// Config is everything an instance needs to know. It is plain data: who makes
// it (express/settings) has validated single values and put in the defaults.
type Config struct {
	Listen  []front.Address
	Backlog int
	Front   front.Config
	Logs    LogConfig

	// PIDFile gets the process id, "" for none. It is locked while the server runs.
	PIDFile string

	// Identity is whom to become after the listeners are bound and the logs are
	// open; empty User: stay who we are.
	Identity IdentityConfig

	// GracefulTimeout is how long running requests may take to end after
	// SIGTERM, or after their worker was replaced; ShutdownTimeout how long a
	// worker may take to exit after that before it is killed.
	GracefulTimeout, ShutdownTimeout time.Duration

	// Applications are served by mount point, longest first.
	Applications []Application
}

// IdentityConfig names the user the server drops to.
type IdentityConfig struct {
	User, Group string // names or numbers; empty Group: the user's primary group
	AllowRoot   bool
	Umask       int      // -1: leave it
	CommandLine []string // as typed, for the line to type instead
	Executable  string   // path of this program, for the same
}

// LogConfig says where logs go and how they look.
type LogConfig struct {
	Level     string // debug, info, warn, error
	Format    string // auto, console, json
	Directory string // "": standard error
	ErrorName string // file name in Directory

	// Terminal: standard error is one; Colour: with colours; Width: its columns.
	Terminal, Colour bool
	Width            int

	// Access log: "" off; else common, combined, json or an Apache format string.
	AccessFormat string
	AccessName   string // file name in Directory; without a Directory: standard output
}

// Values of Application.Transport.
const (
	TransportAuto  = "auto"                // the ring where system and interpreter have it; "" is the same
	TransportRing  = worker.TransportRing  // the ring; a worker that cannot use it does not start
	TransportLanes = worker.TransportLanes // lanes
)

// Application is one WSGI application: its code, its workers, its limits.
type Application struct {
	MountPoint string // "" or "/prefix", without a slash at its end

	Interpreter       string   // path of the Python executable
	InterpreterOrigin string   // where that came from, for messages: "--python", "$VIRTUAL_ENV", …
	InterpreterArgs   []string // before the bootstrap, as -W filters
	Environment       []string // whole process environment of the workers, NAME=VALUE
	WorkingDirectory  string   // absolute

	Target          string // "" searches WorkingDirectory
	ApplicationType string // script, module, paste, or "" to tell by the target
	CallableObject  string // "" searches
	PythonPath      []string
	SwitchInterval  float64 // seconds, 0: the interpreter's own

	// Environ is put into the WSGI environ of every request.
	Environ map[string]string

	Processes, Threads int

	// Transport is how requests get to the workers: TransportAuto, TransportRing
	// or TransportLanes.
	Transport string

	// QueueSize is how many requests may wait for a free thread.
	QueueSize int
	// QueueTimeout bounds the wait, RequestTimeout the time from a worker thread
	// taking the request to the end of its response; 0: none.
	QueueTimeout, RequestTimeout time.Duration
	// StartupTimeout bounds loading the application in a worker; 0: none.
	StartupTimeout time.Duration

	ReloadOnChanges bool
}
