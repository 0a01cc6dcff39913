package main

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	openAtOnce  = 64               // connections being opened at a time
	openLimit   = 45 * time.Second // for all of them
	settleLimit = 30 * time.Second // for whoever started this to look at the server
)

// idle opens connections, sends one request on each and then nothing. When all
// are open and some time has passed it prints a first line with the number of
// those that the server has not closed, and holds them until its input ends.
func idle(ctx context.Context, l load, in io.Reader, out io.Writer) measured {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	var held atomic.Int64
	var open, watchers sync.WaitGroup
	var mutex sync.Mutex // guards clients and sum
	var clients []*client
	var sum tally
	turns := make(chan struct{}, openAtOnce)
	begin := time.Now()
	for range l.connections {
		turns <- struct{}{}
		open.Go(func() {
			defer func() { <-turns }()
			var t tally
			c := &client{address: l.address}
			at := time.Now()
			good := ctx.Err() == nil && c.send(ctx, l.prepare(l.path, ""), &t)
			if good {
				t.latency.add(time.Since(at))
			}
			mutex.Lock()
			defer mutex.Unlock()
			sum.latency.merge(&t.latency)
			sum.fault(t.errors)
			if good && c.conn != nil {
				clients = append(clients, c)
			}
		})
	}
	open.Wait()
	held.Store(int64(len(clients)))
	for _, c := range clients {
		watchers.Go(func() {
			_ = c.conn.SetDeadline(time.Now().Add(openLimit + settleLimit))
			if _, err := c.conn.Read(make([]byte, 1)); err != nil {
				held.Add(-1)
			}
		})
	}
	took := time.Since(begin)
	select {
	case <-ctx.Done():
	case <-time.After(l.idleHold):
	}
	seen := measured{
		Requests: sum.latency.total, Duration: took.Microseconds(), Errors: sum.errors, Held: int(held.Load()),
		P50: sum.latency.percentile(50), P90: sum.latency.percentile(90), P99: sum.latency.percentile(99),
		Max: float64(sum.latency.max.Microseconds()),
	}
	wait(in, out, seen)
	for _, c := range clients {
		c.conn.Close()
	}
	watchers.Wait()
	return seen
}

// wait says that the connections are there and waits until the input ends, or
// too much time has passed.
func wait(in io.Reader, out io.Writer, seen measured) {
	if json.NewEncoder(out).Encode(seen) != nil {
		return // nobody looks any more
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, in) // its end is all that matters
	}()
	select {
	case <-done:
	case <-time.After(settleLimit):
	}
}
