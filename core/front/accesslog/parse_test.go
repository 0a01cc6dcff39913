package accesslog_test

import (
	"bytes"
	"strings"
	"testing"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/front/accesslog"
)

const known = "known are %a %A %b %B %C %D %h %H %i %I %k %l %L %m %o %O %p %P %q %r %s %t %T %u %U %v %V %x %X"

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ format, want string }{
		{"", "it is neither off, common, combined or json nor does it have a directive, as %h"},
		{"combinde", "it is neither off, common, combined or json nor does it have a directive, as %h"},
		{"%h %z", `unknown directive "%z" at column 4; ` + known},
		{"%h %{X}z", `unknown directive "%{X}z" at column 4; ` + known},
		{"%h %", `"%" at column 4 is incomplete`},
		{"%{Referer}", `"%{Referer}" at column 1 is incomplete`},
		{"%{Referer", `missing } after "%{" at column 1`},
		{"%{a}{b}i", `"%{a}" at column 1 has two pairs of braces`},
		{"%{x}h", `%{x}h at column 1: cannot have {x}; known are no braces, {c}`},
		{"%{x}u", `"%{x}u" at column 1 takes nothing in braces`},
		{"%i", `"%i" at column 1 needs a name in braces`},
		{"%{}o", `"%{}o" at column 1 needs a name in braces`},
		{"%{User Agent}i", `%{User Agent}i at column 1: "User Agent" cannot be a name`},
		{"%{é}o", `%{é}o at column 1: "é" cannot be a name`},
		{"%{tid}P", `%{tid}P at column 1: cannot have {tid}; known are no braces, {pid}`},
		{"%{ns}T", `%{ns}T at column 1: unknown unit "ns"; known are s, ms and us`},
		{"%{SSL_PROTOCOL}x", `%{SSL_PROTOCOL}x at column 1: unknown name "SSL_PROTOCOL"; known are queue, queue_ms, bytes_in, aborted, scheme`},
		{"%{%Q}t", `%{%Q}t at column 1: unknown conversion "%Q" in the time format; known are %a %A %b %B`},
		{"%{%}t", `%{%}t at column 1: a % at the end of the time format`},
		{"%20h", `"%20" at column 1: expected a list of status codes, as 400,501`},
		{"%2000h", `"%2000" at column 1: expected a list of status codes, as 400,501`},
		{"%200,h", `"%200," at column 1: expected a list of status codes, as 400,501`},
		{"%!h", `"%!" at column 1: expected a list of status codes, as 400,501`},
		{"%999h", `"%999" at column 1: expected a list of status codes, as 400,501`},
		{"%200{a}404i", `"%200{a}" at column 1 has two lists of status codes`},
		{"%200%", `"%200%" at column 1 takes nothing between the percent signs`},
		{`%h\n`, `\n at column 3: a request is one line of the log, which ends by itself`},
		{"%h\x1b", `control character '\x1b' at column 3: a request is one line of text`},
		{"%{\n}t", `control character '\n' at column 3: a request is one line of text`},
		{"%h\u009b", `control character '\u009b' at column 3: a request is one line of text`},
		{"%h\xff", `it is not valid UTF-8`},
		{"%(h)s", "%( at column 1: this is the form of gunicorn and uWSGI; Apache's is %h for %(h)s"},
		{"%{X}e", "%{X}e at column 1: there is no process environment of a request here; use %{NAME}i or %{NAME}x"},
		{"%f", "%f at column 1: a request for the application has no file name; use %U for the path"},
		{"%{X}^ti", "%{X}^ at column 1: trailer fields are dropped by the server"},
	} {
		_, err := accesslog.Parse(tt.format)
		if err == nil {
			t.Errorf("%q was accepted", tt.format)
		} else if got := err.Error(); !strings.HasPrefix(got, "cannot use access log format ") || !strings.Contains(got, ": "+tt.want) {
			t.Errorf("%q\n got %s\nwant %s", tt.format, got, tt.want)
		}
	}
}

// TestDebianFormats: the LogFormat lines that Debian's apache2.conf comes with.
func TestDebianFormats(t *testing.T) {
	for _, format := range []string{
		`%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"`,
		`%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"`,
		`%h %l %u %t \"%r\" %>s %O`,
		`%{Referer}i -> %U`,
		`%{User-agent}i`,
	} {
		parse(t, format)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"common", "combined", "json", "off", `%400,!501{X}i`, `%{end:%Y\"}t`, "%{c}a%%%{", `\\\"\t%h`, "%<>s", "%{%U%W%V%j%s}t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, format string) {
		compiled, err := accesslog.Parse(format)
		if err != nil {
			if !safe([]byte(strings.ToValidUTF8(err.Error(), "?")), false) {
				t.Errorf("unsafe message %q", err)
			}
			return
		}
		for _, edit := range []func(*exchange.Exchange){func(*exchange.Exchange) {}, rejected, unixPeer} {
			line := compiled.Append(nil, sample(edit), end)
			if bytes.ContainsAny(line, "\r\n\x1b\x00") {
				t.Errorf("%q makes %q", format, line)
			}
		}
	})
}
