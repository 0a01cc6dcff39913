package main

import (
	"path/filepath"
	"strconv"
)

// server is one of those compared: how it is installed and started.
type server struct {
	name, title string
	packages    []string // for pip, pinned
	debian      []string // packages without which pip cannot build it
	defaults    string   // threads it uses unless told, for the page
	lacks       map[need]string
	command     func(l launch) []string
}

func (s server) label() string { return s.name }

// launch is what a server is started with.
type launch struct {
	venv      string // the virtualenv's directory
	apps      string // directory of the applications, the working directory
	scratch   string // a directory of this one start
	apache    string // one that belongs to Apache's user
	target    string // module:callable
	port      int
	threads   int // 0: leave it to the server
	processes int
	accessLog string  // file, or empty
	idle      bool    // connections have to stay for minutes, and be many
	upload    bool    // bodies up to 64 MB have to be taken
	root      bool    // started as root
	account   account // of Apache, then
	binary    string  // ours
}

// launchOf puts the workload's wishes together.
func launchOf(w workload) launch {
	return launch{
		target: w.app, threads: w.threads, processes: w.processCount(),
		idle: w.name == "idle", upload: w.needs&needUpload != 0,
	}
}

func (l launch) bin(name string) string { return filepath.Join(l.venv, "bin", name) }

func (l launch) address() string { return "127.0.0.1:" + strconv.Itoa(l.port) }

// arguments collects a command line.
type arguments []string

func (a *arguments) add(words ...string) { *a = append(*a, words...) }

// number adds an option with a number, unless that is 0.
func (a *arguments) number(option string, n int) {
	if n != 0 {
		a.add(option, strconv.Itoa(n))
	}
}

// text adds an option with a value, unless that is empty.
func (a *arguments) text(option, value string) {
	if value != "" {
		a.add(option, value)
	}
}

// when adds words under a condition.
func (a *arguments) when(condition bool, words ...string) {
	if condition {
		a.add(words...)
	}
}

// own is the server that all others are compared with.
const own = "modwsgi-express"

var ours = server{
	name: own, title: "modwsgi-express", defaults: "5",
	command: func(l launch) []string {
		a := arguments{l.binary, "start-server", l.target, "--host", "127.0.0.1", "--port", strconv.Itoa(l.port),
			"--working-directory", l.apps, "--python", l.bin("python"), "--processes", strconv.Itoa(l.processes)}
		a.number("--threads", l.threads)
		a.when(l.root, "--allow-root")
		a.when(l.accessLog != "", "--access-log", "--log-directory", filepath.Dir(l.accessLog), "--access-log-name", filepath.Base(l.accessLog))
		a.when(l.idle, "--keep-alive-timeout", "300", "--max-connections", "20000")
		a.when(l.upload, "--limit-request-body", "64m")
		return a
	},
}

// servers are all that are compared, ours first.
var servers = append([]server{ours}, peers...)
