package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// The page is written between two lines; what stands before and after them is
// not touched, so that a person can add to it.
const (
	pageBegin = "<!-- measured: written by ./build.sh bench, do not edit up to the end mark -->"
	pageEnd   = "<!-- measured: end -->"
)

const pageHead = `# Benchmarks

modwsgi-express beside other servers of WSGI applications, measured side by side
on one machine with ` + "`./build.sh bench`" + `. Numbers depend on the machine: compare
within a table, and measure your own application on your own.

`

// writePage puts the measured part into the file.
func writePage(file, measured string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the page: %w", err)
	}
	text, err := insert(string(old), measured)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	return writeFile(file, []byte(text))
}

func insert(old, measured string) (string, error) {
	block := pageBegin + "\n\n" + measured + "\n" + pageEnd + "\n"
	if strings.TrimSpace(old) == "" {
		return pageHead + block, nil
	}
	before, rest, ok := strings.Cut(old, pageBegin)
	_, after, closed := strings.Cut(rest, pageEnd+"\n")
	if !ok || !closed {
		return "", fmt.Errorf("it has text but not the two lines %q and %q, between which the measurements go", pageBegin, pageEnd)
	}
	return before + block + after, nil
}

// page is the measured part as Markdown.
func page(r result) string {
	var b strings.Builder
	conditions(&b, r)
	overview(&b, r)
	rows := [][]string{{"Workload", "Goal", "Wanted", "Measured", "Reached"}}
	for _, g := range goals {
		if row := g.row(r); row != nil {
			rows = append(rows, row)
		}
	}
	if len(rows) > 1 {
		fmt.Fprint(&b, "## Goals\n\nWhat this project wants to reach, worked out from this run.\n\n")
		table(&b, rows)
	}
	for _, name := range r.Apps {
		if w, ok := find(workloads, name); ok {
			section(&b, r, w)
		}
	}
	installed(&b, r)
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// table writes rows, of which the first is the heading.
func table(b *strings.Builder, rows [][]string) {
	for i, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(b, "|%s\n", strings.Repeat(" --- |", len(row)))
		}
	}
	fmt.Fprintln(b)
}

func conditions(b *strings.Builder, r result) {
	m := r.Machine
	fmt.Fprintf(b, "## Conditions\n\n")
	if r.Quick {
		fmt.Fprint(b, "**A quick run, to see that the harness works: the numbers mean little.**\n\n")
	}
	fmt.Fprintf(b, "- %s: %d cores (%s), %.0f GB of memory, Linux %s.\n", m.Date, m.Cores, m.Processor, float64(m.MemoryBytes)/1e9, m.Kernel)
	if m.ServerCore == "" {
		fmt.Fprint(b, "- One core: the servers and the load share it.\n")
	} else {
		fmt.Fprintf(b, "- Servers with all their processes on core %s, the load on core %s, unless the workload says all cores.\n", m.ServerCore, m.LoadCore)
	}
	fmt.Fprintf(b, "- %s; %s; load by %s and a generator of the harness.\n", m.Python, m.Own, m.Wrk)
	fmt.Fprintf(b, "- Each server is started afresh, checked, warmed up for %g s and measured for %g s; rounds, interleaved: %d. "+
		"Values are medians, with the least and the most in parentheses.\n", warmUp, r.Seconds, r.Rounds)
	fmt.Fprintf(b, "- Memory is the proportional set size of all processes of a server. Context switches and processor time are those of "+
		"all its threads, per request.\n- %s\n\n", elsewhere(r))
	for _, s := range servers {
		if why, ok := r.Absent[s.name]; ok {
			fmt.Fprintf(b, "- Not measured: %s: %s\n", s.title, why)
		}
	}
	if len(r.Absent) > 0 {
		fmt.Fprintln(b)
	}
}

// elsewhere says how quiet the machine was.
func elsewhere(r result) string {
	var values []float64
	for _, s := range r.Samples {
		if s.Failure == "" {
			values = append(values, s.Elsewhere*100)
		}
	}
	s := spreadOf(values)
	return fmt.Sprintf("Everything else on the machine, the kernel's own work for the network included, took %.0f %% of one core in the median, "+
		"%.0f %% at most; load averages before: %s.", s.median, s.most, r.Machine.LoadBefore)
}

// overview has a line for each workload.
func overview(b *strings.Builder, r result) {
	fmt.Fprint(b, "## Overview\n\nAbove 1.00x modwsgi-express is the better one.\n\n")
	rows := [][]string{{"Workload", "", own, "best peer", "against it", "granian", "gunicorn-gthread"}}
	for _, name := range r.Apps {
		w, ok := find(workloads, name)
		if !ok {
			continue
		}
		value, more := w.judged.of, w.judged.better()
		mine := r.spread(own, name, value)
		peer, best := r.best(name, value, more)
		bestText := "-"
		if best.rounds > 0 {
			bestText = fmt.Sprintf("%s by %s", w.judged.text(best.median), peer)
		}
		rows = append(rows, []string{w.name, w.title, choose(mine.rounds > 0, w.judged.text(mine.median), "-"), bestText,
			ratio(mine, best, more), ratio(mine, r.spread("granian", name, value), more),
			ratio(mine, r.spread("gunicorn-gthread", name, value), more)})
	}
	table(b, rows)
}

func ratio(mine, other spread, more bool) string {
	if mine.rounds == 0 || other.rounds == 0 || mine.median <= 0 || other.median <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", advantage(mine.median, other.median, more))
}

// installed lists how each server was started, and the versions of everything.
func installed(b *strings.Builder, r result) {
	fmt.Fprint(b, "## How each server was started\n\n")
	rows := [][]string{{"Server", "Threads by default", "Command for the first workload"}}
	for _, name := range r.Servers {
		if s, ok := find(servers, name); ok && r.Commands[name] != "" {
			rows = append(rows, []string{s.title, s.defaults, "`" + r.Commands[name] + "`"})
		}
	}
	table(b, rows)
	fmt.Fprintf(b, "Packages: %s.\n", strings.Join(r.Machine.Packages, ", "))
}
