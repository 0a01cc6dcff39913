package accesslog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"modwsgi-express/core/exchange"
)

// appendFunc appends the value of a directive. It gets the request by value, so
// that nothing of it has to live on the heap.
type appendFunc func(dst []byte, it *item, r request) []byte

// directive is a row of the table below. compile reads what stands in braces;
// without it, nothing may.
type directive struct {
	append   appendFunc
	needsArg bool
	compile  func(it *item, f *Format) error
}

// directives are those of mod_log_config, mod_logio and mod_ssl (%x) that have a
// meaning here.
var directives = map[byte]directive{
	'a': {append: remoteAddr, compile: oneOf("", "c")},
	'A': {append: localAddr},
	'b': {append: bodyOutDash},
	'B': {append: bodyOut},
	'C': {append: cookie, needsArg: true, compile: anyToken},
	'D': {append: durationIn},
	'h': {append: remoteAddr, compile: oneOf("", "c")},
	'H': {append: protocol},
	'i': {append: requestField, needsArg: true, compile: fieldName},
	'I': {append: bytesReceived},
	'k': {append: keptAlive},
	'l': {append: dash},
	'L': {append: requestID, compile: oneOf("", "c")},
	'm': {append: method},
	'o': {append: responseField, needsArg: true, compile: responseName},
	'O': {append: bodyOut},
	'p': {append: port, compile: oneOf("", "canonical", "local", "remote")},
	'P': {append: workerPID, compile: oneOf("", "pid")},
	'q': {append: query},
	'r': {append: requestLine},
	's': {append: status},
	't': {append: clfTime, compile: timeFormat},
	'T': {append: durationIn, compile: unit},
	'u': {append: remoteUser},
	'U': {append: path},
	'v': {append: hostName},
	'V': {append: hostName},
	'x': {append: dash, needsArg: true, compile: extension},
	'X': {append: connection},
}

// refused are directives that people may well write, and why they cannot have them.
var refused = map[byte]string{
	'(': "this is the form of gunicorn and uWSGI; Apache's is %h for %(h)s",
	'e': "there is no process environment of a request here; use %{NAME}i or %{NAME}x",
	'f': "a request for the application has no file name; use %U for the path",
	'n': "there are no notes of Apache modules here; use %{NAME}x",
	'R': "there are no Apache handlers here",
	'S': "use %I and %O",
	'^': "trailer fields are dropped by the server",
}

// extensions are the names of %{NAME}x.
var extensions = map[string]appendFunc{
	"queue": func(dst []byte, _ *item, r request) []byte {
		return strconv.AppendInt(dst, r.x.QueueTime.Microseconds(), 10)
	},
	"queue_ms": func(dst []byte, _ *item, r request) []byte {
		return strconv.AppendInt(dst, r.x.QueueTime.Milliseconds(), 10)
	},
	"bytes_in": func(dst []byte, _ *item, r request) []byte { return strconv.AppendInt(dst, r.x.BodyIn, 10) },
	"aborted": func(dst []byte, it *item, r request) []byte {
		if r.x.Aborted == nil {
			return append(dst, '-')
		}
		return appendText(dst, r.x.Aborted.Error())
	},
	"scheme": func(dst []byte, _ *item, r request) []byte { return append(dst, scheme(r.x)...) },
}

// extensionNames in the order of the package comment, for messages.
const extensionNames = "queue, queue_ms, bytes_in, aborted, scheme"

func oneOf(known ...string) func(*item, *Format) error {
	return func(it *item, _ *Format) error {
		for _, k := range known {
			if it.arg == k {
				return nil
			}
		}
		return fmt.Errorf("cannot have {%s}; known are %s", it.arg, braced(known))
	}
}

func braced(names []string) string {
	var all []string
	for _, n := range names {
		if n == "" {
			all = append(all, "no braces")
		} else {
			all = append(all, "{"+n+"}")
		}
	}
	return strings.Join(all, ", ")
}

// anyToken wants a token (RFC 9110 section 5.6.2), as names of fields and cookies are.
func anyToken(it *item, _ *Format) error {
	for i := 0; i < len(it.arg); i++ {
		c := it.arg[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return fmt.Errorf("%q cannot be a name", it.arg)
		}
	}
	return nil
}

func fieldName(it *item, f *Format) error {
	if err := anyToken(it, f); err != nil {
		return err
	}
	it.arg = strings.ToLower(it.arg)
	return nil
}

// responseName gives the field its place in Exchange.LogFields.
func responseName(it *item, f *Format) error {
	if err := fieldName(it, f); err != nil {
		return err
	}
	for i, known := range f.fields {
		if known == it.arg {
			it.field = i
			return nil
		}
	}
	it.field = len(f.fields)
	f.fields = append(f.fields, it.arg)
	return nil
}

func unit(it *item, _ *Format) error {
	switch it.arg {
	case "":
		it.arg = "s"
		return nil
	case "s", "ms", "us":
		return nil
	}
	return fmt.Errorf("unknown unit %q; known are s, ms and us", it.arg)
}

func extension(it *item, _ *Format) error {
	if it.append = extensions[it.arg]; it.append == nil {
		return fmt.Errorf("unknown name %q; known are %s", it.arg, extensionNames)
	}
	return nil
}

// timeFormat reads [begin:|end:] and then nothing, a fraction or a strftime format.
func timeFormat(it *item, _ *Format) error {
	arg, atEnd := strings.CutPrefix(it.arg, "end:")
	if it.atEnd = atEnd; !atEnd {
		arg = strings.TrimPrefix(arg, "begin:")
	}
	if arg == "" {
		return nil
	}
	if it.append = fractions[arg]; it.append != nil {
		return nil
	}
	it.append = formattedTime
	var err error
	it.time, err = parseTime(arg)
	return err
}

var fractions = map[string]appendFunc{
	"sec": func(dst []byte, it *item, r request) []byte {
		return strconv.AppendInt(dst, it.when(r).Unix(), 10)
	},
	"msec": func(dst []byte, it *item, r request) []byte {
		return strconv.AppendInt(dst, it.when(r).UnixMilli(), 10)
	},
	"usec": func(dst []byte, it *item, r request) []byte {
		return strconv.AppendInt(dst, it.when(r).UnixMicro(), 10)
	},
	"msec_frac": func(dst []byte, it *item, r request) []byte {
		return appendPadded(dst, int64(it.when(r).Nanosecond()/1e6), 3, '0')
	},
	"usec_frac": func(dst []byte, it *item, r request) []byte {
		return appendPadded(dst, int64(it.when(r).Nanosecond()/1e3), 6, '0')
	},
}

func (it *item) when(r request) time.Time {
	if it.atEnd {
		return r.end
	}
	return r.x.Start
}

func clfTime(dst []byte, it *item, r request) []byte { return it.clock.appendCLF(dst, it.when(r)) }

func formattedTime(dst []byte, it *item, r request) []byte {
	return appendTime(dst, it.time, it.when(r))
}

// durationIn is %D, and %T with its unit.
func durationIn(dst []byte, it *item, r request) []byte {
	d := r.duration()
	switch it.arg {
	case "s":
		return strconv.AppendInt(dst, int64(d/time.Second), 10)
	case "ms":
		return strconv.AppendInt(dst, d.Milliseconds(), 10)
	default:
		return strconv.AppendInt(dst, d.Microseconds(), 10)
	}
}

func scheme(x *exchange.Exchange) string {
	if x.Peer != nil && x.Peer.TLS {
		return "https"
	}
	return "http"
}
