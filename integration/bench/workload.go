package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// quantity is what a workload is judged by.
type quantity uint8

const (
	rate   quantity = iota // requests per second: more is better
	median                 // latency of the median request, in microseconds
	tail                   // latency of one request in a hundred, in microseconds
	peak                   // memory of all processes at its most, in bytes
	grown                  // memory that the load added, in bytes
)

// workload is one thing to measure: an application, and a load on it.
type workload struct {
	name, title string
	app         string // module:callable of the directory apps
	path        string // of the requests, "/" if empty
	body        []byte // of the check before the load: a POST
	want        func(body []byte) error

	load        string // the Lua script for wrk ("report" if nothing special), or "go:" and one of the generators
	connections int
	threads     int // of the server; 0: its own default
	processes   int // 1 if 0
	accessLog   bool
	allCores    bool // neither the server nor the load is pinned
	needs       need // of the server, beyond serving
	judged      quantity

	// How long a server may still have to do when the warm-up is over and its
	// clients have gone: the requests that wait, one at a time.
	backlog time.Duration
}

func (w workload) label() string { return w.name }

// need is a property without which a workload means nothing for a server.
type need uint8

const (
	needThreads   need = 1 << iota // the number of threads can be set
	needProcesses                  // more than one process
	needLog                        // an access log
	needKeepAlive                  // connections stay open between requests
	needUpload                     // bodies of 20 MB
)

func (w workload) target() string { return choose(w.path == "", "/", w.path) }

func (w workload) processCount() int { return max(w.processes, 1) }

const (
	hello      = "plain:hello"
	helloText  = "Hello, World!\n"
	uploadSize = 20 << 20
	idleCount  = 10000
)

// workloads are all that is measured, in the order of the page.
var workloads = []workload{
	{name: "hello", title: "Hello, 32 connections", app: hello, want: exactly(helloText), load: "report", connections: 32},
	{name: "flask", title: "Flask, 32 connections", app: "flask_site:application", want: exactly(helloText), load: "report", connections: 32},
	{name: "django", title: "Django, 32 connections", app: "django_site:application", want: exactly(helloText), load: "report", connections: 32},
	{name: "10kb", title: "Response of 10 KB, 32 connections", app: "plain:ten_kb", want: length(10240), load: "report", connections: 32},
	{name: "1mb", title: "Response of 1 MB, 32 connections", app: "plain:one_mb", want: length(1 << 20), load: "report", connections: 32},
	{name: "echo", title: "POST of 4 KB echoed, 32 connections", app: "plain:echo", body: echoBody, want: exactly(string(echoBody)), load: "echo", connections: 32},
	{name: "stream", title: "Response of 20 blocks of 1 KiB without a length, 32 connections", app: "plain:stream", want: length(20 * 1024), load: "report", connections: 32},
	{name: "latency", title: "Hello, 1 connection: median latency", app: hello, want: exactly(helloText), load: "report", connections: 1, judged: median},
	{name: "sleep8", title: "Application that sleeps 10 ms, 64 connections, 8 threads", app: "plain:sleep", want: exactly(helloText), load: "report", connections: 64, threads: 8, needs: needThreads, backlog: 700 * time.Millisecond},
	{name: "sleep", title: "Application that sleeps 10 ms, 64 connections, each server's default threads", app: "plain:sleep", want: exactly(helloText), load: "report", connections: 64, backlog: 700 * time.Millisecond},
	{name: "compute", title: "Application that computes 1 ms, 32 connections, one thread", app: "plain:compute", want: exactly(helloText), load: "report", connections: 32, threads: 1},
	{name: "mix", title: "4 connections with requests of 200 ms beside quick ones, 8 threads: 99th percentile of the quick ones", app: "plain:mix", want: exactly(helloText), load: "go:mix", connections: 7, threads: 8, judged: tail, backlog: 1000 * time.Millisecond},
	{name: "pipeline", title: "Hello, 32 connections, 16 requests pipelined", app: hello, want: exactly(helloText), load: "pipeline", connections: 32, needs: needKeepAlive},
	{name: "ten", title: "Hello, 32 connections at a time, of ten requests each", app: hello, want: exactly(helloText), load: "go:ten", connections: 32},
	{name: "upload", title: "32 uploads of 20 MB at a time: memory at its most", app: "plain:upload", body: []byte("four"), want: exactly("4\n"), load: "go:upload", connections: 32, needs: needUpload, judged: peak},
	{name: "idle", title: "10,000 idle connections: memory they add", app: hello, want: exactly(helloText), load: "go:idle", connections: idleCount, needs: needKeepAlive, judged: grown},
	{name: "cores", title: "Hello, 64 connections, 2 processes on all cores, shared with the load", app: hello, want: exactly(helloText), load: "report", connections: 64, processes: 2, allCores: true, needs: needProcesses},
	{name: "accesslog", title: "Hello, 32 connections, access log to a file", app: hello, want: exactly(helloText), load: "report", connections: 32, accessLog: true, needs: needLog},
}

var echoBody = bytes.Repeat([]byte("0123456789abcdef"), 256)

// exactly and length check the one answer before the load: a server that is
// fast because it answers something else is not measured.
func exactly(text string) func([]byte) error {
	return func(body []byte) error {
		if string(body) != text {
			return fmt.Errorf("answered %d bytes that begin with %.40q, expected %d that begin with %.40q", len(body), body, len(text), text)
		}
		return nil
	}
}

func length(n int) func([]byte) error {
	return exactly(strings.Repeat("0123456789abcdef", n/16))
}
