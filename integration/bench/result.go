package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// result is everything that a run found out; build/bench.json has it.
type result struct {
	Machine facts             `json:"machine"`
	Rounds  int               `json:"rounds"`
	Seconds float64           `json:"seconds"` // of each measurement
	Quick   bool              `json:"quick"`
	Servers []string          `json:"servers"`
	Apps    []string          `json:"apps"`
	Absent  map[string]string `json:"absent"` // servers that could not be installed, and why
	Samples []sample          `json:"samples"`

	// Memory of "python -c 'import app'" for a module, in bytes: what a worker
	// is compared with.
	Interpreter map[string]int64  `json:"interpreter"`
	Commands    map[string]string `json:"commands"` // how each server was started for the first workload
}

// sample is one measurement of one server.
type sample struct {
	Server  string `json:"server"`
	Load    string `json:"load"` // name of the workload
	Round   int    `json:"round"`
	Failure string `json:"failure,omitempty"`  // nothing below counts
	LeftOut bool   `json:"left_out,omitempty"` // the failure is no fault: the server is not made for it

	measured
	Memory    int64   `json:"memory"` // PSS of all processes after the load, or at its most while it lasted
	Front     int64   `json:"front"`  // the part of the first process
	Added     int64   `json:"added"`  // memory after the load less that before
	FrontAdd  int64   `json:"front_added"`
	Switches  float64 `json:"switches"`  // context switches per request
	CPU       float64 `json:"cpu"`       // microseconds of processor time per request
	Busy      float64 `json:"busy"`      // share of one core that the server used
	Elsewhere float64 `json:"elsewhere"` // share of one core that neither the server nor the load used
	Processes int     `json:"processes"`
}

// measured is what a load generator saw. Latencies are in microseconds.
type measured struct {
	Requests int64   `json:"requests"`
	Duration int64   `json:"duration"` // microseconds
	P50      float64 `json:"p50"`
	P90      float64 `json:"p90"`
	P99      float64 `json:"p99"`
	Max      float64 `json:"max"`
	Held     int     `json:"held,omitempty"` // connections still open, of the idle ones
	Errors   faults  `json:"errors"`
}

// faults counts what went wrong, as wrk does.
type faults struct {
	Connect int64 `json:"connect"`
	Read    int64 `json:"read"`
	Write   int64 `json:"write"`
	Timeout int64 `json:"timeout"`
	Status  int64 `json:"status"`
}

func (f faults) sum() int64 { return f.Connect + f.Read + f.Write + f.Timeout + f.Status }

// rate is requests per second.
func (m measured) rate() float64 {
	if m.Duration <= 0 {
		return 0
	}
	return float64(m.Requests) / (time.Duration(m.Duration) * time.Microsecond).Seconds()
}

// of is the value that a workload is judged by.
func (q quantity) of(s sample) float64 {
	switch q {
	case median:
		return s.P50
	case tail:
		return s.P99
	case peak:
		return float64(s.Memory)
	case grown:
		return float64(s.Added)
	default:
		return s.rate()
	}
}

// better is true if more is better.
func (q quantity) better() bool { return q == rate }

// spread is the middle of several rounds, with the worst and best of them.
type spread struct {
	median, least, most float64
	rounds              int
}

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return spread{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1], n}
}

// of are the samples of a server at a workload that count.
func (r result) of(server, load string) []sample {
	var good []sample
	for _, s := range r.Samples {
		if s.Server == server && s.Load == load && s.Failure == "" {
			good = append(good, s)
		}
	}
	return good
}

// spread is that of one value over the rounds of a server at a workload; no
// rounds if there was none that counts.
func (r result) spread(server, load string, value func(sample) float64) spread {
	var values []float64
	for _, s := range r.of(server, load) {
		values = append(values, value(s))
	}
	return spreadOf(values)
}

// failure is the first sample of a server at a workload that does not count.
func (r result) failure(server, load string) (sample, bool) {
	i := slices.IndexFunc(r.Samples, func(s sample) bool { return s.Server == server && s.Load == load && s.Failure != "" })
	if i < 0 {
		return sample{}, false
	}
	return r.Samples[i], true
}

// save writes the file as a whole or not at all.
func (r result) save(name string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("encode the samples: %w", err)
	}
	return writeFile(name, append(text, '\n'))
}

func writeFile(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("make the directory of %s: %w", name, err)
	}
	temporary := name + ".new"
	if err := os.WriteFile(temporary, text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(temporary, name); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
