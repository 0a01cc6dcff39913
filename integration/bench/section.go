package main

import (
	"fmt"
	"strings"
)

// heading is what the judged column is called.
func (q quantity) heading() string {
	return [...]string{"requests/s", "p50", "p99", "memory at most", "memory added"}[q]
}

// text is a value with its unit.
func (q quantity) text(v float64) string {
	switch q {
	case rate:
		return fmt.Sprintf("%.0f/s", v)
	case median, tail:
		return microseconds(v)
	default:
		return megabytes(v)
	}
}

func microseconds(v float64) string {
	if v <= 0 {
		return "-" // wrk has no latency of pipelined requests
	}
	if v >= 10000 {
		return fmt.Sprintf("%.1f ms", v/1000)
	}
	return fmt.Sprintf("%.0f us", v)
}

func megabytes(v float64) string { return fmt.Sprintf("%.1f MB", v/1e6) }

// column is one of a workload's table.
type column struct {
	heading string
	text    func(r result, server string, w workload) string
}

// section is a workload with all servers.
func section(b *strings.Builder, r result, w workload) {
	fmt.Fprintf(b, "## %s: %s\n\n", w.name, w.title)
	columns := columnsOf(w)
	head := []string{"Server"}
	for _, c := range columns {
		head = append(head, c.heading)
	}
	rows := [][]string{head}
	var notes []string
	for _, name := range r.Servers {
		s, ok := find(servers, name)
		if !ok {
			continue
		}
		good := len(r.of(name, w.name))
		if bad, ok := r.failure(name, w.name); ok {
			how := choose(bad.LeftOut, "Left out", choose(good == 0, "Failed", "Failed once or more"))
			notes = append(notes, fmt.Sprintf("- %s: %s: %s", how, s.title, bad.Failure))
		}
		if good == 0 {
			continue
		}
		row := []string{choose(name == own, "**"+s.title+"**", s.title)}
		for _, c := range columns {
			row = append(row, c.text(r, name, w))
		}
		rows = append(rows, row)
	}
	if len(rows) > 1 {
		table(b, rows)
	}
	if len(notes) > 0 {
		fmt.Fprintf(b, "%s\n\n", strings.Join(notes, "\n"))
	}
}

// columnsOf are the columns that say something for a workload.
func columnsOf(w workload) []column {
	judged := column{w.judged.heading(), func(r result, server string, w workload) string {
		s := r.spread(server, w.name, w.judged.of)
		return fmt.Sprintf("%s (%s - %s)", w.judged.text(s.median), w.judged.text(s.least), w.judged.text(s.most))
	}}
	better := column{own + " against it", func(r result, server string, w workload) string {
		if server == own {
			return ""
		}
		return ratio(r.spread(own, w.name, w.judged.of), r.spread(server, w.name, w.judged.of), w.judged.better())
	}}
	switch w.judged {
	case grown:
		return []column{judged, better, held, each("first process", sample.frontMemory, megabytes),
			each("per connection", perConnection, byteCount), failures}
	case peak:
		return []column{judged, better, each("first process", sample.frontMemory, megabytes),
			each("uploads/s", sample.rate, decimal), each("p99", sample.p99, microseconds), failures}
	}
	columns := []column{judged, better}
	if w.judged != rate {
		columns = append(columns, each("requests/s", sample.rate, whole))
	}
	if w.judged != median {
		columns = append(columns, each("p50", sample.p50, microseconds))
	}
	if w.judged != tail {
		columns = append(columns, each("p99", sample.p99, microseconds))
	}
	return append(columns, failures,
		each("memory", func(s sample) float64 { return float64(s.Memory) }, megabytes),
		each("switches", func(s sample) float64 { return s.Switches }, decimal),
		each("processor time", func(s sample) float64 { return s.CPU }, microseconds))
}

// each is a column of medians.
func each(heading string, value func(sample) float64, text func(float64) string) column {
	return column{heading, func(r result, server string, w workload) string {
		return text(r.spread(server, w.name, value).median)
	}}
}

func whole(v float64) string     { return fmt.Sprintf("%.0f", v) }
func decimal(v float64) string   { return fmt.Sprintf("%.2f", v) }
func byteCount(v float64) string { return fmt.Sprintf("%.0f B", v) }

func perConnection(s sample) float64 { return float64(s.Added) / float64(max(1, s.Held)) }

var held = column{"connections held", func(r result, server string, w workload) string {
	s := r.spread(server, w.name, func(s sample) float64 { return float64(s.Held) })
	return whole(s.median)
}}

// failures is the sum over all rounds, by kind.
var failures = column{"errors", func(r result, server string, w workload) string {
	var sum faults
	for _, s := range r.of(server, w.name) {
		sum.Connect += s.Errors.Connect
		sum.Read += s.Errors.Read
		sum.Write += s.Errors.Write
		sum.Timeout += s.Errors.Timeout
		sum.Status += s.Errors.Status
	}
	var kinds []string
	for _, kind := range []struct {
		name  string
		count int64
	}{{"connect", sum.Connect}, {"read", sum.Read}, {"write", sum.Write}, {"timeout", sum.Timeout}, {"status", sum.Status}} {
		if kind.count > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", kind.count, kind.name))
		}
	}
	return choose(len(kinds) == 0, "0", strings.Join(kinds, ", "))
}}
