package option

import "time"

// Table has every option, in the order of help.
var Table = concat(
	applicationOptions, environmentOptions, listenerOptions, processOptions,
	timeoutOptions, limitOptions, operationOptions,
)

func concat(parts ...[]Option) []Option {
	var all []Option
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// Bounds of durations: a millisecond keeps a limit from being an accident, ten
// years keep arithmetic on deadlines from overflowing.
const (
	shortest = int64(time.Millisecond)
	longest  = int64(10 * 365 * 24 * time.Hour)
)

// Bounds of sizes that are allocated at once.
const (
	kib = int64(1) << 10
	mib = int64(1) << 20
	gib = int64(1) << 30
)
