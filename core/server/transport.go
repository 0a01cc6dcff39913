package server

import (
	"fmt"

	"go.uber.org/zap"

	"modwsgi-express/core/lane"
	"modwsgi-express/core/ring"
	"modwsgi-express/core/supervise"
	"modwsgi-express/core/worker"
)

// workerProcess is a worker with what carries requests to it.
//
//	offered    worker says     used
//	ring       ring            a seat in the ring a thread, the lanes behind it
//	ring       lanes           a lane a thread; the ring is given up
//	nothing                    a lane a thread
type workerProcess struct {
	*worker.Process
	ring  *ring.Ring // nil: none
	lanes []*lane.Conn
}

var _ supervise.Process = (*workerProcess)(nil)

// newRing makes what a worker of an application is offered; nil, nil if it is lanes
// that are to be used, or nothing else can be.
func newRing(a *Application, threads int) (*ring.Ring, *worker.RingFiles, error) {
	if a.Transport == TransportLanes || threads == 0 {
		return nil, nil, nil
	}
	r, files, err := makeRing(threads)
	if err == nil {
		files.Required = a.Transport == TransportRing
		return r, files, nil
	}
	if a.Transport == TransportRing {
		return nil, nil, fmt.Errorf("cannot use the transport %q: %w", TransportRing, err)
	}
	return nil, nil, nil
}

func makeRing(threads int) (*ring.Ring, *worker.RingFiles, error) {
	library, err := ring.Library()
	if err != nil {
		return nil, nil, err
	}
	r, err := ring.New(threads, threads)
	if err != nil {
		return nil, nil, err
	}
	region, bell := r.Files()
	return r, &worker.RingFiles{Region: region, Size: r.Size(), Front: bell, Library: library}, nil
}

// Transports implements supervise.Process.
func (p *workerProcess) Transports(l worker.Loaded) []supervise.Transport {
	var all []supervise.Transport
	if l.Transport == worker.TransportRing && p.ring != nil {
		for _, seat := range ring.NewSeats(p.ring, p.lanes, len(p.lanes)) {
			all = append(all, seat)
		}
		return all
	}
	if p.ring != nil {
		p.ring.Close()
	}
	for _, l := range p.lanes {
		all = append(all, l)
	}
	return all
}

// Close implements supervise.Process.
func (p *workerProcess) Close() {
	for _, l := range p.lanes {
		l.Close()
	}
	if p.ring != nil {
		p.ring.Close()
	}
}

// noteTransport says once why workers do without the ring that they could have had:
// who measures should know.
func (a *application) noteTransport(l worker.Loaded) {
	if l.WhyLanes != "" && a.noted.CompareAndSwap(false, true) {
		a.log.Info("workers are reached over sockets, not shared memory, which is slower", zap.String("reason", l.WhyLanes))
	}
}
