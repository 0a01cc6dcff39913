package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// serve is a server that counts connections and requests by path.
func serve(t *testing.T, handler http.HandlerFunc) (address string, opened *atomic.Int64) {
	t.Helper()
	opened = new(atomic.Int64)
	s := httptest.NewUnstartedServer(handler)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), opened
}

func TestConnectionsOfTen(t *testing.T) {
	var requests atomic.Int64
	address, opened := serve(t, func(w http.ResponseWriter, r *http.Request) { requests.Add(1) })
	got := connectionsOfTen(t.Context(), load{address: address, path: "/", connections: 3, length: 200 * time.Millisecond}, nil, nil)
	if got.Requests == 0 || got.Errors.sum() != 0 {
		t.Fatalf("got %+v", got)
	}
	// The last connection of each may have been cut short by the end.
	least, most := requests.Load()/10, requests.Load()/10+3
	if n := opened.Load(); n < least || n > most {
		t.Errorf("%d connections for %d requests", n, requests.Load())
	}
	if got.P50 <= 0 || got.P50 > got.P99 || got.P99 > got.Max*1.01 {
		t.Errorf("latencies out of order: %+v", got)
	}
}

func TestRefusedConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	got := connectionsOfTen(t.Context(), load{address: address, path: "/", connections: 2, length: 50 * time.Millisecond}, nil, nil)
	if got.Requests != 0 || got.Errors.Connect == 0 {
		t.Errorf("got %+v", got)
	}
}

func TestStatusIsAnError(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	got := connectionsOfTen(t.Context(), load{address: address, path: "/", connections: 1, length: 50 * time.Millisecond}, nil, nil)
	if got.Requests != 0 || got.Errors.Status == 0 {
		t.Errorf("got %+v", got)
	}
}

func TestMixedCountsTheQuickOnes(t *testing.T) {
	var slow, quick atomic.Int64
	address, opened := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			slow.Add(1)
			select {
			case <-time.After(20 * time.Millisecond):
			case <-r.Context().Done():
			}
		case "/quick":
			quick.Add(1)
		}
	})
	got := mixed(t.Context(), load{address: address, connections: 7, length: 300 * time.Millisecond}, nil, nil)
	if slow.Load() == 0 || got.Requests == 0 || got.Requests > quick.Load() {
		t.Errorf("%d slow, %d quick, counted %+v", slow.Load(), quick.Load(), got)
	}
	if opened.Load() != 7 {
		t.Errorf("%d connections", opened.Load())
	}
}

func TestUploads(t *testing.T) {
	var mutex sync.Mutex
	sizes := map[int64]int{}
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		mutex.Lock()
		defer mutex.Unlock()
		sizes[n]++
	})
	got := uploads(t.Context(), load{address: address, path: "/", connections: 2}, nil, nil)
	if got.Requests != 2 || got.Errors.sum() != 0 || sizes[uploadSize] != 2 {
		t.Errorf("got %+v, sizes %v", got, sizes)
	}
}

func TestIdle(t *testing.T) {
	for _, c := range []struct {
		name string
		mode http.HandlerFunc
		held int
	}{
		{"held", func(http.ResponseWriter, *http.Request) {}, 20},
		{"closed", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, _ := serve(t, c.mode)
			var out strings.Builder
			got := idle(t.Context(), load{address: address, path: "/", connections: 20}, strings.NewReader(""), &out)
			if got.Held != c.held || got.Requests != 20 {
				t.Errorf("got %+v", got)
			}
			var said measured
			if err := json.Unmarshal([]byte(out.String()), &said); err != nil || said != got {
				t.Errorf("said %q", out.String())
			}
		})
	}
}

func TestGenerateRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"nothing"}, {"ten", "mix"}, {"ten", "--wrong"}} {
		if err := generate(context.Background(), args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}

func TestHistogram(t *testing.T) {
	var h, o histogram
	for us := 1; us <= 100000; us++ {
		choose(us%2 == 0, &h, &o).add(time.Duration(us) * time.Microsecond)
	}
	h.merge(&o)
	for share, want := range map[float64]float64{50: 50000, 90: 90000, 99: 99000, 100: 100000} {
		if got := h.percentile(share); got < want*0.99 || got > want*1.01 {
			t.Errorf("percentile %g: got %g, expected %g", share, got, want)
		}
	}
	for us := uint64(0); us < 1<<40; us = us*5/4 + 1 {
		s := slot(us)
		if low := lowest(s); low > float64(us) || low < float64(us)*0.992 {
			t.Fatalf("%d us: slot %d begins at %g", us, s, low)
		}
	}
	if got := new(histogram).percentile(50); got != 0 {
		t.Errorf("of nothing: %g", got)
	}
	h.add(1 << 62) // beyond the last slot
	h.add(-1)
	if h.max != 1<<62 || h.total != 100002 {
		t.Errorf("extremes: %d, %s", h.total, h.max)
	}
}
