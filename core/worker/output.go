package worker

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// maxOutputLine is where a line of stdout or stderr is cut in two, in bytes.
	maxOutputLine = 8 << 10
	// tailLines and tailLine bound what is kept for the obituary.
	tailLines = 20
	tailLine  = 1 << 10
	// outputRate and outputBurst bound the lines a stream may log: an
	// application that prints in a loop must not fill the disk.
	outputRate  = 1000 // lines per second
	outputBurst = 5000 // lines
)

// output copies the lines of a stream of the process to the log.
type output struct {
	log  *zap.Logger // with the fields that tell whose stream it is
	tail *tail       // nil: not kept

	allowance float64 // lines that may be logged now
	at        time.Time
	dropped   int
}

func newOutput(log *zap.Logger, t *tail) *output {
	return &output{log: log, tail: t, allowance: outputBurst, at: time.Now()}
}

// copy reads r to its end, or to the error that a closed or overdue pipe gives.
func (o *output) copy(r io.Reader) {
	buf := make([]byte, 0, maxOutputLine)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		for {
			i := bytes.IndexByte(buf, '\n')
			if i < 0 {
				break
			}
			o.line(buf[:i])
			buf = buf[:copy(buf, buf[i+1:])]
		}
		if len(buf) == cap(buf) || err != nil && len(buf) > 0 {
			o.line(buf)
			buf = buf[:0]
		}
		if err != nil {
			o.admitDropped()
			return
		}
	}
}

func (o *output) line(p []byte) {
	text := strings.ToValidUTF8(strings.TrimRight(string(p), "\r"), "\uFFFD")
	if o.tail != nil {
		o.tail.add(text)
	}
	if !o.allow(time.Now()) {
		o.dropped++
		return
	}
	o.admitDropped()
	o.log.Info(text)
}

// allow is a token bucket.
func (o *output) allow(now time.Time) bool {
	o.allowance = min(outputBurst, o.allowance+now.Sub(o.at).Seconds()*outputRate)
	o.at = now
	if o.allowance < 1 {
		return false
	}
	o.allowance--
	return true
}

func (o *output) admitDropped() {
	if o.dropped > 0 {
		o.log.Warn("worker writes too much, lines dropped", zap.Int("dropped", o.dropped))
		o.dropped = 0
	}
}

// tail keeps the last lines of a stream.
type tail struct {
	mu    sync.Mutex
	lines [tailLines]string
	n     int // lines that were added in all
}

func (t *tail) add(line string) {
	if len(line) > tailLine {
		line = strings.ToValidUTF8(line[:tailLine], "") + "..."
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines[t.n%tailLines] = line
	t.n++
}

// last returns the lines, oldest first.
func (t *tail) last() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for i := max(0, t.n-tailLines); i < t.n; i++ {
		out = append(out, t.lines[i%tailLines])
	}
	return out
}
