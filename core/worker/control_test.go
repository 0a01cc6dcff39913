package worker_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"modwsgi-express/core/worker"
)

const hello = `{"type":"hello","protocol":1,"pid":5,"python":"3.11.2"}`

// TestControl: what a worker may say, and when.
func TestControl(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name, said string
		asked      bool
		events     int
		err        string
	}{
		{name: "nothing"},
		{name: "loaded", said: hello + "\n" + `{"type":"loaded","target":"a"}` + "\n", events: 2},
		{name: "failed", said: hello + "\n" + `{"type":"failed","reason":"import"}` + "\n", events: 2},
		{name: "files before and after", said: hello + "\n" + `{"type":"files","paths":["/a"]}` + "\n" + `{"type":"loaded"}` + "\n" + `{"type":"files","paths":null}` + "\n", events: 4},
		{name: "stacks are no event", said: hello + "\n" + `{"type":"stacks","id":7,"text":"x"}` + "\n", events: 1},
		{name: "stopping", said: hello + "\n" + `{"type":"stopping"}` + "\n", asked: true, events: 2},
		{name: "half a line", said: hello, events: 0},
		{name: "unknown fields", said: `{"type":"hello","protocol":1,"later":{}}` + "\n", events: 1},
		{name: "not asked", said: hello + "\n" + `{"type":"stopping"}` + "\n", events: 1, err: "nobody asked for"},
		{name: "stopping twice", said: hello + "\n" + `{"type":"stopping"}` + "\n" + `{"type":"stopping"}` + "\n", asked: true, events: 2, err: "nobody asked for"},
		{name: "no hello", said: `{"type":"loaded"}` + "\n", err: `"loaded" before the hello`},
		{name: "two hellos", said: hello + "\n" + hello + "\n", events: 1, err: "second hello"},
		{name: "other protocol", said: `{"type":"hello","protocol":2}` + "\n", err: "protocol 2, this is 1"},
		{name: "loaded and failed", said: hello + "\n" + `{"type":"loaded"}` + "\n" + `{"type":"failed","reason":"import"}` + "\n", events: 2, err: "told twice"},
		{name: "other reason", said: hello + "\n" + `{"type":"failed","reason":"mood"}` + "\n", events: 1, err: `unknown reason "mood"`},
		{name: "wrong field", said: hello + "\n" + `{"type":"files","paths":"x"}` + "\n", events: 1, err: "read files message"},
		{name: "many paths", said: hello + "\n" + `{"type":"files","paths":[` + strings.Repeat(`"",`, 1<<16) + `""]}` + "\n", events: 1, err: "65537 paths"},
		{name: "empty line", said: "\n", err: "read control message"},
		{name: "null", said: "null\n", err: `"" before the hello`},
		{name: "long line", said: long + "x", err: "more than 1048576 bytes"},
		{name: "long line with an end", said: long + "x\n", err: "more than 1048576 bytes"},
		{name: "longest line", said: hello + "\n" + `{"type":"stacks","text":"` + long[:1<<20-27] + `"}` + "\n", events: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"at once":      strings.NewReader(c.said),
				"halves":       iotest.HalfReader(strings.NewReader(c.said)),
				"last and EOF": iotest.DataErrReader(strings.NewReader(c.said)),
			} {
				events, err := talk(r, c.asked)
				if events != c.events {
					t.Errorf("%s: %d events, expected %d", how, events, c.events)
				}
				if c.err == "" && err != io.EOF || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
					t.Errorf("%s: error %v, expected %q", how, err, c.err)
				}
			}
		})
	}
}

func talk(r io.Reader, asked bool) (events int, err error) {
	take := worker.Talk(asked)
	err = worker.Lines(r, func(line []byte) error {
		ev, err := take(line)
		if err == nil && (ev.Hello != nil || ev.Loaded != nil || ev.Failed != nil || ev.Files != nil || ev.Stopping) {
			events++
		}
		return err
	})
	return events, err
}

// FuzzControl: whatever a worker sends, the parser ends with an error or at the
// end, keeps its order, and says the same however the bytes are cut.
func FuzzControl(f *testing.F) {
	for _, seed := range []string{
		hello + "\n", hello + "\n" + `{"type":"loaded","target":"x","seconds":0.5}` + "\n",
		hello + "\n" + `{"type":"failed","reason":"import","message":"m","traceback":"t"}` + "\n",
		hello + "\n" + `{"type":"files","paths":["/a","/b"]}` + "\n" + `{"type":"stopping"}` + "\n",
		hello + "\n" + `{"type":"stacks","id":18446744073709551615,"text":"` + "\\ud800" + `"}` + "\n",
		"{}\n", "[[[[[[\n", "\x00\n\n", `{"type":"hello","type":"loaded"}` + "\n",
	} {
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, said []byte, asked bool) {
		n, err := talk(bytes.NewReader(said), asked)
		if err == nil {
			t.Fatal("ended without an error")
		}
		m, err2 := talk(iotest.OneByteReader(bytes.NewReader(said)), asked)
		if n != m || errors.Is(err, io.EOF) != errors.Is(err2, io.EOF) {
			t.Errorf("%d events and %v at once, %d and %v byte by byte", n, err, m, err2)
		}
		if n > bytes.Count(said, []byte("\n")) {
			t.Errorf("%d events in %q", n, said)
		}
	})
}
