package front

import "time"

// progress is the allowance of a client that sends something: so much time to
// begin with, a second more for every rate bytes that came, up to max in all.
// It is the rule of Apache's mod_reqtimeout, whose names the options have. Only
// time spent waiting for the client counts.
type progress struct {
	initial, max time.Duration // max 0: no cap
	rate         int           // bytes a second; 0: bytes buy no time

	spent time.Duration
	bytes int64
}

// left is how long the client may still take to send its next bytes.
func (p *progress) left() time.Duration {
	allowed := p.initial
	if p.rate > 0 {
		allowed += time.Duration(p.bytes) * time.Second / time.Duration(p.rate)
		if p.max > 0 && allowed > p.max {
			allowed = max(p.max, p.initial)
		}
	}
	return allowed - p.spent
}

// got counts n bytes that came after a wait of d.
func (p *progress) got(n int, d time.Duration) {
	p.bytes += int64(n)
	p.spent += d
}
