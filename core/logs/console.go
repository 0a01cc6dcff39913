package logs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"
)

const (
	fieldIndent = 4 // of fields that have lines of their own
	blockIndent = 6 // of a value of several lines
)

// buffers is the pool of the lines of the console form.
var buffers = buffer.NewPool()

// consoleEncoder writes entries for a person. It gathers the fields as text and
// lays them out when all are known.
type consoleEncoder struct {
	colour bool
	width  int    // columns; 0: never break between fields
	prefix string // of keys, by OpenNamespace
	fields []consoleField
}

var _ zapcore.Encoder = (*consoleEncoder)(nil)

// consoleField is a field as text. raw is not to be quoted: a number, or JSON.
type consoleField struct {
	key, value string
	raw        bool
}

// Clone implements zapcore.Encoder.
func (e *consoleEncoder) Clone() zapcore.Encoder {
	c := *e
	c.fields = append([]consoleField(nil), e.fields...)
	return &c
}

// EncodeEntry implements zapcore.Encoder.
func (e *consoleEncoder) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	all := e.Clone().(*consoleEncoder)
	for i := range fields {
		fields[i].AddTo(all)
	}
	p := page{colour: e.colour, width: e.width}
	p.start(entry)
	var blocks []consoleField
	for _, f := range all.fields {
		if strings.Contains(strings.TrimRight(f.value, "\r\n"), "\n") && !f.raw {
			blocks = append(blocks, f)
			continue
		}
		p.field(f)
	}
	p.line = append(p.line, '\n')
	for _, f := range blocks {
		p.block(f.key, f.value)
	}
	out := buffers.Get()
	out.AppendBytes(p.line)
	return out, nil
}

// add keeps a field whose value is text.
func (e *consoleEncoder) add(key, value string) {
	e.fields = append(e.fields, consoleField{key: e.prefix + key, value: value})
}

func (e *consoleEncoder) addRaw(key, value string) {
	e.fields = append(e.fields, consoleField{key: e.prefix + key, value: value, raw: true})
}

// addJSON keeps a value that is more than a text or a number.
func (e *consoleEncoder) addJSON(key string, value any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("encode log field %q: %w", key, err)
	}
	e.addRaw(key, strings.TrimSuffix(string(printableJSON(b.Bytes())), "\n"))
	return nil
}

// The methods of zapcore.ObjectEncoder, one for each type of field.

func (e *consoleEncoder) AddArray(key string, v zapcore.ArrayMarshaler) error {
	m := zapcore.NewMapObjectEncoder()
	if err := m.AddArray(key, v); err != nil {
		return err
	}
	return e.addJSON(key, m.Fields[key])
}

func (e *consoleEncoder) AddObject(key string, v zapcore.ObjectMarshaler) error {
	m := zapcore.NewMapObjectEncoder()
	if err := m.AddObject(key, v); err != nil {
		return err
	}
	return e.addJSON(key, m.Fields[key])
}

func (e *consoleEncoder) AddReflected(key string, v any) error { return e.addJSON(key, v) }

func (e *consoleEncoder) OpenNamespace(key string) { e.prefix += key + "." }

func (e *consoleEncoder) AddString(key, v string)            { e.add(key, v) }
func (e *consoleEncoder) AddByteString(key string, v []byte) { e.add(key, string(v)) }
func (e *consoleEncoder) AddBinary(key string, v []byte)     { e.addRaw(key, fmt.Sprintf("%x", v)) }
func (e *consoleEncoder) AddBool(key string, v bool)         { e.addRaw(key, strconv.FormatBool(v)) }
func (e *consoleEncoder) AddTime(key string, v time.Time) {
	e.addRaw(key, v.Format("2006-01-02T15:04:05.000Z07:00"))
}
func (e *consoleEncoder) AddDuration(key string, v time.Duration) { e.addRaw(key, v.String()) }

func (e *consoleEncoder) AddComplex128(key string, v complex128) {
	e.addRaw(key, strconv.FormatComplex(v, 'g', -1, 128))
}
func (e *consoleEncoder) AddComplex64(key string, v complex64) {
	e.addRaw(key, strconv.FormatComplex(complex128(v), 'g', -1, 64))
}
func (e *consoleEncoder) AddFloat64(key string, v float64) {
	e.addRaw(key, strconv.FormatFloat(v, 'g', -1, 64))
}
func (e *consoleEncoder) AddFloat32(key string, v float32) {
	e.addRaw(key, strconv.FormatFloat(float64(v), 'g', -1, 32))
}

