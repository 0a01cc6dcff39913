package main

import "strconv"

// Reasons for which a workload is left out.
const (
	oneThread   = "takes one request at a time"
	noThreads   = "has greenlets instead of threads"
	oneProcess  = "has one process only"
	noLog       = "has no access log"
	noKeepAlive = "closes each connection after one response"
)

// peers are the servers that ours is compared with. Each is started as its own
// documentation shows for production, with no more options than the workload
// asks for.
var peers = []server{
	{
		name: "gunicorn-sync", title: "gunicorn, sync workers", packages: []string{"gunicorn==27.0.1"}, defaults: "1",
		lacks:   map[need]string{needThreads: oneThread, needKeepAlive: noKeepAlive},
		command: func(l launch) []string { return gunicorn(l, "sync", 0) },
	},
	{
		name: "gunicorn-gthread", title: "gunicorn, gthread workers", packages: []string{"gunicorn==27.0.1"},
		defaults: "4 (its own default is 1, which makes it a sync worker)",
		command:  func(l launch) []string { return gunicorn(l, "gthread", choose(l.threads == 0, 4, l.threads)) },
	},
	{
		name: "granian", title: "granian", packages: []string{"granian==2.8.7"}, defaults: "grows as needed",
		command: func(l launch) []string {
			a := arguments{l.bin("granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", strconv.Itoa(l.port),
				"--workers", strconv.Itoa(l.processes)}
			a.number("--blocking-threads", l.threads)
			a.when(l.accessLog != "", "--access-log")
			a.when(l.idle, "--backlog", "20000", "--backpressure", "20000", "--http1-header-read-timeout", "60000")
			return append(a, l.target)
		},
	},
	{
		name: "waitress", title: "waitress", packages: []string{"waitress==3.0.2"}, defaults: "4",
		lacks: map[need]string{needProcesses: oneProcess, needLog: noLog},
		command: func(l launch) []string {
			a := arguments{l.bin("waitress-serve"), "--listen", l.address()}
			a.number("--threads", l.threads)
			a.when(l.idle, "--channel-timeout", "300", "--connection-limit", "20000", "--asyncore-use-poll")
			return append(a, l.target)
		},
	},
	{
		name: "uwsgi", title: "uWSGI, --http-socket", packages: []string{"pyuwsgi==2.0.30.post1"}, defaults: "1",
		lacks:   map[need]string{needKeepAlive: noKeepAlive},
		command: func(l launch) []string { return uwsgi(l, "--http-socket", l.address()) },
	},
	{
		name: "uwsgi-http", title: "uWSGI, --http with --http-keepalive", packages: []string{"pyuwsgi==2.0.30.post1"}, defaults: "1",
		command: func(l launch) []string {
			return uwsgi(l, "--http", l.address(), "--http-keepalive="+choose(l.idle, "300", "60"))
		},
	},
	{
		name: "mod_wsgi", title: "mod_wsgi-express, daemon processes", packages: []string{"mod_wsgi-standalone==6.1.1"},
		debian: []string{"gcc", "make"}, defaults: "5",
		command: func(l launch) []string { return modWSGI(l) },
	},
	{
		name: "mod_wsgi-embedded", title: "mod_wsgi-express, embedded", packages: []string{"mod_wsgi-standalone==6.1.1"},
		debian: []string{"gcc", "make"}, defaults: "5",
		command: func(l launch) []string { return modWSGI(l, "--embedded-mode") },
	},
	{
		name: "bjoern", title: "bjoern", packages: []string{"bjoern==3.2.2"}, debian: []string{"gcc", "libev-dev"}, defaults: "1",
		lacks:   map[need]string{needThreads: oneThread, needLog: noLog},
		command: func(l launch) []string { return launched(l, "bjoern") },
	},
	{
		name: "fastpysgi", title: "fastpysgi", packages: []string{"fastpysgi==0.6"}, defaults: "1",
		lacks:   map[need]string{needThreads: oneThread, needLog: noLog},
		command: func(l launch) []string { return launched(l, "fastpysgi") },
	},
	{
		name: "gevent", title: "gevent, pywsgi", packages: []string{"gevent==26.9.0"}, defaults: "none: greenlets",
		lacks:   map[need]string{needThreads: noThreads},
		command: func(l launch) []string { return launched(l, "gevent") },
	},
	{
		name: "cheroot", title: "cheroot", packages: []string{"cheroot==11.1.2"}, defaults: "10",
		lacks: map[need]string{needProcesses: oneProcess, needLog: noLog},
		command: func(l launch) []string {
			a := arguments{l.bin("cheroot"), "--bind", l.address()}
			a.number("--threads", l.threads)
			a.number("--max-threads", l.threads)
			a.when(l.idle, "--timeout", "300", "--request-queue-size", "4096")
			return append(a, l.target)
		},
	},
}

func gunicorn(l launch, class string, threads int) []string {
	a := arguments{l.bin("gunicorn"), "--worker-class", class, "--bind", l.address(), "--workers", strconv.Itoa(l.processes)}
	a.number("--threads", threads)
	a.text("--access-logfile", l.accessLog)
	a.when(l.idle, "--keep-alive", "300", "--worker-connections", "20000")
	return append(a, l.target)
}

func uwsgi(l launch, listener ...string) []string {
	a := arguments{l.bin("uwsgi"), "--master", "--die-on-term", "--need-app", "--module", l.target, "--processes", strconv.Itoa(l.processes)}
	a.add(listener...)
	a.number("--threads", l.threads)
	a.text("--logto", l.accessLog)
	a.when(l.accessLog == "", "--disable-logging")
	return a
}

// launched is for servers whose own command line cannot start what is asked
// for.
func launched(l launch, name string) []string {
	a := arguments{l.bin("python"), "launch.py", name, l.target, strconv.Itoa(l.port), strconv.Itoa(l.processes)}
	a.when(l.accessLog != "", l.accessLog)
	return a
}

// modWSGI: Apache refuses to serve as root, and the user that it would change
// to may not be able to read the interpreter. So it starts as that user, with
// the one capability that lets it read all files.
func modWSGI(l launch, mode ...string) []string {
	var a arguments
	a.when(l.root, "setpriv", "--reuid="+strconv.Itoa(l.account.uid), "--regid="+strconv.Itoa(l.account.gid), "--clear-groups",
		"--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
	module, callable := splitTarget(l.target)
	a.add(l.bin("mod_wsgi-express"), "start-server", module, "--application-type", "module", "--callable-object", callable,
		"--working-directory", l.apps, "--host", "127.0.0.1", "--port", strconv.Itoa(l.port),
		"--server-root", l.apache, "--processes", strconv.Itoa(l.processes))
	a.add(mode...)
	a.number("--threads", l.threads)
	a.when(l.accessLog != "", "--access-log")
	a.when(l.idle, "--keep-alive-timeout", "300", "--max-clients", "12000")
	a.when(l.upload, "--limit-request-body", strconv.Itoa(64<<20))
	return a
}
