package worker_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"modwsgi-express/core/lane"
)

// feed answers WANT frames with the pieces that next gives, the last one with
// FlagEnd.
func feed(l *wire, body string, size func(want, left int) int) func(int) {
	ended := false
	return func(want int) {
		l.t.Helper()
		if want < 64<<10 || want > 1<<20 {
			l.t.Errorf("WANT of %d bytes: steps have to be large", want)
		}
		if ended {
			l.t.Error("WANT after the end of the body")
		}
		n := size(want, len(body))
		piece := body[:n]
		body = body[n:]
		flags := uint8(0)
		if body == "" {
			flags, ended = lane.FlagEnd, true
		}
		l.send(lane.Body, flags, []byte(piece))
	}
}

// bodies for the comparison: no newlines, only newlines, lines of all lengths.
func randomBody(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(8) {
		switch r.IntN(4) {
		case 0:
			b.WriteString(strings.Repeat("\n", r.IntN(5)))
		case 1:
			b.WriteString(strings.Repeat("x", r.IntN(100000)))
		default:
			b.WriteString(strings.Repeat("line \xe9\n", r.IntN(30)))
		}
	}
	return b.String()
}

func randomOperation(r *rand.Rand) []any {
	sizes := []any{-1, 0, 1, 2, 7, 100, 8192, 65536, 1 << 20, nil}
	size := sizes[r.IntN(len(sizes))]
	switch r.IntN(10) {
	case 0, 1, 2:
		return []any{"read", []any{size}}
	case 3:
		return []any{"read", []any{}}
	case 4, 5:
		return []any{"readline", []any{size}}
	case 6:
		return []any{"readline", []any{}}
	case 7:
		return []any{"readlines", []any{size}}
	case 8:
		return []any{"readinto", []any{r.IntN(3000)}}
	}
	return []any{"iterate", []any{r.IntN(5)}}
}

// TestInputOracle compares wsgi.input with io.BytesIO, operation for operation,
// for a body that came with its request and for one that comes in pieces.
func TestInputOracle(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		for seed := range uint64(150) {
			r := rand.New(rand.NewPCG(seed, 1))
			body := randomBody(r)
			ops := [][]any{{"read", []any{1.5}}, {"readline", []any{"x"}}}
			for range r.IntN(12) {
				ops = append(ops, randomOperation(r))
			}
			compareInput(t, p.lanes[0], r, seed, body, ops)
		}
	})
}

func compareInput(t *testing.T, l *wire, r *rand.Rand, seed uint64, body string, ops [][]any) {
	t.Helper()
	text, err := json.Marshal(ops)
	if err != nil {
		t.Fatal(err)
	}
	e := environ("/oracle")
	e["test.data"], e["test.ops"] = toLatin1(body), string(text)
	l.request(e, body, true)
	if a := l.response(nil); a.body != "same" {
		t.Errorf("seed %d, buffered, %s: %s %s", seed, text, a.body, a.trace)
	}
	first := 0
	if len(body) > 0 {
		first = r.IntN(len(body))
	}
	l.request(e, body[:first], false)
	a := l.response(feed(l, body[first:], func(want, left int) int {
		return min(want, left, []int{0, 1, 10, 5000, 100000, 1 << 20}[r.IntN(6)])
	}))
	if a.body != "same" {
		t.Errorf("seed %d, in pieces, %s: %s %s", seed, text, a.body, a.trace)
	}
}

// toLatin1 gives the text whose latin-1 encoding is s.
func toLatin1(s string) string {
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return string(r)
}

// TestInputSteps: a large body is asked for in few, large steps, and not at all
// before it is read.
func TestInputSteps(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		body := strings.Repeat("0123456789", 1<<20/10)
		l.request(environ("/reads"), "", false)
		wants := 0
		whole := feed(l, body, func(want, left int) int { wants++; return min(want, left) })
		if a := l.response(whole); a.body != fmt.Sprint(len(body)) {
			t.Errorf("answer %+v", a)
		}
		if wants > 5 {
			t.Errorf("%d WANT frames for 1 MiB", wants)
		}
		l.request(environ("/ok"), "", false)
		if a := l.response(nil); a.body != "body" {
			t.Errorf("answer %+v", a)
		}
	})
}

// TestInputInterleaved: lines are answered while the body is still coming.
func TestInputInterleaved(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		body := strings.Repeat("a line\n", 50)
		l.request(environ("/echo-lines"), "", false)
		a := l.response(feed(l, body, func(want, left int) int { return min(left, 10) }))
		if a.body != body || a.blocks < 50 {
			t.Errorf("%q in %d blocks", a.body, a.blocks)
		}
	})
}

// TestInputFails: the body cannot be delivered. Every read says so, and no
// traceback blames the application.
func TestInputFails(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		fail := func(int) { l.send(lane.Body, lane.FlagError, []byte("the client is too slow")) }

		l.request(environ("/reads-failing"), "first bytes", false)
		a := l.response(fail)
		var said []string
		if err := json.Unmarshal([]byte(a.body), &said); err != nil {
			t.Fatal(err, a.body)
		}
		for i, s := range said {
			if s != "BodyError: the client is too slow" {
				t.Errorf("read %d: %s", i, s)
			}
		}
		l.request(environ("/reads"), "", false)
		if a := l.response(fail); a.flags != lane.FlagError || a.failure != "modwsgi_express.BodyError: the client is too slow" || a.trace != "" {
			t.Errorf("END %d %q, logged %q", a.flags, a.failure, a.trace)
		}
	})
}

// TestInputKept: a body that is kept beyond its request does not disturb the
// next one.
func TestInputKept(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		l.request(environ("/keeps-input"), "some", false)
		l.response(nil)
		if a := l.exchange("/reads-kept", ""); a.body != "the body was read after the end of its request" {
			t.Errorf("answer %+v", a)
		}
	})
}

// TestInputInThread: another thread reads the body while the lane's thread
// answers; neither takes the other's frames.
func TestInputInThread(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		p := serve(t, py, "contract.py")
		l := p.lanes[0]
		for range 5 {
			l.request(environ("/reads-in-thread"), "", false)
			a := l.response(feed(l, strings.Repeat("x", 500000), func(want, left int) int { return min(want, left, 50000) }))
			if strings.Trim(a.body, ".") != "500000" || a.failure != "" {
				t.Errorf("answer %.100q %q %s", a.body, a.failure, a.trace)
			}
		}
	})
}
