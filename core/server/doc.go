// Package server is an instance: it puts the front, the queue and the workers of
// one or more applications together and owns their start and their end.
//
//	Open   root phase: bind listeners, open logs, become the user      (no Python, no request)
//	Run    start workers ─► all loaded ─► accept ─► … ─► drained ─► workers stopped
//
//	connection ─ front ─ router ─┬─ application "/"      queue ─ lane ─ workers
//	                             └─ application "/shop"  queue ─ lane ─ workers
//
// The commands (Reload, Drain, Stop, ReopenLogs) may come from any goroutine at
// any time; Run carries them out.
package server
