package supervise

import (
	"go.uber.org/zap"

	"modwsgi-express/core/worker"
)

// onReload starts a new generation: a candidate for every slot. A candidate that
// is loading already belongs to the old code and is given up.
func (s *Supervisor) onReload() {
	if s.stopping {
		return
	}
	if s.reloading {
		s.again = true
		return
	}
	s.reloading = true
	s.generation++
	for _, sl := range s.slots {
		if sl.timer != nil {
			sl.timer.Stop()
			sl.timer = nil
		}
		if w := sl.next; w != nil {
			sl.next = nil
			s.kill(w, "reload")
		}
	}
	for _, sl := range s.slots {
		if !s.reloading {
			return // a process could not be started: the reload is over
		}
		s.spawn(sl)
	}
}

// candidateReady: a worker that is to take a slot has loaded the application.
func (s *Supervisor) candidateReady(w *Worker) {
	if !s.reloading {
		s.log.Info("worker serves", s.about(w)...)
		s.occupied(w)
		s.occupy(w.slot, w.slot.whyNext())
		return
	}
	for _, sl := range s.slots {
		if sl.next == nil || sl.next.loaded.Target == "" {
			return // the generation takes over as a whole
		}
	}
	s.reloading = false
	s.occupied(w)
	for _, sl := range s.slots {
		sl.deaths = 0
		s.occupy(sl, "reload")
	}
	if s.first != nil {
		s.tellFirst(nil)
	} else {
		s.log.Info("reloaded", zap.Int("generation", s.generation), zap.String("target", w.loaded.Target))
	}
	s.nextReload()
}

// whyNext is why the slot's worker is to be replaced.
func (sl *slot) whyNext() string {
	if sl.current != nil && sl.current.why != "" {
		return sl.current.why
	}
	return "replaced"
}

// occupied makes known which code serves from now on.
func (s *Supervisor) occupied(w *Worker) {
	if s.cfg.OnLoaded != nil {
		s.cfg.OnLoaded(w.hello, w.loaded)
	}
	s.setStatus(func(st *Status) {
		st.Generation, st.Hello, st.Loaded, st.Failure = w.generation, w.hello, w.loaded, nil
	})
}

// candidateLost: a worker that was to take a slot could not be started or died
// while it was loading.
func (s *Supervisor) candidateLost(sl *slot, f *worker.Failed, tail []string) {
	if s.stopping {
		return
	}
	s.setStatus(func(st *Status) { st.Failure = f })
	if !s.reloading {
		s.refill(sl, 0)
		return
	}
	s.reloading = false
	for _, other := range s.slots {
		if w := other.next; w != nil {
			other.next = nil
			s.kill(w, "another worker of its generation failed")
		}
	}
	if s.first != nil {
		s.tellFirst(&LoadError{Failed: *f, Tail: tail})
		s.onShutdown("")
		return
	}
	s.log.Error("reload failed, the old workers stay", zap.String("error", f.Message))
	for _, other := range s.slots {
		if other.current == nil {
			s.refill(other, 0) // it was empty before the reload
		}
	}
	s.nextReload()
}

// nextReload does what was asked for while a reload was under way.
func (s *Supervisor) nextReload() {
	if s.again {
		s.again = false
		s.onReload()
	}
}

func (s *Supervisor) serving() (n int) {
	for _, sl := range s.slots {
		if sl.current != nil {
			n++
		}
	}
	return n
}

// tellFirst reports the outcome of the first start, once.
func (s *Supervisor) tellFirst(err error) {
	if s.first != nil {
		s.first <- err
		s.first = nil
	}
}
