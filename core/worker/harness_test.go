package worker_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"modwsgi-express/core/lane"
	"modwsgi-express/core/worker"
	"modwsgi-express/platforms/sockio"
)

// patience bounds every wait of these tests; it is no measure of anything.
const patience = 60 * time.Second

// python is an interpreter to test with.
type python struct {
	path, name string // name as "CPython-3.11.2"
}

// pythons are the interpreters of $MODWSGI_TEST_PYTHONS, a list like $PATH, and
// those on $PATH, one of each version.
var pythons = sync.OnceValue(func() []python {
	candidates := filepath.SplitList(os.Getenv("MODWSGI_TEST_PYTHONS"))
	for minor := 6; minor <= 15; minor++ {
		candidates = append(candidates, fmt.Sprintf("python3.%d", minor))
	}
	var found []python
	seen := map[string]bool{}
	for _, c := range append(candidates, "python3", "pypy3") {
		path, err := exec.LookPath(c)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "-c", "import platform as p; print(p.python_implementation() + '-' + p.python_version())").Output()
		name := strings.TrimSpace(string(out))
		if err != nil {
			fmt.Printf("skipping the interpreter %s: %v\n", path, err)
			continue
		}
		if !seen[name] {
			seen[name] = true
			found = append(found, python{path, name})
		}
	}
	return found
})

// eachPython runs the test with every interpreter there is, with -short only
// with two.
func eachPython(t *testing.T, run func(t *testing.T, py python)) {
	if len(pythons()) == 0 {
		t.Skip("no Python interpreter on PATH or in MODWSGI_TEST_PYTHONS")
	}
	for i, py := range pythons() {
		if testing.Short() && i != 0 && i != len(pythons())-1 {
			fmt.Printf("skipping %s in %s: -short takes the first and the last interpreter\n", py.name, t.Name())
			continue
		}
		t.Run(py.name, func(t *testing.T) { run(t, py) })
	}
}

// anyPython returns one interpreter, for tests of the Go side.
func anyPython(t *testing.T) python {
	t.Helper()
	if len(pythons()) == 0 {
		t.Skip("no Python interpreter on PATH or in MODWSGI_TEST_PYTHONS")
	}
	return pythons()[len(pythons())-1]
}

// proc is a worker process under test.
type proc struct {
	*worker.Process
	t      *testing.T
	hello  *worker.Hello
	events chan worker.Event // those after the hello
	lanes  []*wire
}

func testApps(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("testdata/apps")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// environment is what a worker of these tests gets: nothing of the user's
// Python settings.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1", "HOME=" + os.TempDir()}
}

