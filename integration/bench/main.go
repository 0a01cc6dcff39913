// Command bench measures modwsgi-express against other servers of WSGI
// applications, side by side on this machine, and writes what it found as a
// page of the documentation.
//
//	./build.sh bench [--quick] [--peers a,b] [--apps x,y]
//
//	catalogue ──► what is measured: workload.go; against what: server.go, peers.go
//	venv      ──► peers at pinned versions in build/bench-venv; what cannot be
//	              installed is named and left out
//	run       ──► for each workload, for each round, for each server:
//	              start ─► check one answer ─► warm up ─► load ─► stop
//	              process.go starts and stops, proc.go reads /proc, wrk.go and
//	              client.go with load_*.go make the load
//	result    ──► build/bench.json after every sample
//	report    ──► medians, ratios and goals as Markdown
//
// Servers and their workers are pinned to one core and the load to another, so
// that neither takes time from the other. Rounds are interleaved, so that a
// minute in which the machine is busy hurts all servers alike. Nothing is
// written that was not measured in this run; what could not be measured says
// why.
//
// Everything is bounded: each load by a duration, each wait by a limit, each
// process by its end. Traffic goes to the loopback address only.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := dispatch(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, pflag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// dispatch tells the harness from the load generator, which is this program in
// a process of its own, so that it can be pinned.
func dispatch(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == loadCommand {
		return generate(ctx, args[1:], os.Stdin, out)
	}
	o, err := parseOptions(args)
	if err != nil || o.list {
		if err == nil {
			list(out)
		}
		return err
	}
	return bench(ctx, o, os.Stderr)
}

// options are the flags of the command.
type options struct {
	root    string // of the checkout
	quick   bool
	list    bool
	peers   []string // empty: all
	apps    []string // empty: all
	rounds  int
	seconds float64
	output  string
	binary  string
	python  string
}

func parseOptions(args []string) (options, error) {
	var o options
	f := pflag.NewFlagSet("bench", pflag.ContinueOnError)
	f.BoolVar(&o.quick, "quick", false, "two short rounds: to see that it works, not to measure")
	f.BoolVar(&o.list, "list", false, "list the servers and workloads")
	f.StringSliceVar(&o.peers, "peers", nil, "only these `servers` beside modwsgi-express, separated by commas")
	f.StringSliceVar(&o.apps, "apps", nil, "only these `workloads`, separated by commas")
	f.IntVar(&o.rounds, "rounds", 0, "rounds of each workload (default 3, quick 2)")
	f.Float64Var(&o.seconds, "seconds", 0, "length of each measurement (default 4, quick 1)")
	f.StringVar(&o.output, "output", "", "Markdown `file` to write (default express/docs/benchmarks.md; build/benchmarks.md\n"+
		"if something is left out or quick)")
	f.StringVar(&o.binary, "binary", "", "our server (default build/modwsgi-express)")
	f.StringVar(&o.python, "python", "", "interpreter for all servers (default: the newest CPython found up to 3.13)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("cannot make sense of %q: all arguments are options", f.Arg(0))
	}
	root, err := checkoutRoot()
	if err != nil {
		return o, err
	}
	o.root = root
	return o.completed()
}

// completed fills in the defaults, and refuses what cannot be.
func (o options) completed() (options, error) {
	if o.rounds == 0 {
		o.rounds = choose(o.quick, 2, 3)
	}
	if o.seconds == 0 {
		o.seconds = choose(o.quick, 1.0, 4.0)
	}
	if o.rounds < 1 || o.rounds > 100 || o.seconds < 0.5 || o.seconds > 600 {
		return o, fmt.Errorf("cannot measure %d rounds of %g s: 1 to 100 rounds of 0.5 to 600 s", o.rounds, o.seconds)
	}
	if o.output == "" {
		o.output = filepath.Join(o.root, "express", "docs", "benchmarks.md")
		if o.quick || len(o.peers)+len(o.apps) > 0 {
			o.output = filepath.Join(o.root, "build", "benchmarks.md")
		}
	}
	if o.binary == "" {
		o.binary = filepath.Join(o.root, "build", "modwsgi-express")
	}
	for _, name := range o.peers {
		if _, ok := find(servers, name); !ok {
			return o, unknown("server", name, servers)
		}
	}
	for _, name := range o.apps {
		if _, ok := find(workloads, name); !ok {
			return o, unknown("workload", name, workloads)
		}
	}
	return o, nil
}

// named is an entry of a catalogue.
type named interface{ label() string }

func find[T named](all []T, name string) (T, bool) {
	i := slices.IndexFunc(all, func(t T) bool { return t.label() == name })
	if i < 0 {
		var none T
		return none, false
	}
	return all[i], true
}

func unknown[T named](what, name string, all []T) error {
	var names []string
	for _, t := range all {
		names = append(names, t.label())
	}
	return fmt.Errorf("cannot find the %s %q: there are %s", what, name, strings.Join(names, ", "))
}

func choose[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

func list(out io.Writer) {
	fmt.Fprintln(out, "Servers:")
	for _, s := range servers {
		fmt.Fprintf(out, "  %-18s %s\n", s.name, s.title)
	}
	fmt.Fprintln(out, "\nWorkloads:")
	for _, w := range workloads {
		fmt.Fprintf(out, "  %-18s %s\n", w.name, w.title)
	}
}

// checkoutRoot is the directory of go.mod, at or above the working directory.
func checkoutRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the checkout: %w", err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "integration", "bench", "apps")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("cannot find the checkout at or above %s: start in it", dir)
		}
	}
}

// bench is the whole of a run.
func bench(ctx context.Context, o options, log io.Writer) error {
	began := time.Now()
	m, err := newMachine(ctx, o, log)
	if err != nil {
		return err
	}
	r := &run{options: o, machine: m, log: log, file: filepath.Join(o.root, "build", "bench.json")}
	if err := r.all(ctx); err != nil {
		return fmt.Errorf("%w; the samples so far are in %s", err, r.file)
	}
	if err := writePage(o.output, page(r.result)); err != nil {
		return err
	}
	fmt.Fprintf(log, "%s written after %s, the samples are in %s\n", o.output, time.Since(began).Round(time.Second), r.file)
	return nil
}
