package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/pflag"
)

// loadCommand is the first argument that makes this program a load generator.
const loadCommand = "load"

const (
	requestLimit = 8 * time.Second // as wrk is told
	uploadLimit  = 2 * time.Minute
)

// load is what a generator is asked for.
type load struct {
	address     string
	path        string
	connections int
	length      time.Duration
	idleHold    time.Duration // between the last connection and the count of those still open
}

// generators make the loads that wrk cannot. Each ends when the time is over or
// the context is.
var generators = map[string]func(ctx context.Context, l load, in io.Reader, out io.Writer) measured{
	"mix":    mixed,
	"ten":    connectionsOfTen,
	"upload": uploads,
	"idle":   idle,
}

// generate is the program as a load generator: it prints what it saw as one line
// of JSON.
func generate(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	var l load
	var seconds float64
	f := pflag.NewFlagSet(loadCommand, pflag.ContinueOnError)
	f.StringVar(&l.address, "address", "", "HOST:PORT of the server")
	f.StringVar(&l.path, "path", "/", "target of the requests")
	f.IntVar(&l.connections, "connections", 1, "connections")
	f.Float64Var(&seconds, "seconds", 1, "length of the load")
	if err := f.Parse(args); err != nil {
		return err
	}
	generator, ok := generators[f.Arg(0)]
	if !ok || f.NArg() != 1 {
		return fmt.Errorf("cannot make the load %q", f.Args())
	}
	l.length, l.idleHold = time.Duration(seconds*float64(time.Second)), time.Second
	return json.NewEncoder(out).Encode(generator(ctx, l, in, out))
}

// tally is what one connection saw; only its goroutine touches it.
type tally struct {
	latency histogram
	errors  faults
}

func (t *tally) fault(f faults) {
	t.errors.Connect += f.Connect
	t.errors.Read += f.Read
	t.errors.Write += f.Write
	t.errors.Timeout += f.Timeout
	t.errors.Status += f.Status
}

// together runs a function for each connection until all return, and adds up.
func (l load) together(each func(number int, t *tally)) measured {
	tallies := make([]tally, l.connections)
	begin := time.Now()
	var all sync.WaitGroup
	for i := range tallies {
		all.Go(func() { each(i, &tallies[i]) })
	}
	all.Wait()
	var sum tally
	for i := range tallies {
		sum.latency.merge(&tallies[i].latency)
		sum.fault(tallies[i].errors)
	}
	return measured{
		Requests: sum.latency.total, Duration: time.Since(begin).Microseconds(), Errors: sum.errors,
		P50: sum.latency.percentile(50), P90: sum.latency.percentile(90), P99: sum.latency.percentile(99),
		Max: float64(sum.latency.max.Microseconds()),
	}
}

// prepare is a request as bytes.
func (l load) prepare(path, more string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, l.address, more)
}

// pause keeps a generator from spinning where nothing listens.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Millisecond):
	}
}

// connectionsOfTen: each connection sends ten requests, one after the other,
// says with the last that it is the last, and is followed by a new one. A
// request's time includes connecting where it had to.
func connectionsOfTen(ctx context.Context, l load, _ io.Reader, _ io.Writer) measured {
	ctx, cancel := context.WithTimeout(ctx, l.length)
	defer cancel()
	request, last := l.prepare(l.path, ""), l.prepare(l.path, "Connection: close\r\n")
	return l.together(func(_ int, t *tally) {
		c := client{address: l.address}
		defer c.close()
		for n := 0; ctx.Err() == nil; n++ {
			begin := time.Now()
			if c.conn == nil {
				n = 0
			}
			if err := c.open(); err != nil {
				t.fault(faultOf(err, faults{Connect: 1}))
				pause(ctx)
				continue
			}
			final := n == 9
			fault, err := c.do(choose(final, last, request), requestLimit)
			if err != nil {
				t.fault(fault)
				c.close()
				continue
			}
			t.latency.add(time.Since(begin))
			if final {
				c.close()
			}
		}
	})
}
