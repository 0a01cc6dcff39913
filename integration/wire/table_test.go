package wire_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"modwsgi-express/integration/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// row is one request and its verdict.
type row struct {
	name string
	send string
	// want are the statuses of the answers to send, in order. anyOf is for the
	// rows where the RFCs leave a choice: one answer with one of these.
	want   []int
	anyOf  []int
	closed bool // the connection ends after the answers
	head   bool // send is a HEAD request
	// environ are keys that the application has to have seen in the last
	// request; a nil value is a key that must not be there.
	environ map[string]any
	body    string // what the application has to have read, with environ or not
	// called allows a refused request to have reached the application.
	called bool
}

// Short ways to write verdicts.
var (
	ok  = []int{200}
	bad = []int{400}
)

const probe = "GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n"

// echoed is the answer of the test application's echo.
type echoed struct {
	Environ map[string]any
	Length  int
	Body    string
}

func decode(t *testing.T, res *harness.Response) echoed {
	t.Helper()
	var e echoed
	if err := json.Unmarshal(res.Body, &e); err != nil {
		t.Fatalf("decode the echo of the application: %v; body: %.200q", err, res.Body)
	}
	return e
}

// start starts the wire application for one variant.
func start(t *testing.T, v harness.Variant, args ...string) *harness.Server {
	t.Helper()
	return harness.Start(t, harness.Options{Target: harness.App("wire.py"), Variant: v, Args: args})
}

// runRows runs a table against one server for each variant.
func runRows(t *testing.T, rows []row, args ...string) {
	t.Helper()
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := start(t, v, args...)
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				runRow(t, s, r, len(r.send)+len(probe))
				runRow(t, s, r, pieceSize(r.send))
			})
		}
	})
}

// pieceSize is one byte, or more where a row would need too many writes.
func pieceSize(send string) int {
	if len(send) <= 9000 {
		return 1
	}
	return len(send)/3000 + 1
}

func runRow(t *testing.T, s *harness.Server, r row, pieces int) {
	t.Helper()
	before := calls(t, s)
	c := harness.Dial(t, s.Address())
	defer c.Close()
	c.SendPieces(r.send+probe, pieces)
	last := answers(t, c, r)
	if r.closed {
		if last != nil && !last.Closes() {
			t.Errorf("in pieces of %d: the last answer (%d) does not announce the close: %q", pieces, last.Status, last.Fields)
		}
		c.ExpectClosed()
	} else if e := decode(t, c.Expect("GET", 200)); e.Environ["PATH_INFO"] != "/probe" {
		t.Errorf("in pieces of %d: the request behind was read as %q", pieces, e.Environ["PATH_INFO"])
	}
	if last != nil && last.Status == 200 {
		checkEcho(t, r, last)
	}
	if n := calls(t, s) - before; refused(last) && !r.called && n != 0 {
		t.Errorf("in pieces of %d: a refused request has reached the application (%d calls)", pieces, n)
	}
}

// answers reads the answers that the row wants and returns the last.
func answers(t *testing.T, c *harness.Conn, r row) *harness.Response {
	t.Helper()
	method := "GET"
	if r.head {
		method = "HEAD"
	}
	if r.anyOf != nil {
		res := c.Final(method)
		if !slices.Contains(r.anyOf, res.Status) {
			t.Fatalf("answered with %d %s, expected one of %v", res.Status, res.Reason, r.anyOf)
		}
		return res
	}
	var last *harness.Response
	for _, status := range r.want {
		last = c.Expect(method, status)
	}
	return last
}

func refused(last *harness.Response) bool { return last != nil && last.Status >= 400 }

func checkEcho(t *testing.T, r row, res *harness.Response) {
	t.Helper()
	if r.environ == nil && r.body == "" {
		return
	}
	e := decode(t, res)
	for _, key := range slices.Sorted(maps.Keys(r.environ)) {
		want := r.environ[key]
		got, there := e.Environ[key]
		switch {
		case want == nil && there:
			t.Errorf("environ[%q] is %q, expected it not to be there", key, got)
		case want != nil && got != want:
			t.Errorf("environ[%q] is %q (there: %v), expected %q", key, got, there, want)
		}
	}
	if r.body != "" && e.Body != r.body {
		t.Errorf("the application has read %q, expected %q", e.Body, r.body)
	}
}

func calls(t *testing.T, s *harness.Server) int {
	t.Helper()
	n, err := strconv.Atoi(string(s.Get("/calls").Body))
	if err != nil {
		t.Fatalf("read the number of calls: %v", err)
	}
	return n
}

// get is a GET request with further field lines, each with its CRLF.
func get(target string, fields ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: test\r\n" + strings.Join(fields, "") + "\r\n"
}

// post is a POST request; the body follows the fields as it is.
func post(target, body string, fields ...string) string {
	return "POST " + target + " HTTP/1.1\r\nHost: test\r\n" + strings.Join(fields, "") + "\r\n" + body
}

// sized is a POST with a Content-Length.
func sized(target, body string, fields ...string) string {
	return post(target, body, append(fields, "Content-Length: "+strconv.Itoa(len(body))+"\r\n")...)
}

// chunked is a POST with a chunked body given as on the wire.
func chunked(wire string) string {
	return post("/echo", wire, "Transfer-Encoding: chunked\r\n")
}

// atOnce runs n subtests at the same time and waits for all of them.
func atOnce(t *testing.T, n int, test func(t *testing.T, i int)) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			t.Run(strconv.Itoa(i), func(t *testing.T) { test(t, i) })
		})
	}
	wg.Wait()
}

// hold makes a request that keeps a thread of the application until release is
// called, which ends it and returns its answer. The thread is taken when hold
// returns: the application has begun to read.
func hold(t *testing.T, s *harness.Server) (release func() *harness.Response) {
	t.Helper()
	c := s.Dial()
	c.Send(post("/echo", "", "Content-Length: 5\r\n", expect))
	c.Expect("POST", 100)
	return func() *harness.Response {
		c.Send("hello")
		res := c.Expect("POST", 200)
		if e := decode(t, res); e.Body != "hello" {
			t.Errorf("the application has read %q", e.Body)
		}
		return res
	}
}

// isCut tells whether a response was visibly cut off.
func isCut(err error) bool {
	var cut *harness.TruncatedError
	return errors.As(err, &cut) || errors.Is(err, syscall.ECONNRESET) || err == io.EOF
}
