package logs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"modwsgi-express/core/logs"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noon is when all entries of the tests are made.
var noon = time.Date(2026, time.March, 4, 12, 30, 45, 678_900_000, time.UTC)

type fixedClock struct{}

func (fixedClock) Now() time.Time                         { return noon }
func (fixedClock) NewTicker(d time.Duration) *time.Ticker { return time.NewTicker(d) }

// logged returns what comes out of a log to which f wrote.
func logged(t testing.TB, cfg logs.Config, f func(*zap.Logger)) string {
	t.Helper()
	var out bytes.Buffer
	cfg.Output = &out
	l, err := logs.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f(l.WithOptions(zap.WithClock(fixedClock{})))
	if err := l.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

type point struct{ X, Y int }

func (p point) MarshalLogObject(e zapcore.ObjectEncoder) error {
	e.AddInt("x", p.X)
	e.AddInt("y", p.Y)
	return nil
}

const traceback = "Traceback (most recent call last):\r\n" +
	"  File \"wsgi.py\", line 3, in application\n" +
	"\n" +
	"\treturn 1 / 0\n" +
	"ZeroDivisionError: \x1b[31mdivision\rby zero\n"

// conversation logs one of everything.
func conversation(l *zap.Logger) {
	l.Debug("searching", zap.String("directory", "/srv/my app"))
	l.Info("listening", zap.String(logs.KeyAddress, "127.0.0.1:8000"))
	l.Info("application loaded", zap.Int(logs.KeyWorker, 1), zap.Int(logs.KeyPID, 4711), zap.String("interpreter", "/srv/app/.venv/bin/python3"),
		zap.String("framework", "Flask 3.1"), zap.Duration("lived", 1500*time.Millisecond))
	l.Warn("values", zap.String("empty", ""), zap.String("quote", `say "a\b"`), zap.String("path", `C:\app`), zap.String("equals", "a=b"),
		zap.String("escape", "\x1b[2J\a"), zap.ByteString("latin1", []byte("caf\xe9")), zap.String("utf8", "café"),
		zap.String("bidi", "a\u202eb"), zap.String("c1", "a\u009bb"), zap.Binary("binary", []byte{0, 255}), zap.String("end", "one line\n"))
	l.Warn("types", zap.Bool("bool", true), zap.Int64("int64", -1), zap.Uint8("uint8", 255), zap.Float64("float", 0.25), zap.Float32("float32", 0.5),
		zap.Complex128("complex", 1+2i), zap.Complex64("complex64", 1i), zap.Time("when", noon), zap.Uintptr("uintptr", 7),
		zap.Int8("int8", 8), zap.Int16("int16", 16), zap.Int32("int32", 32), zap.Uint("uint", 1), zap.Uint16("uint16", 16), zap.Uint32("uint32", 32),
		zap.Strings("list", []string{"GET /<a>", "\x1b\u009b"}), zap.Object("object", point{1, 2}), zap.Any("map", map[string]any{"k": []int{1}}))
	l.Named("lane").With(zap.String(logs.KeyRequestID, "2-1"), zap.Namespace("worker"), zap.Int("pid", 1)).
		Error("application failed\nforged 12:00:00 INFO line", zap.Error(errors.Join(errors.New("first"), errors.New("second"))),
			zap.String(logs.KeyTraceback, traceback), zap.Int("after", 2))
}

func TestForms(t *testing.T) {
	for _, tt := range []struct {
		golden string
		cfg    logs.Config
	}{
		{"console.golden", logs.Config{Level: "debug", Terminal: true}},
		{"console80.golden", logs.Config{Level: "debug", Format: "console", Width: 80}},
		{"colour.golden", logs.Config{Format: "auto", Terminal: true, Colour: true}},
		{"json.golden", logs.Config{Level: "debug"}},
	} {
		t.Run(tt.golden, func(t *testing.T) {
			got := logged(t, tt.cfg, conversation)
			path := filepath.Join("testdata", tt.golden)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("run with -update if this is meant (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJSONIsOneObjectALine(t *testing.T) {
	got := logged(t, logs.Config{Format: "json", Terminal: true}, func(l *zap.Logger) {
		l.Error("application failed", zap.String(logs.KeyTraceback, traceback), zap.Duration("limit", 1500*time.Millisecond))
	})
	var entry map[string]any
	if err := json.Unmarshal([]byte(got), &entry); err != nil {
		t.Fatalf("%v in %q", err, got)
	}
	want := map[string]any{"time": "2026-03-04T12:30:45.678900Z", "level": "error", "message": "application failed",
		"traceback": traceback, "limit": 1.5}
	if diff := cmp.Diff(want, entry); diff != "" {
		t.Error(diff)
	}
}

func TestConsoleFitsItsWidth(t *testing.T) {
	got := logged(t, logs.Config{Format: "console", Width: 40, Colour: true}, func(l *zap.Logger) {
		l.Info("listening", zap.String("aaaaaaaaaa", "bbbbbbbbbbbb"), zap.String("cccccccccc", "éééééééééé"), zap.String("d", "e"))
	})
	for _, sgr := range []string{"\x1b[2m", "\x1b[32m", "\x1b[0m"} {
		got = strings.ReplaceAll(got, sgr, "")
	}
	for line := range strings.Lines(got) {
		if n := utf8.RuneCountInString(line) - 1; n > 40 {
			t.Errorf("%d columns in %q", n, line)
		}
	}
	if strings.Count(got, "\n") != 3 {
		t.Errorf("not three lines:\n%s", got)
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[string]int{"debug": 4, "info": 3, "": 3, "warn": 2, "error": 1} {
		got := logged(t, logs.Config{Level: level}, func(l *zap.Logger) {
			l.Debug("m")
			l.Info("m")
			l.Warn("m")
			l.Error("m")
		})
		if n := strings.Count(got, "\n"); n != want {
			t.Errorf("level %q: %d lines, want %d", level, n, want)
		}
	}
}

func TestSetLevel(t *testing.T) {
	var out bytes.Buffer
	l, err := logs.Open(logs.Config{Output: &out})
	if err != nil {
		t.Fatal(err)
	}
	child := l.With(zap.Int("n", 1))
	child.Debug("unseen")
	if err := l.SetLevel("debug"); err != nil {
		t.Fatal(err)
	}
	child.Debug("seen")
	if err := l.SetLevel("loud"); err == nil {
		t.Error("level loud was accepted")
	}
	if err := l.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Contains(got, "unseen") || !strings.Contains(got, "seen") {
		t.Errorf("got %q", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	refuse := func(string) (*os.File, error) { return nil, os.ErrPermission }
	for _, tt := range []struct {
		cfg  logs.Config
		want string
	}{
		{logs.Config{Level: "trace", Output: &bytes.Buffer{}}, `cannot use log level "trace": it is one of debug, info, warn and error`},
		{logs.Config{Format: "xml", Output: &bytes.Buffer{}}, `cannot use log format "xml": it is one of auto, console and json`},
		{logs.Config{Path: "/var/log/x", Open: refuse}, `open log "/var/log/x": permission denied`},
		{logs.Config{Path: "/var/log/x"}, `open log "/var/log/x": no way to open files given`},
		{logs.Config{}, `open log: neither a path nor an output given`},
	} {
		_, err := logs.Open(tt.cfg)
		if err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

// lineIsSafe tells whether a line can be shown on a terminal.
func lineIsSafe(line string) bool {
	for _, r := range line {
		if !strconv.IsPrint(r) && r != '\t' {
			return false
		}
	}
	return utf8.ValidString(line)
}

func FuzzNoForgedLines(f *testing.F) {
	f.Add("message", "key", "value")
	f.Add("a\n12:00:00 INFO  forged", "k\n", "v\n12:00:00 INFO  forged")
	f.Add("\x1b]0;title\a", "\r", "\u009b31m\xff\n\t\u202e\r\n")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		write := func(l *zap.Logger) {
			l.Info(message, zap.String(key, value), zap.Strings("list", []string{value}), zap.ByteString("bytes", []byte(value)))
		}
		for _, width := range []int{0, 80} {
			console := strings.TrimSuffix(logged(t, logs.Config{Format: "console", Width: width}, write), "\n")
			for i, line := range strings.Split(console, "\n") {
				if !lineIsSafe(line) {
					t.Errorf("line %q holds what does not print", line)
				}
				if i > 0 && line != "" && !strings.HasPrefix(line, "    ") {
					t.Errorf("line %q looks like an entry", line)
				}
			}
		}
		line, ok := strings.CutSuffix(logged(t, logs.Config{Format: "json"}, write), "\n")
		if !ok || !json.Valid([]byte(line)) || !lineIsSafe(line) || strings.Contains(line, "\t") {
			t.Errorf("not one line of safe JSON: %q", line)
		}
	})
}

func FuzzAppendJSONText(f *testing.F) {
	f.Add([]byte("a\"b\\c\n\x00\x7f\xff\u009b\u202e\U000e0001\U0001f600"))
	f.Fuzz(func(t *testing.T, text []byte) {
		line := append(logs.AppendJSONText([]byte{'"'}, text), '"')
		if twice := append(logs.AppendJSONText([]byte{'"'}, string(text)), '"'); !bytes.Equal(line, twice) {
			t.Errorf("%q as string: %q", line, twice)
		}
		if !lineIsSafe(string(line)) || bytes.ContainsRune(line, '\t') {
			t.Errorf("%q does not print", line)
		}
		var got string
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if want := string([]rune(string(text))); got != want { // a rune for each bad byte
			t.Errorf("%q came back as %q", want, got)
		}
	})
}

func BenchmarkConsole(b *testing.B) {
	l, err := logs.Open(logs.Config{Format: "console", Output: &bytes.Buffer{}})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close(context.Background())
	for b.Loop() {
		l.Info("listening", zap.String(logs.KeyAddress, "127.0.0.1:8000"), zap.Int(logs.KeyPID, 1))
	}
}
