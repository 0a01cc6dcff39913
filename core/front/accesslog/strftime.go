package accesslog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// timePart is one conversion of a strftime format, or literal text.
type timePart struct {
	literal string
	append  func(dst []byte, t time.Time) []byte
}

// layout makes a conversion of a layout of package time.
func layout(l string) func([]byte, time.Time) []byte {
	return func(dst []byte, t time.Time) []byte { return t.AppendFormat(dst, l) }
}

// number makes a conversion of a number with leading pads.
func number(width int, pad byte, value func(time.Time) int) func([]byte, time.Time) []byte {
	return func(dst []byte, t time.Time) []byte {
		return appendPadded(dst, int64(max(0, value(t))), width, pad)
	}
}

func hour12(t time.Time) int { return (t.Hour()+11)%12 + 1 }

func isoWeek(t time.Time) int { _, w := t.ISOWeek(); return w }
func isoYear(t time.Time) int { y, _ := t.ISOWeek(); return y }

// isoWeekday counts from Monday, 1, to Sunday, 7.
func isoWeekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

// week counts weeks that begin on that day; days before the first are week 0.
func week(first time.Weekday) func(time.Time) int {
	return func(t time.Time) int {
		return (t.YearDay() - 1 + 7 - (int(t.Weekday())-int(first)+7)%7) / 7
	}
}

// conversions are those of strftime in the C locale.
var conversions = map[byte]func([]byte, time.Time) []byte{
	'a': layout("Mon"), 'A': layout("Monday"),
	'b': layout("Jan"), 'B': layout("January"), 'h': layout("Jan"),
	'c': layout("Mon Jan _2 15:04:05 2006"),
	'C': number(2, '0', func(t time.Time) int { return t.Year() / 100 }),
	'd': layout("02"), 'e': layout("_2"),
	'D': layout("01/02/06"), 'x': layout("01/02/06"),
	'F': layout("2006-01-02"),
	'g': number(2, '0', func(t time.Time) int { return isoYear(t) % 100 }), 'G': number(4, '0', isoYear),
	'H': layout("15"), 'k': number(2, ' ', time.Time.Hour),
	'I': number(2, '0', hour12), 'l': number(2, ' ', hour12),
	'j': layout("002"), 'm': layout("01"), 'M': layout("04"),
	'p': layout("PM"), 'P': layout("pm"),
	'r': layout("03:04:05 PM"), 'R': layout("15:04"),
	's': func(dst []byte, t time.Time) []byte { return strconv.AppendInt(dst, t.Unix(), 10) },
	'S': layout("05"), 'T': layout("15:04:05"), 'X': layout("15:04:05"),
	'u': number(1, '0', isoWeekday), 'w': number(1, '0', func(t time.Time) int { return int(t.Weekday()) }),
	'U': number(2, '0', week(time.Sunday)), 'W': number(2, '0', week(time.Monday)),
	'V': number(2, '0', isoWeek),
	'y': layout("06"), 'Y': layout("2006"),
	'z': layout("-0700"), 'Z': layout("MST"),
}

// parseTime compiles a strftime format.
func parseTime(format string) ([]timePart, error) {
	var parts []timePart
	for format != "" {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			i = len(format)
		}
		if i > 0 {
			parts = append(parts, timePart{literal: format[:i]})
			format = format[i:]
			continue
		}
		if len(format) == 1 {
			return nil, fmt.Errorf("a %% at the end of the time format")
		}
		c := format[1]
		format = format[2:]
		if c == '%' {
			parts = append(parts, timePart{literal: "%"})
			continue
		}
		convert := conversions[c]
		if convert == nil {
			return nil, fmt.Errorf("unknown conversion %q in the time format; known are %s",
				"%"+string(rune(c)), knownLetters(conversions))
		}
		parts = append(parts, timePart{append: convert})
	}
	return parts, nil
}

// appendTime formats t.
func appendTime(dst []byte, parts []timePart, t time.Time) []byte {
	for i := range parts {
		if p := &parts[i]; p.append != nil {
			dst = p.append(dst, t)
		} else {
			dst = append(dst, p.literal...)
		}
	}
	return dst
}
