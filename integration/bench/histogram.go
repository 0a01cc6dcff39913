package main

import (
	"math/bits"
	"time"
)

// histogram counts durations in steps of a microsecond up to 256, and of less
// than one per cent beyond. Its size does not depend on how many it counts.
type histogram struct {
	counts [48 * 128]int64
	total  int64
	max    time.Duration
}

// slot is where a number of microseconds is counted: seven bits after the
// highest one are kept.
func slot(us uint64) int {
	if us < 256 {
		return int(us)
	}
	shift := bits.Len64(us) - 8
	return (shift+1)*128 + int(us>>shift) - 128
}

// lowest is the smallest number of microseconds counted in a slot.
func lowest(slot int) float64 {
	if slot < 256 {
		return float64(slot)
	}
	shift := slot/128 - 1
	return float64(uint64(slot%128+128) << shift)
}

func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.counts[min(slot(uint64(d.Microseconds())), len(h.counts)-1)]++
	h.total++
	h.max = max(h.max, d)
}

func (h *histogram) merge(o *histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.max = max(h.max, o.max)
}

// percentile is the duration, in microseconds, that this share of all does not
// exceed; 0 if there is none.
func (h *histogram) percentile(share float64) float64 {
	rank := int64(share / 100 * float64(h.total))
	var seen int64
	for i, n := range h.counts {
		if seen += n; seen > rank || n > 0 && seen == h.total {
			return lowest(i)
		}
	}
	return 0
}
