// Package supervise keeps the workers of one application alive: it starts and
// replaces processes and tells the pool which of them serve.
//
// A worker's life, one state machine each (worker.go):
//
//	           loaded            retire             drained, or       exited
//	Loading ──────────► Serving ────────► Draining ───────────► Stopping ───► Dead
//	   │                   │                  │   grace is over (killed)        ▲
//	   │ failed, exited,   │ exited           │ exited                          │
//	   │ startup timeout   │                  │                                 │
//	   └───────────────────┴──────────────────┴─────────────────────────────────┘
//
// An application has so many slots as it wants processes. A slot whose worker
// died is filled again: at once if the worker had lived for a while, otherwise
// after a delay that doubles, with jitter. Planned changes go the other way
// round: the replacement is loaded first, then takes the slot, then the old
// worker is drained. Reload does that for all slots together: the new generation
// takes over when all of it has loaded; if one of it fails, the old generation
// stays and the failure is kept for whoever asks.
//
// Everything happens on one goroutine, in the order of its events; processes and
// timers only send events.
package supervise