func (e *consoleEncoder) AddInt64(key string, v int64)   { e.addRaw(key, strconv.FormatInt(v, 10)) }
func (e *consoleEncoder) AddUint64(key string, v uint64) { e.addRaw(key, strconv.FormatUint(v, 10)) }

func (e *consoleEncoder) AddInt(key string, v int)         { e.AddInt64(key, int64(v)) }
func (e *consoleEncoder) AddInt32(key string, v int32)     { e.AddInt64(key, int64(v)) }
func (e *consoleEncoder) AddInt16(key string, v int16)     { e.AddInt64(key, int64(v)) }
func (e *consoleEncoder) AddInt8(key string, v int8)       { e.AddInt64(key, int64(v)) }
func (e *consoleEncoder) AddUint(key string, v uint)       { e.AddUint64(key, uint64(v)) }
func (e *consoleEncoder) AddUint32(key string, v uint32)   { e.AddUint64(key, uint64(v)) }
func (e *consoleEncoder) AddUint16(key string, v uint16)   { e.AddUint64(key, uint64(v)) }
func (e *consoleEncoder) AddUint8(key string, v uint8)     { e.AddUint64(key, uint64(v)) }
func (e *consoleEncoder) AddUintptr(key string, v uintptr) { e.AddUint64(key, uint64(v)) }

// page lays one entry out.
type page struct {
	colour bool
	width  int
	line   []byte
	column int // characters on the current line
}

// SGR sequences (ECMA-48).
const (
	dim    = "\x1b[2m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	plainT = "\x1b[0m"
)

// start writes time, level and message.
func (p *page) start(entry zapcore.Entry) {
	p.paint(dim, entry.Time.Format(time.TimeOnly))
	p.text(" ")
	name, colour := levelName(entry.Level)
	p.paint(colour, name)
	p.text(strings.Repeat(" ", 6-len(name)))
	message := entry.Message
	if entry.LoggerName != "" {
		message = entry.LoggerName + ": " + message
	}
	p.text(string(appendEscaped(nil, message, false)))
}

func levelName(l zapcore.Level) (name, colour string) {
	switch {
	case l < zapcore.InfoLevel:
		return "DEBUG", dim
	case l == zapcore.InfoLevel:
		return "INFO", green
	case l == zapcore.WarnLevel:
		return "WARN", yellow
	default:
		return "ERROR", red
	}
}

// field writes key=value, on a line of its own where this one is full.
func (p *page) field(f consoleField) {
	value := f.value
	if !f.raw {
		value = string(appendValue(nil, strings.TrimRight(value, "\r\n")))
	}
	key := string(appendEscaped(nil, f.key, false))
	size := utf8.RuneCountInString(key) + 1 + utf8.RuneCountInString(value)
	if p.width > 0 && p.column+1+size > p.width {
		p.line = append(p.line, '\n')
		p.column = 0
		p.text(strings.Repeat(" ", fieldIndent))
	} else {
		p.text(" ")
	}
	p.paint(dim, key+"=")
	p.text(value)
}

// block writes a value of several lines below the entry.
func (p *page) block(key, value string) {
	p.text(strings.Repeat(" ", fieldIndent))
	p.paint(dim, string(appendEscaped(nil, key, false))+":")
	p.line = append(p.line, '\n')
	for line := range strings.SplitSeq(strings.TrimRight(value, "\r\n"), "\n") {
		p.blockLine(strings.TrimSuffix(line, "\r"))
	}
}

func (p *page) blockLine(s string) {
	if s != "" {
		p.line = append(p.line, strings.Repeat(" ", blockIndent)...)
	}
	for i, part := range strings.Split(s, "\t") { // tabs are layout, not control
		if i > 0 {
			p.line = append(p.line, '\t')
		}
		p.line = appendEscaped(p.line, part, false)
	}
	p.line = append(p.line, '\n')
}

func (p *page) text(s string) {
	p.line = append(p.line, s...)
	p.column += utf8.RuneCountInString(s)
}

func (p *page) paint(sequence, s string) {
	if p.colour {
		p.line = append(p.line, sequence...)
	}
	p.text(s)
	if p.colour {
		p.line = append(p.line, plainT...)
	}
}
