package harness

import "regexp"

// For the tests of the harness itself.
var ParseStat = parseStat

// UnexpectedLines runs invariant I3 over lines as they were written.
func UnexpectedLines(allowed string, texts ...string) []string {
	l := newLog()
	for _, text := range texts {
		l.add(text)
	}
	var patterns []*regexp.Regexp
	if allowed != "" {
		patterns = append(patterns, regexp.MustCompile(allowed))
	}
	return unexpectedLines(l.Lines(), patterns)
}
