package settings

import "strings"

// keyLines finds the line of each top-level key of a TOML document, for
// messages; the decoder does not tell. The document has been decoded, so it is
// well-formed; all this has to do is to tell keys from the text of strings and
// arrays that go on over several lines.
//
//	key = …            the key, at depth 0 and outside of a table
//	"key" = …          the same
//	key.sub = …        belongs to key
//	[key] / [[key]]    the key; what follows belongs to it
func keyLines(document string) map[string]int {
	found := map[string]int{}
	var scan valueScanner
	inTable := false
	for number, line := range strings.Split(document, "\n") {
		start := scan
		scan.line(line)
		if start.inside() {
			continue
		}
		text := strings.TrimSpace(line)
		key := ""
		switch {
		case text == "" || text[0] == '#':
			continue
		case text[0] == '[':
			inTable = true
			key = firstKey(strings.TrimLeft(text, "[ \t"))
			// The brackets of a header are no array.
			scan = valueScanner{}
		case !inTable:
			key = firstKey(text)
		}
		if _, seen := found[key]; key != "" && !seen {
			found[key] = number + 1
		}
	}
	return found
}

// firstKey is the first part of a key at the start of s.
func firstKey(s string) string {
	if s == "" {
		return ""
	}
	if s[0] == '"' || s[0] == '\'' {
		if end := strings.IndexByte(s[1:], s[0]); end >= 0 {
			return s[1 : 1+end]
		}
	}
	end := strings.IndexAny(s, " \t.=]")
	if end < 0 {
		return ""
	}
	return s[:end]
}

// valueScanner knows whether a value goes on at the end of a line.
type valueScanner struct {
	quote string // the delimiter of the string that is open, "" if none is
	depth int    // of arrays and inline tables
}

func (v *valueScanner) inside() bool { return v.quote != "" || v.depth > 0 }

func (v *valueScanner) line(s string) {
	for len(s) > 0 {
		if v.quote != "" {
			s = v.insideString(s)
			continue
		}
		switch {
		case strings.HasPrefix(s, `"""`), strings.HasPrefix(s, `'''`):
			v.quote, s = s[:3], s[3:]
			continue
		case s[0] == '"', s[0] == '\'':
			v.quote = s[:1]
		case s[0] == '#':
			return
		case s[0] == '[', s[0] == '{':
			v.depth++
		case s[0] == ']', s[0] == '}':
			v.depth--
		}
		s = s[1:]
	}
}

// insideString takes the string up to its delimiter off s, or all of s.
func (v *valueScanner) insideString(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && v.quote[0] == '"' {
			i++
			continue
		}
		if strings.HasPrefix(s[i:], v.quote) {
			rest := s[i+len(v.quote):]
			// Up to two quotes may stand before the closing three.
			for len(v.quote) == 3 && strings.HasPrefix(rest, v.quote[:1]) {
				rest = rest[1:]
			}
			v.quote = ""
			return rest
		}
	}
	return ""
}
