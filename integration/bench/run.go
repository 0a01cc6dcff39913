package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// warmUp is the load before each measurement, in seconds. Those that look at
// memory have none: what is left of it would count.
const warmUp = 1.0

// settle is the pause after it, in which the server notices that the clients
// have gone.
const settle = 200 * time.Millisecond

// run is one run of the harness.
type run struct {
	options options
	machine *machine
	log     io.Writer
	file    string // of the samples
	result  result
}

// all measures everything asked for. It stops early only if it is told to or
// the samples cannot be kept: a server that fails is part of the result.
func (r *run) all(ctx context.Context) error {
	some := r.servers()
	apps := r.workloads()
	r.result = result{
		Machine: r.machine.facts, Rounds: r.options.rounds, Seconds: r.options.seconds, Quick: r.options.quick,
		Absent: r.machine.absent, Interpreter: map[string]int64{}, Commands: map[string]string{},
	}
	for _, s := range some {
		r.result.Servers = append(r.result.Servers, s.name)
	}
	for _, w := range apps {
		r.result.Apps = append(r.result.Apps, w.name)
	}
	fmt.Fprintf(r.log, "%d workloads, %d servers, %d rounds of %g s: about %s\n", len(apps), len(some), r.options.rounds,
		r.options.seconds, r.estimate(len(apps), len(some)))
	for _, w := range apps {
		if err := r.workload(ctx, w, some); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) servers() []server {
	return slices.DeleteFunc(chosen(r.options), func(s server) bool { return r.machine.absent[s.name] != "" })
}

func (r *run) workloads() []workload {
	if len(r.options.apps) == 0 {
		return workloads
	}
	return slices.DeleteFunc(slices.Clone(workloads), func(w workload) bool { return !slices.Contains(r.options.apps, w.name) })
}

// estimate: a server takes about two seconds to start and stop.
func (r *run) estimate(apps, servers int) time.Duration {
	each := r.options.seconds + warmUp + 2
	return (time.Duration(float64(apps*servers*r.options.rounds)*each) * time.Second).Round(time.Second)
}

// workload measures all servers at one, round by round. Each round begins with
// another server, so that none is always the one after a slow one.
func (r *run) workload(ctx context.Context, w workload, some []server) error {
	r.result.Interpreter[moduleOf(w)] = r.machine.bare(ctx, moduleOf(w))
	for round := range r.options.rounds {
		for i := range some {
			s := some[(i+round)%len(some)]
			got := r.sample(ctx, w, s, round)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.result.Samples = append(r.result.Samples, got)
			if err := r.result.save(r.file); err != nil {
				return err
			}
			fmt.Fprintln(r.log, describe(w, got))
		}
	}
	return nil
}

// describe is one sample on one line.
func describe(w workload, s sample) string {
	head := fmt.Sprintf("%-10s %-18s %d  ", s.Load, s.Server, s.Round+1)
	if s.Failure != "" {
		return head + choose(s.LeftOut, "left out: ", "FAILED: ") + s.Failure
	}
	return head + fmt.Sprintf("%9.0f/s  p50 %7.0f us  p99 %8.0f us  %6.1f MB  %5.2f switches  %6.1f us  errors %d",
		s.rate(), s.P50, s.P99, float64(s.Memory)/1e6, s.Switches, s.CPU, s.Errors.sum())
}

// sample is one measurement, from the start of a server to its end.
func (r *run) sample(ctx context.Context, w workload, s server, round int) sample {
	got := sample{Server: s.name, Load: w.name, Round: round}
	for n, why := range s.lacks {
		if w.needs&n != 0 {
			got.Failure, got.LeftOut = why, true
			return got
		}
	}
	if _, known := r.result.failure(s.name, w.name); known && len(r.result.of(s.name, w.name)) == 0 {
		got.Failure = "failed in an earlier round"
		return got
	}
	if err := r.measure(ctx, w, s, &got); err != nil {
		got.Failure = err.Error()
	}
	return got
}

func (r *run) measure(ctx context.Context, w workload, s server, got *sample) (err error) {
	m := r.machine
	l, cleanUp, err := m.launch(w)
	if err != nil {
		return err
	}
	defer cleanUp()
	l.binary = r.options.binary
	command := s.command(l)
	if r.result.Commands[s.name] == "" {
		r.result.Commands[s.name] = m.shown(command, l)
	}
	up, err := start(command, l.apps, m.logFile(w, s), m.environment(), m.serverCore(w))
	if err != nil {
		return err
	}
	stopped := false
	defer func() {
		if !stopped {
			err = errors.Join(err, up.stop())
		}
	}()
	if err := up.ready(ctx, w, l.address()); err != nil {
		return err
	}
	if err := r.loaded(ctx, w, l, up, got); err != nil {
		return err
	}
	stopped = true
	if err := up.stop(); err != nil {
		return err
	}
	if w.accessLog {
		return logged(got.Requests, l.scratch, up.log)
	}
	return nil
}

// loaded warms the server up and measures it.
func (r *run) loaded(ctx context.Context, w workload, l launch, up *running, got *sample) error {
	m := r.machine
	if w.judged != peak && w.judged != grown {
		if _, err := m.generate(ctx, w, l, up, warmUp, nil); err != nil {
			return fmt.Errorf("warm up: %w", err)
		}
		time.Sleep(settle + w.backlog)
	}
	before, err := kernel.usage(up.pid)
	if err != nil {
		return err
	}
	busy := kernel.busy()
	var most usage
	seen, err := m.generate(ctx, w, l, up, r.options.seconds, &most)
	if err != nil {
		return err
	}
	busy = kernel.busy() - busy
	after, err := kernel.usage(up.pid)
	if err != nil {
		return err
	}
	got.fill(seen, before, after, most, busy)
	if w.judged == grown && got.Held < w.connections*99/100 {
		return fmt.Errorf("held only %d of %d connections", got.Held, w.connections)
	}
	return nil
}

// fill works the numbers out. Most is what a generator that looked at the
// memory itself has seen.
func (s *sample) fill(seen outcome, before, after, most usage, busy time.Duration) {
	s.measured = seen.measured
	if most.memory == 0 {
		most.memory, most.front = after.memory, after.front
	}
	s.Memory, s.Front = most.memory, most.front
	s.Added, s.FrontAdd = most.memory-before.memory, most.front-before.front
	s.Processes = after.processes
	cpu := after.cpu - before.cpu
	s.Switches = float64(max(0, after.switches-before.switches)) / float64(s.Requests)
	s.CPU = float64(cpu.Microseconds()) / float64(s.Requests)
	if length := time.Duration(s.Duration) * time.Microsecond; length > 0 {
		s.Busy = cpu.Seconds() / length.Seconds()
		s.Elsewhere = max(0, busy-cpu-seen.cpu).Seconds() / length.Seconds()
	}
}
