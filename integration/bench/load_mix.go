package main

import (
	"context"
	"io"
	"time"
)

const (
	slowConnections = 4
	quickEvery      = 5 * time.Millisecond
)

// mixed has slow requests on four connections without a pause, and on the others
// a quick one every five milliseconds. Only the quick ones count, and their time
// runs from when they were due: a server that keeps one waiting does not get the
// next ones for free.
func mixed(ctx context.Context, l load, _ io.Reader, _ io.Writer) measured {
	ctx, cancel := context.WithTimeout(ctx, l.length)
	defer cancel()
	slow, quick := l.prepare("/slow", ""), l.prepare("/quick", "")
	return l.together(func(number int, t *tally) {
		c := client{address: l.address}
		defer c.close()
		if number < slowConnections {
			for ctx.Err() == nil {
				c.send(ctx, slow, t)
			}
			return
		}
		// The connections take turns, so that their requests are spread evenly.
		offset := quickEvery * time.Duration(number-slowConnections) / time.Duration(max(1, l.connections-slowConnections))
		for due := time.Now().Add(offset); ctx.Err() == nil; due = due.Add(quickEvery) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Until(due)):
			}
			if c.send(ctx, quick, t) {
				t.latency.add(time.Since(due))
			}
		}
	})
}

// send makes one request, on a new connection if need be.
func (c *client) send(ctx context.Context, request []byte, t *tally) bool {
	if err := c.open(); err != nil {
		t.fault(faultOf(err, faults{Connect: 1}))
		pause(ctx)
		return false
	}
	fault, err := c.do(request, requestLimit)
	if err != nil {
		t.fault(fault)
		c.close()
	}
	return err == nil
}
