package settings

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"modwsgi-express/express/option"
)

// ParseEnvFile reads the text of a .env file:
//
//	# a comment
//	NAME=value            # a comment after white space
//	export NAME=value     the word export is skipped
//	NAME="a \"b\"\n"      escapes \n \r \t \\ \" \$ ; may go on over lines
//	NAME='as it is'       no escapes; may go on over lines
//
// Nothing is expanded. Of several lines with one name the last counts, which is
// up to the caller. Errors begin with name and line.
func ParseEnvFile(name, text string) ([]option.Pair, error) {
	p := envParser{name: name, rest: strings.TrimPrefix(text, "\ufeff"), line: 1}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, fmt.Errorf("%s: expected UTF-8 text", name)
	}
	p.rest = strings.ReplaceAll(p.rest, "\r\n", "\n")
	var pairs []option.Pair
	for p.rest != "" {
		pair, ok, err := p.next()
		if err != nil {
			return nil, err
		}
		if ok {
			pairs = append(pairs, pair)
		}
	}
	return pairs, nil
}

type envParser struct {
	name, rest string
	line       int
}

func (p *envParser) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.name, p.line, fmt.Sprintf(format, args...))
}

// next takes one line, or the lines of one quoted value.
func (p *envParser) next() (pair option.Pair, ok bool, err error) {
	p.rest = strings.TrimLeft(p.rest, " \t")
	if p.rest == "" || p.rest[0] == '\n' || p.rest[0] == '#' {
		p.takeLine()
		return pair, false, nil
	}
	if after, found := strings.CutPrefix(p.rest, "export"); found && after != "" && (after[0] == ' ' || after[0] == '\t') {
		p.rest = strings.TrimLeft(after, " \t")
	}
	length := 0
	for length < len(p.rest) && isNameByte(p.rest[length], length == 0) {
		length++
	}
	pair.Name = p.rest[:length]
	after, found := strings.CutPrefix(strings.TrimLeft(p.rest[length:], " \t"), "=")
	if length == 0 || !found {
		// What stands there is not shown: it may be a secret in the wrong place.
		return pair, false, p.errorf("expected NAME=VALUE")
	}
	p.rest = after
	pair.Value, err = p.value()
	return pair, err == nil, err
}

// isNameByte tells whether a variable's name may have c, or begin with it.
func isNameByte(c byte, first bool) bool {
	return c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || !first && (c >= '0' && c <= '9' || c == '.' || c == '-')
}

func (p *envParser) value() (string, error) {
	if text := strings.TrimLeft(p.rest, " \t"); text != "" && (text[0] == '"' || text[0] == '\'') {
		p.rest = text
		return p.quoted(text[0])
	}
	text := p.takeLine()
	// A comment needs white space before it: a # may well begin a password.
	for _, comment := range []string{" #", "\t#"} {
		text, _, _ = strings.Cut(text, comment)
	}
	return strings.Trim(text, " \t"), nil
}

func (p *envParser) quoted(quote byte) (string, error) {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		c := p.rest[i]
		switch {
		case c == quote:
			lines := strings.Count(p.rest[:i], "\n")
			p.rest = p.rest[i+1:]
			p.line += lines
			if tail := strings.TrimLeft(p.takeLine(), " \t"); tail != "" && tail[0] != '#' {
				p.line--
				return "", p.errorf("expected the end of the line after the closing %c", quote)
			}
			return b.String(), nil
		case c == '\\' && quote == '"' && i+1 < len(p.rest):
			i++
			b.WriteString(unescape(p.rest[i]))
		default:
			b.WriteByte(c)
		}
	}
	return "", p.errorf("expected a closing %c", quote)
}

// unescape is what backslash and c mean between double quotes; an escape that
// is none is kept as it stands.
func unescape(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case '\\', '"', '$', '\n':
		return string(rune(c))
	default:
		return "\\" + string([]byte{c})
	}
}

// takeLine takes the rest of the line.
func (p *envParser) takeLine() string {
	line, rest, _ := strings.Cut(p.rest, "\n")
	p.rest = rest
	p.line++
	return line
}