// spawn starts a worker and waits for its hello.
func spawn(t *testing.T, py python, cfg worker.Config) *proc {
	t.Helper()
	if cfg.Interpreter == "" {
		cfg.Interpreter = py.path
	}
	if cfg.Env == nil {
		cfg.Env = environment()
	}
	if cfg.Start.WorkingDirectory == "" {
		cfg.Start.WorkingDirectory = testApps(t)
	}
	wp, err := worker.Spawn(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &proc{Process: wp, t: t, events: make(chan worker.Event, 1000)}
	go func() {
		for ev := range wp.Events() {
			p.events <- ev
		}
		close(p.events)
	}()
	for _, nc := range wp.Lanes() {
		p.lanes = append(p.lanes, &wire{t: t, nc: nc})
	}
	t.Cleanup(func() {
		p.Kill()
		for range p.events {
		}
		for _, l := range p.lanes {
			l.nc.Close()
		}
	})
	p.hello = p.next().Hello
	if p.hello == nil {
		t.Fatal("the first event is no hello")
	}
	return p
}

// serve starts a worker with an application of testdata/apps.
func serve(t *testing.T, py python, target string) *proc {
	t.Helper()
	p := spawn(t, py, worker.Config{Threads: 2, Start: worker.Start{Target: target, Files: true}})
	p.loaded()
	return p
}

func (p *proc) next() worker.Event {
	p.t.Helper()
	select {
	case ev, ok := <-p.events:
		if !ok {
			p.t.Fatalf("no more events; stderr: %q", p.Tail())
		}
		return ev
	case <-time.After(patience):
		stacks, err := p.Stacks(short(p.t), -1)
		p.t.Fatalf("no event; stacks: %s %v; stderr: %q", stacks, err, p.Tail())
	}
	panic("unreachable")
}

func short(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func (p *proc) loaded() *worker.Loaded {
	p.t.Helper()
	ev := p.next()
	if ev.Loaded == nil {
		p.t.Fatalf("expected the application to be loaded, got %s; stderr: %q", show(ev), p.Tail())
	}
	return ev.Loaded
}

func (p *proc) failed() *worker.Failed {
	p.t.Helper()
	ev := p.next()
	if ev.Failed == nil {
		p.t.Fatalf("expected the loading to fail, got %s; stderr: %q", show(ev), p.Tail())
	}
	return ev.Failed
}

func (p *proc) exited() *worker.Exited {
	p.t.Helper()
	for {
		if ev := p.next(); ev.Exited != nil {
			return ev.Exited
		}
	}
}

func show(ev worker.Event) string {
	switch {
	case ev.Hello != nil:
		return fmt.Sprintf("hello %+v", *ev.Hello)
	case ev.Loaded != nil:
		return fmt.Sprintf("loaded %+v", *ev.Loaded)
	case ev.Failed != nil:
		return fmt.Sprintf("failed: %s: %s\nhint: %s\n%s", ev.Failed.Reason, ev.Failed.Message, ev.Failed.Hint, ev.Failed.Traceback)
	case ev.Exited != nil:
		return ev.Exited.String()
	}
	return fmt.Sprintf("%+v", ev)
}

// wire is the front's end of a lane, as plain as can be.
type wire struct {
	t    *testing.T
	nc   net.Conn
	buf  []byte
	file []*os.File
	last uint32
}

type frame struct {
	lane.Header
	payload []byte
	file    *os.File
}

func (f frame) String() string {
	return fmt.Sprintf("%v flags %d %.200q", f.Type, f.Flags, f.payload)
}

func (w *wire) send(kind lane.Type, flags uint8, payload []byte) {
	w.t.Helper()
	out := lane.AppendHeader(nil, lane.Header{Length: uint32(len(payload)), Request: w.last, Type: kind, Flags: flags})
	if err := w.nc.SetDeadline(time.Now().Add(patience)); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.nc.Write(append(out, payload...)); err != nil {
		w.t.Fatalf("send %v: %v", kind, err)
	}
}

// request sends a REQUEST. end tells that body is all of the body.
func (w *wire) request(environ map[string]any, body string, end bool) {
	w.t.Helper()
	w.last++
	blob := marshalDict(environ)
	payload := binary.LittleEndian.AppendUint32(nil, uint32(len(blob)))
	payload = append(append(payload, blob...), body...)
	flags := uint8(0)
	if end {
		flags = lane.FlagEnd
	}
	w.send(lane.Request, flags, payload)
}

// receive takes the next frame.
func (w *wire) receive() frame {
	w.t.Helper()
	f, err := w.tryReceive()
	if err != nil {
		w.t.Fatalf("receive a frame: %v", err)
	}
	return f
}

func (w *wire) tryReceive() (frame, error) {
	if err := w.nc.SetDeadline(time.Now().Add(patience)); err != nil {
		return frame{}, err
	}
	if err := w.fill(lane.HeaderSize); err != nil {
		return frame{}, err
	}
	h, err := lane.ParseHeader(w.buf)
	if err != nil {
		return frame{}, err
	}
	if h.Request != w.last {
		return frame{}, fmt.Errorf("%v frame of request %d, expected %d", h.Type, h.Request, w.last)
	}
	n := lane.HeaderSize + int(h.Length)
	if err := w.fill(n); err != nil {
		return frame{}, err
	}
	f := frame{Header: h, payload: append([]byte(nil), w.buf[lane.HeaderSize:n]...)}
	w.buf = w.buf[n:]
	if h.Type == lane.File {
		if len(w.file) == 0 {
			return f, fmt.Errorf("a FILE frame without a descriptor")
		}
		f.file, w.file = w.file[0], w.file[1:]
	}
	return f, nil
}

func (w *wire) fill(n int) error {
	p := make([]byte, 64<<10)
	for len(w.buf) < n {
		m, files, err := sockio.ReceiveRights(w.nc, p)
		w.buf = append(w.buf, p[:m]...)
		w.file = append(w.file, files...)
		if err != nil {
			return err
		}
		if m == 0 {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// answer is a whole response.
type answer struct {
	status  string
	fields  []string // "Name: value"
	body    string
	blocks  int // DATA frames and the bytes in the HEAD
	flags   uint8
	failure string // payload of the END
	log     string // wsgi.errors
	trace   string // what the worker said
	frames  []lane.Type
	file    *fileFrame
}

type fileFrame struct {
	offset, length uint64
	content        string
}

// exchange sends a request with its whole body and takes the response.
func (w *wire) exchange(path string, body string) answer {
	w.t.Helper()
	w.request(environ(path), body, true)
	return w.response(nil)
}

// response takes the frames of a response to its end. want answers WANT frames.
func (w *wire) response(want func(n int)) answer {
	w.t.Helper()
	var a answer
	headed := false
	for {
		f := w.receive()
		a.frames = append(a.frames, f.Type)
		switch f.Type {
		case lane.Want:
			if want == nil {
				w.t.Fatalf("unexpected %v", f)
			}
			want(int(binary.LittleEndian.Uint32(f.payload)))
		case lane.Head:
			if headed {
				w.t.Fatalf("a second HEAD: %v", f)
			}
			headed = true
			n := binary.LittleEndian.Uint32(f.payload)
			a.parseHead(w.t, string(f.payload[4:4+n]))
			a.add(f.payload[4+n:])
		case lane.Data:
			if !headed || len(f.payload) == 0 {
				w.t.Fatalf("DATA before HEAD, or empty: %v", f)
			}
			a.add(f.payload)
		case lane.File:
			a.takeFile(w.t, f)
		case lane.Errors:
			if f.Flags&lane.FlagError != 0 {
				a.trace += string(f.payload)
			} else {
				a.log += string(f.payload)
			}
		case lane.End:
			a.flags, a.failure = f.Flags, string(f.payload)
			if !headed && f.Flags&lane.FlagError == 0 {
				w.t.Fatalf("END without HEAD and without an error")
			}
			return a
		default:
			w.t.Fatalf("unexpected %v", f)
		}
		if f.Flags&lane.FlagEnd != 0 {
			return a
		}
	}
}

func (a *answer) parseHead(t *testing.T, block string) {
	t.Helper()
	parts := strings.Split(block, "\n")
	if len(parts)%2 != 1 {
		t.Fatalf("head block with a name and no value: %q", block)
	}
	a.status = parts[0]
	for i := 1; i < len(parts); i += 2 {
		a.fields = append(a.fields, parts[i]+": "+parts[i+1])
	}
}

func (a *answer) add(data []byte) {
	if len(data) > 0 {
		a.body += string(data)
		a.blocks++
	}
}

func (a *answer) takeFile(t *testing.T, f frame) {
	t.Helper()
	defer f.file.Close()
	a.file = &fileFrame{offset: binary.LittleEndian.Uint64(f.payload), length: binary.LittleEndian.Uint64(f.payload[8:])}
	p := make([]byte, a.file.length)
	if _, err := f.file.ReadAt(p, int64(a.file.offset)); err != nil {
		t.Fatalf("read the file: %v", err)
	}
	a.file.content = string(p)
	a.body += a.file.content
}

// environ is the environ of a GET request.
func environ(path string) map[string]any {
	return map[string]any{
		"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
		"SERVER_NAME": "test", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
		"wsgi.version": []int{1, 0}, "wsgi.url_scheme": "http", "wsgi.multithread": true,
		"wsgi.multiprocess": false, "wsgi.run_once": false, "wsgi.input_terminated": true,
	}
}

// marshalDict writes what the test's environ has in Python's marshal format.
func marshalDict(d map[string]any) []byte {
	out := []byte{'{'}
	for k, v := range d {
		out = marshalText(out, k)
		switch v := v.(type) {
		case string:
			out = marshalText(out, v)
		case bool:
			out = append(out, map[bool]byte{true: 'T', false: 'F'}[v])
		case int:
			out = binary.LittleEndian.AppendUint32(append(out, 'i'), uint32(v))
		case []int:
			out = binary.LittleEndian.AppendUint32(append(out, '('), uint32(len(v)))
			for _, n := range v {
				out = binary.LittleEndian.AppendUint32(append(out, 'i'), uint32(n))
			}
		default:
			panic(fmt.Sprintf("cannot marshal %T", v))
		}
	}
	return append(out, '0')
}

func marshalText(out []byte, s string) []byte {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii && len(s) < 256 {
		return append(append(out, 'z', byte(len(s))), s...) // TYPE_SHORT_ASCII of version 4
	}
	return append(binary.LittleEndian.AppendUint32(append(out, 'u'), uint32(len(s))), s...)
}
