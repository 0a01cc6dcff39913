package accesslog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names of formats.
const (
	Off      = "off"
	Common   = "common"
	Combined = "combined"
	JSON     = "json"
)

// named are the formats that are short for an Apache format string.
var named = map[string]string{
	Common:   `%h %l %u %t "%r" %>s %b`,
	Combined: `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`,
}

// Format is a compiled access log format. It is for use by any number of
// goroutines.
type Format struct {
	items  []item
	json   bool
	off    bool
	fields []string // of the response, lower case
	clock  clock
}

// item is one directive, or literal text.
type item struct {
	literal  string
	append   appendFunc
	arg      string // what stands in braces, as append wants it
	statuses []int  // only with these, or only without them; nil: always
	negate   bool
	field    int // index into Exchange.LogFields
	time     []timePart
	atEnd    bool // %{end:...}t
	clock    *clock
}

// Parse compiles a format: the name of one (off, common, combined, json) or an
// Apache LogFormat string; the package comment lists its directives. Errors name
// the directive and its column.
func Parse(format string) (*Format, error) {
	f := &Format{}
	switch format {
	case Off:
		f.off = true
		return f, nil
	case JSON:
		f.json = true
		return f, nil
	}
	if s, ok := named[format]; ok {
		format = s
	}
	if !strings.Contains(format, "%") {
		return nil, fmt.Errorf("cannot use access log format %q: it is neither off, common, combined or json "+
			"nor does it have a directive, as %%h", format)
	}
	p := parser{format: format, f: f}
	if err := p.run(); err != nil {
		return nil, fmt.Errorf("cannot use access log format %q: %w", format, err)
	}
	return f, nil
}

// IsOff tells whether nothing is to be logged.
func (f *Format) IsOff() bool { return f.off }

// ResponseFields are the names, in lower case, of the response fields that the
// format wants, each once. Their values belong into Exchange.LogFields, in this
// order.
func (f *Format) ResponseFields() []string { return slices.Clone(f.fields) }

// parser goes through a format string.
type parser struct {
	format  string
	pos     int
	f       *Format
	literal []byte
}

func (p *parser) run() error {
	if err := oneLine(p.format); err != nil {
		return err
	}
	for p.pos < len(p.format) {
		var err error
		switch c := p.format[p.pos]; {
		case c == '%':
			err = p.directive()
		case c == '\\':
			err = p.backslash()
		default:
			p.literal = append(p.literal, c)
			p.pos++
		}
		if err != nil {
			return err
		}
	}
	p.flush()
	return nil
}

// oneLine refuses what would come out verbatim and is no part of a line of text.
func oneLine(format string) error {
	for i, r := range format {
		if unicode.IsControl(r) && r != '\t' {
			return fmt.Errorf("control character %q at column %d: a request is one line of text", r, i+1)
		}
	}
	if !utf8.ValidString(format) {
		return errors.New("it is not valid UTF-8")
	}
	return nil
}

// flush ends literal text.
func (p *parser) flush() {
	if len(p.literal) > 0 {
		p.f.items = append(p.f.items, item{literal: string(p.literal)})
		p.literal = p.literal[:0]
	}
}

// backslash reads the escapes of LogFormat, and \" as Apache's configuration file
// has it, because that is where format strings are copied from.
func (p *parser) backslash() error {
	next := byte(0)
	if p.pos+1 < len(p.format) {
		next = p.format[p.pos+1]
	}
	switch next {
	case '\\', '"':
		p.literal = append(p.literal, next)
	case 't':
		p.literal = append(p.literal, '\t')
	case 'n', 'r':
		return fmt.Errorf(`\%c at column %d: a request is one line of the log, which ends by itself`, next, p.pos+1)
	default:
		p.literal = append(p.literal, '\\')
		p.pos++
		return nil
	}
	p.pos += 2
	return nil
}

// directive reads one that begins at pos, with a "%".
func (p *parser) directive() error {
	start := p.pos
	p.pos++
	it := item{clock: &p.f.clock}
	hasArg := false
	for p.pos < len(p.format) {
		c := p.format[p.pos]
		switch {
		case c == '<' || c == '>':
			p.pos++ // there are no internal redirects: first and last are the same
		case c == '!' || '0' <= c && c <= '9':
			if it.statuses != nil {
				return p.wrong(start, "has two lists of status codes")
			}
			if err := p.statuses(&it, start); err != nil {
				return err
			}
		case c == '{':
			end := strings.IndexByte(p.format[p.pos:], '}')
			if end < 0 {
				return fmt.Errorf("missing } after %q at column %d", p.format[start:p.pos+1], start+1)
			}
			if hasArg {
				return p.wrong(start, "has two pairs of braces")
			}
			it.arg, hasArg = p.format[p.pos+1:p.pos+end], true
			p.pos += end + 1
		default:
			p.pos++
			return p.finish(it, start, c, hasArg)
		}
	}
	return fmt.Errorf("%q at column %d is incomplete", p.format[start:], start+1)
}

// finish compiles the directive that ends with letter c.
func (p *parser) finish(it item, start int, c byte, hasArg bool) error {
	text := p.format[start:p.pos]
	if c == '%' {
		if text != "%%" {
			return p.wrong(start, "takes nothing between the percent signs")
		}
		p.literal = append(p.literal, '%')
		return nil
	}
	if why, ok := refused[c]; ok {
		return fmt.Errorf("%s at column %d: %s", text, start+1, why)
	}
	d, ok := directives[c]
	if !ok {
		return fmt.Errorf("unknown directive %q at column %d; known are %s", text, start+1, knownLetters(directives))
	}
	switch {
	case d.compile == nil && hasArg:
		return p.wrong(start, "takes nothing in braces")
	case d.needsArg && it.arg == "":
		return p.wrong(start, "needs a name in braces")
	}
	it.append = d.append
	if d.compile != nil {
		if err := d.compile(&it, p.f); err != nil {
			return fmt.Errorf("%s at column %d: %w", text, start+1, err)
		}
	}
	p.flush()
	p.f.items = append(p.f.items, it)
	return nil
}

func (p *parser) wrong(start int, why string) error {
	return fmt.Errorf("%q at column %d %s", p.format[start:p.pos], start+1, why)
}

// statuses reads "[!]code[,code]...".
func (p *parser) statuses(it *item, start int) error {
	if p.format[p.pos] == '!' {
		it.negate = true
		p.pos++
	}
	for {
		code, digits := 0, 0
		for p.pos < len(p.format) && '0' <= p.format[p.pos] && p.format[p.pos] <= '9' && digits < 4 {
			code = code*10 + int(p.format[p.pos]-'0')
			digits++
			p.pos++
		}
		if digits != 3 || code < 100 || code > 599 {
			return fmt.Errorf("%q at column %d: expected a list of status codes, as 400,501", p.format[start:p.pos], start+1)
		}
		it.statuses = append(it.statuses, code)
		if p.pos >= len(p.format) || p.format[p.pos] != ',' {
			return nil
		}
		p.pos++
	}
}

// knownLetters lists the keys of a table as "%a %b".
func knownLetters[V any](table map[byte]V) string {
	var letters []byte
	for c := range table {
		letters = append(letters, c)
	}
	// Lower case beside its upper case, as a person looks for it.
	slices.SortFunc(letters, func(a, b byte) int {
		if x, y := a|0x20, b|0x20; x != y {
			return int(x) - int(y)
		}
		return int(b) - int(a)
	})
	var b strings.Builder
	for i, c := range letters {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("%" + string(rune(c)))
	}
	return b.String()
}
