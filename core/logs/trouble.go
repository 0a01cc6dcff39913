package logs

import "time"

// Trouble is what went wrong with a log since the last report of it.
type Trouble struct {
	Path    string // "" if the log is no file of its own
	Err     error  // why writing fails now; nil if it works
	Dropped uint64 // lines lost since the last report
}

// report runs Trouble, apart from the writing: whoever hears of it may be slow.
func (w *Writer) report() {
	defer close(w.told)
	var said Trouble // what was reported last; Dropped in all
	for ended := false; !ended; {
		select {
		case <-w.news:
		case <-w.done:
			ended = true
		}
		w.mu.Lock()
		now := Trouble{Path: w.cfg.Path, Err: w.err, Dropped: w.dropped.Load()}
		w.mu.Unlock()
		if now.Dropped == said.Dropped && (now.Err == nil) == (said.Err == nil) {
			continue
		}
		say := now
		say.Dropped -= said.Dropped
		said = now
		if w.cfg.Trouble != nil {
			w.cfg.Trouble(say)
		}
		select {
		case <-time.After(w.cfg.Interval):
		case <-w.done:
		}
	}
}
