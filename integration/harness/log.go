package harness

import (
	"bufio"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Line is one line that the program wrote.
type Line struct {
	Text   string
	Record map[string]any // the line as JSON, nil if it is none
}

// String is the value of a text field of the record, "" if there is none.
func (l Line) String(key string) string {
	s, _ := l.Record[key].(string)
	return s
}

// Log collects what the program writes, line by line, and lets tests wait for
// lines.
type Log struct {
	mu      sync.Mutex
	lines   []Line
	changed chan struct{} // closed and made anew with every line and at the end
	ended   bool
	done    chan struct{}
}

func newLog() *Log {
	return &Log{changed: make(chan struct{}), done: make(chan struct{})}
}

// read collects until the program has closed its end.
func (l *Log) read(r io.Reader) {
	defer close(l.done)
	br := bufio.NewReader(r)
	for {
		text, err := br.ReadString('\n')
		if text = strings.TrimRight(text, "\r\n"); text != "" {
			l.add(text)
		}
		if err != nil {
			l.end()
			return
		}
	}
}

func (l *Log) add(text string) {
	line := Line{Text: text}
	if strings.HasPrefix(text, "{") {
		if json.Unmarshal([]byte(text), &line.Record) != nil {
			line.Record = nil // an application may write anything
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *Log) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	close(l.changed)
	l.changed = make(chan struct{})
}

// Lines are all lines so far.
func (l *Log) Lines() []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Line(nil), l.lines...)
}

// Text is everything so far.
func (l *Log) Text() string {
	var b strings.Builder
	for _, line := range l.Lines() {
		b.WriteString(line.Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// Len is the number of lines so far: a place to wait from.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

// Wait waits until a line at or after place from satisfies match. It reports
// false if the program ended, or the limit passed, without one.
func (l *Log) Wait(from int, limit time.Duration, match func(Line) bool) (Line, bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		l.mu.Lock()
		for ; from < len(l.lines); from++ {
			if match(l.lines[from]) {
				line := l.lines[from]
				l.mu.Unlock()
				return line, true
			}
		}
		changed, ended := l.changed, l.ended
		l.mu.Unlock()
		if ended {
			return Line{}, false
		}
		select {
		case <-changed:
		case <-timer.C:
			return Line{}, false
		}
	}
}

// Contains makes a matcher of a part of a line.
func Contains(part string) func(Line) bool {
	return func(l Line) bool { return strings.Contains(l.Text, part) }
}

// alarming is what no log may hold, whatever a test allows.
var alarming = regexp.MustCompile(`DATA RACE|^panic:|^fatal error:|^goroutine \d+ \[|unexpected fault address`)

// unexpectedLines are the lines that break invariant I3.
func unexpectedLines(lines []Line, allowed []*regexp.Regexp) []string {
	var bad []string
	for _, line := range lines {
		if alarming.MatchString(line.Text) || isError(line) && !allows(allowed, line.Text) {
			bad = append(bad, line.Text)
		}
	}
	return bad
}

func isError(line Line) bool {
	switch line.String("level") {
	case "error", "dpanic", "panic", "fatal":
		return true
	}
	return false
}

func allows(allowed []*regexp.Regexp, text string) bool {
	for _, re := range allowed {
		if re.MatchString(text) {
			return true
		}
	}
	return false
}
