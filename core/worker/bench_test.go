package worker_test

import (
	"testing"

	"modwsgi-express/core/lane"
	"modwsgi-express/core/worker"
)

// BenchmarkRequest is the round trip of a small request over one lane.
func BenchmarkRequest(b *testing.B) {
	t := &testing.T{}
	p, err := worker.Spawn(worker.Config{
		Interpreter: pythons()[0].path, Env: environment(), Threads: 1,
		Start: worker.Start{Target: "contract.py", WorkingDirectory: "testdata/apps", Files: true},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		p.Kill()
		for range p.Events() {
		}
	}()
	for ev := range p.Events() {
		if ev.Loaded != nil {
			break
		}
		if ev.Exited != nil || ev.Failed != nil {
			b.Fatal(show(ev))
		}
	}
	w := &wire{t: t, nc: p.Lanes()[0], last: 1}
	e := environ("/ok")
	for _, k := range []string{"HTTP_HOST", "HTTP_ACCEPT", "HTTP_USER_AGENT", "REMOTE_ADDR", "REQUEST_URI", "HTTP_COOKIE"} {
		e[k] = "some value of a header"
	}
	blob := marshalDict(e)
	payload := append([]byte{byte(len(blob)), byte(len(blob) >> 8), 0, 0}, blob...)
	request := append(lane.AppendHeader(nil, lane.Header{Length: uint32(len(payload)), Request: 1, Type: lane.Request, Flags: lane.FlagEnd}), payload...)
	answer := make([]byte, 4096)
	for b.Loop() {
		if _, err := w.nc.Write(request); err != nil {
			b.Fatal(err)
		}
		if _, err := w.nc.Read(answer); err != nil {
			b.Fatal(err)
		}
	}
}
