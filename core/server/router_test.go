package server

import (
	"os"
	"testing"

	"modwsgi-express/core/exchange"
)

// answered is a sink that keeps the status: the router's own answers are the
// front's to send otherwise.
type answered struct{ status int }

func (a *answered) Head(h *exchange.Head) error           { a.status = h.Status; return nil }
func (a *answered) Write([]byte) error                    { return nil }
func (a *answered) SendFile(*os.File, int64, int64) error { return nil }
func (a *answered) Flush() error                          { return nil }
func (a *answered) End() error                            { return nil }
func (a *answered) Abort(status int, _ error)             { a.status = status }
func (a *answered) Started() bool                         { return false }
func (a *answered) Extra() int64                          { return 0 }

// TestRouter: the longest mount point wins, by whole segments. An exchange that
// may not block makes an application answer Detach, which tells that it was asked.
func TestRouter(t *testing.T) {
	router := func(mounts ...string) *router {
		r := &router{}
		for _, m := range mounts {
			r.apps = append(r.apps, &application{cfg: Application{MountPoint: m}})
		}
		return r
	}
	cases := []struct {
		mounts []string
		path   string
		want   int // 0: an application, else the status
	}{
		{[]string{""}, "/", 0},
		{[]string{""}, "/any/where", 0},
		{[]string{""}, "*", 200},
		{[]string{"/shop"}, "/shop", 0},
		{[]string{"/shop"}, "/shop/", 0},
		{[]string{"/shop"}, "/shop/cart", 0},
		{[]string{"/shop"}, "/shopping", 404},
		{[]string{"/shop"}, "/", 404},
		{[]string{"/shop"}, "/Shop", 404},
		{[]string{"/shop/a", "/shop"}, "/shop/b", 0},
	}
	for _, c := range cases {
		a := &answered{}
		x := &exchange.Exchange{Response: a}
		x.Request.Path = []byte(c.path)
		out := router(c.mounts...).Serve(x)
		if asked := out == exchange.Detach; asked != (c.want == 0) || a.status != c.want {
			t.Errorf("%q at %q: application asked %v, status %d", c.path, c.mounts, asked, a.status)
		}
	}
}
