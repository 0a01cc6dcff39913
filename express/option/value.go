package option

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Value is a parsed value; which field holds it is the option's Kind's to say.
type Value struct {
	Bool     bool
	Int      int64 // Int, Size (bytes), Mode (bits)
	Number   float64
	Duration time.Duration
	Text     string // Choice, Text, Path
	List     []string
	Pairs    []Pair
}

// Pair is a NAME=VALUE.
type Pair struct{ Name, Value string }

// String is the pair as typed.
func (p Pair) String() string { return p.Name + "=" + p.Value }

// Parse makes a value from the spellings that one layer gave, of which a
// single-valued option uses the last. The error says what is accepted, as
// "expected a number, from 1 to 1000".
func (o *Option) Parse(raw []string) (Value, error) {
	switch o.Kind {
	case Texts, Paths:
		return o.parseList(raw)
	case Pairs:
		return o.parsePairs(raw)
	}
	if len(raw) == 0 {
		return Value{}, nil
	}
	s := raw[len(raw)-1]
	v, ok := o.parseScalar(s)
	if !ok {
		return Value{}, fmt.Errorf("expected %s", o.Expects())
	}
	return v, nil
}

// DefaultValue is the value of the default, the zero Value where there is none.
func (o *Option) DefaultValue() Value {
	if o.Default == "" {
		return Value{}
	}
	// The defaults are valid: a test parses all of them.
	v, _ := o.Parse([]string{o.Default})
	return v
}

func (o *Option) parseScalar(s string) (v Value, ok bool) {
	switch o.Kind {
	case Bool:
		v.Bool, ok = parseBool(s)
	case Int:
		var err error
		v.Int, err = strconv.ParseInt(s, 10, 64)
		ok = err == nil && o.inBounds(v.Int)
	case Number:
		var err error
		v.Number, err = strconv.ParseFloat(s, 64)
		// The bounds are those of sys.setswitchinterval, the only one there is.
		ok = err == nil && v.Number > 0 && v.Number <= 1000
	case Size:
		v.Int, ok = ParseSize(s)
		ok = ok && o.inBounds(v.Int)
	case Duration:
		v.Duration, ok = ParseDuration(s)
		ok = ok && o.inBounds(int64(v.Duration))
	case Mode:
		bits, err := strconv.ParseUint(strings.TrimPrefix(s, "0o"), 8, 32)
		v.Int, ok = int64(bits), err == nil && bits <= 0o777
	case Choice:
		for _, c := range o.Choices {
			if strings.EqualFold(s, c) {
				return Value{Text: c}, true
			}
		}
	case Text:
		// NUL ends a string for the system: what follows would be lost.
		v.Text, ok = s, !strings.ContainsRune(s, 0)
	case Path:
		v.Text, ok = s, s != "" && !strings.ContainsRune(s, 0)
	}
	return v, ok
}

func (o *Option) inBounds(n int64) bool {
	return n >= o.Min && (o.Max == 0 || n <= o.Max)
}

func (o *Option) parseList(raw []string) (Value, error) {
	for _, s := range raw {
		if s == "" || strings.ContainsRune(s, 0) {
			return Value{}, fmt.Errorf("expected %s", o.Expects())
		}
	}
	return Value{List: append([]string(nil), raw...)}, nil
}

func (o *Option) parsePairs(raw []string) (Value, error) {
	var v Value
	for _, s := range raw {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" || strings.ContainsRune(s, 0) {
			return Value{}, fmt.Errorf("expected %s", o.Expects())
		}
		v.Pairs = append(v.Pairs, Pair{name, value})
	}
	return v, nil
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "on", "true", "yes", "1":
		return true, true
	case "off", "false", "no", "0":
		return false, true
	}
	return false, false
}

// ParseSize reads a number of bytes: 1048576, 1024k, 1m, 1MiB. The units are
// powers of 1024, however they are spelt.
func ParseSize(s string) (int64, bool) {
	digits := strings.TrimRight(s, "kKmMgGiIbB")
	shift, ok := map[string]uint{
		"": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30, "gib": 30,
	}[strings.ToLower(s[len(digits):])]
	n, err := strconv.ParseUint(digits, 10, 63)
	if !ok || err != nil || n > math.MaxInt64>>shift {
		return 0, false
	}
	return int64(n) << shift, true
}

// ParseDuration reads seconds, as mod_wsgi-express has them (45, 1.5), or a
// number with a unit as Go has them (500ms, 30s, 2m, 1h30m).
func ParseDuration(s string) (time.Duration, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		if !(n >= 0 && n <= time.Duration(longest).Seconds()) || strings.ContainsAny(s, "xXpP_") {
			return 0, false
		}
		return time.Duration(math.Round(n * float64(time.Second))), true
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0 && d <= time.Duration(longest)
}

// Expects says what the option accepts, to follow "expected".
func (o *Option) Expects() string {
	switch o.Kind {
	case Bool:
		return "on or off"
	case Int:
		return "a number" + o.bounds(func(n int64) string { return strconv.FormatInt(n, 10) })
	case Number:
		return "a number of seconds above 0, such as 0.005"
	case Size:
		return "a size such as 65536, 64k or 10m" + o.bounds(FormatSize)
	case Duration:
		text := "a time such as 45, 1.5, 500ms or 2m"
		if o.Min > 0 {
			text += ", above 0"
		}
		return text
	case Mode:
		return "permission bits in octal, such as 0660"
	case Choice:
		return "one of " + strings.Join(o.Choices, ", ")
	case Path:
		return "a path"
	case Texts:
		return "texts that are not empty"
	case Paths:
		return "paths that are not empty"
	case Pairs:
		return "NAME=VALUE"
	default:
		return "a text"
	}
}

func (o *Option) bounds(format func(int64) string) string {
	switch {
	case o.Max != 0:
		return fmt.Sprintf(", from %s to %s", format(o.Min), format(o.Max))
	case o.Min != 0:
		return ", at least " + format(o.Min)
	default:
		return ""
	}
}

// FormatSize spells a number of bytes with the largest unit that divides it.
func FormatSize(n int64) string {
	switch {
	case n != 0 && n%gib == 0:
		return strconv.FormatInt(n/gib, 10) + "g"
	case n != 0 && n%mib == 0:
		return strconv.FormatInt(n/mib, 10) + "m"
	case n != 0 && n%kib == 0:
		return strconv.FormatInt(n/kib, 10) + "k"
	default:
		return strconv.FormatInt(n, 10)
	}
}

// Words splits a list as it stands in one environment variable: at white space,
// except between quotes. Within double quotes a backslash keeps the next quote
// or backslash from being special; elsewhere it is a character like any other,
// as in a path on Windows.
func Words(s string) ([]string, error) {
	var (
		words  []string
		word   strings.Builder
		inWord bool
		quote  rune
	)
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case quote == '"' && r == '\\' && i+1 < len(runes) && (runes[i+1] == '"' || runes[i+1] == '\\'):
			i++
			word.WriteRune(runes[i])
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, inWord = r, true
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("expected a closing %c", quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
