package main

import (
	"fmt"
)

// goal is something that this project wants to be true of its measurements. It
// is worked out from the samples alone.
type goal struct {
	load     string // name of the workload
	text     string
	measured func(r result) (float64, bool) // false: what it needs was not measured
	least    bool                           // measured has to be at least the limit; else at most
	limit    float64
	unit     string
}

func (g goal) reached(value float64) bool {
	return choose(g.least, value >= g.limit, value <= g.limit)
}

// goals are in the order of the workloads.
var goals = []goal{
	times("hello", 1.6, "granian"),
	times("hello", 1.0, "bjoern", "fastpysgi"),
	times("hello", 8, "gunicorn-gthread"),
	times("hello", 12, "gunicorn-sync"),
	{"hello", "p99 against the best peer", against("hello", sample.p99, false), true, 1.0, "x"},
	times("flask", 1.0),
	times("flask", 2.5, "gunicorn-gthread"),
	times("django", 1.0),
	times("django", 2.5, "gunicorn-gthread"),
	times("10kb", 1.3, "granian"),
	times("1mb", 1.0, "granian"),
	times("echo", 1.3, "granian"),
	times("stream", 2, "granian"),
	{"latency", "p50 against granian", against("latency", sample.p50, false, "granian"), true, 1.0, "x"},
	{"sleep8", "share of 8 threads / 10 ms", scaled("sleep8", sample.rate, 1.0/800), true, 0.95, ""},
	times("sleep", 1.0, "granian"),
	times("compute", 0.97),
	{"mix", "p99 of the quick requests", scaled("mix", sample.p99, 1e-3), false, 5, " ms"},
	times("pipeline", 1.3, "granian"),
	times("ten", 1.3, "granian"),
	{"hello", "memory of the front", scaled("hello", sample.frontMemory, 1e-6), false, 12, " MB"},
	{"upload", "memory of the front", scaled("upload", sample.frontMemory, 1e-6), false, 16, " MB"},
	{"idle", "memory of the front with 10,000 connections", scaled("idle", sample.frontMemory, 1e-6), false, 60, " MB"},
	{"hello", "memory of a worker above that of a bare interpreter", workerExtra("hello"), false, 3, " MB"},
	{"accesslog", "requests per second against those without", loggedShare, true, 0.9, "x"},
}

func (s sample) p50() float64         { return s.P50 }
func (s sample) p99() float64         { return s.P99 }
func (s sample) frontMemory() float64 { return float64(s.Front) }

// times wants at least so many times the requests per second of the best of some
// peers, of all if none is named.
func times(load string, factor float64, peers ...string) goal {
	name := "the fastest peer"
	for i, p := range peers {
		name = choose(i == 0, p, name+" and "+p)
	}
	return goal{load, "requests per second against " + name, against(load, sample.rate, true, peers...), true, factor, "x"}
}

// against is how many times ours is better than the best of the peers.
func against(load string, value func(sample) float64, more bool, peers ...string) func(result) (float64, bool) {
	return func(r result) (float64, bool) {
		mine := r.spread(own, load, value)
		_, best := r.best(load, value, more, peers...)
		if mine.rounds == 0 || best.rounds == 0 {
			return 0, false
		}
		return advantage(mine.median, best.median, more), true
	}
}

// advantage is above 1 if mine is better.
func advantage(mine, other float64, more bool) float64 {
	if more {
		return mine / other
	}
	return other / mine
}

// best is the peer with the best median.
func (r result) best(load string, value func(sample) float64, more bool, peers ...string) (string, spread) {
	var name string
	var found spread
	for _, p := range choose(len(peers) == 0, r.Servers, peers) {
		if p == own {
			continue
		}
		s := r.spread(p, load, value)
		if s.median > 0 && (found.rounds == 0 || advantage(s.median, found.median, more) > 1) {
			name, found = p, s
		}
	}
	return name, found
}

// scaled is a median of ours in another unit.
func scaled(load string, value func(sample) float64, unit float64) func(result) (float64, bool) {
	return func(r result) (float64, bool) {
		s := r.spread(own, load, value)
		return s.median * unit, s.rounds > 0
	}
}

func workerExtra(load string) func(result) (float64, bool) {
	w, _ := find(workloads, load)
	return func(r result) (float64, bool) {
		bare := r.Interpreter[moduleOf(w)]
		s := r.spread(own, load, func(s sample) float64 { return float64(s.Memory - s.Front) })
		extra := s.median/float64(w.processCount()) - float64(bare)
		return extra / 1e6, s.rounds > 0 && bare > 0
	}
}

func loggedShare(r result) (float64, bool) {
	with, without := r.spread(own, "accesslog", sample.rate), r.spread(own, "hello", sample.rate)
	return with.median / without.median, with.rounds > 0 && without.rounds > 0
}

// row is the goal as a line of a table; nothing if it was not measured.
func (g goal) row(r result) []string {
	value, known := g.measured(r)
	limit := choose(g.least, "at least ", "at most ") + fmt.Sprintf("%g%s", g.limit, g.unit)
	if known {
		return []string{g.load, g.text, limit, fmt.Sprintf("%.2f%s", value, g.unit), choose(g.reached(value), "yes", "**no**")}
	}
	if bad, ok := r.failure(own, g.load); ok && len(r.of(own, g.load)) == 0 {
		return []string{g.load, g.text, limit, "failed: " + bad.Failure, "**no**"}
	}
	return nil
}
