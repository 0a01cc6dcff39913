// Package logs makes the server's log: a zap logger, what its lines look like,
// and the way they take to a file that may be full, slow or rotated.
//
//	zap.Logger ─► console encoder (a terminal) ─┐
//	              JSON encoder (anything else) ─┴─► Writer ─► file | stderr
//	access log (core/front/accesslog) ──────────────► Writer ─► file | stdout
//
// # Forms
//
// Console, for a person. Fields that do not fit the width go to lines of their
// own below the message; a value of several lines becomes an indented block, so
// that a traceback looks as Python prints it and cannot be taken for a line of
// the log:
//
//	14:03:59 INFO  listening addr=127.0.0.1:8000
//	14:04:07 ERROR application failed request_id=2-1 method=GET
//	    traceback:
//	      Traceback (most recent call last):
//	        File "wsgi.py", line 3, in application
//	      ZeroDivisionError: division by zero
//
// Whatever could steer a terminal or forge a line is written as an escape:
// control bytes (ESC, CR, BS, DEL, C1), invalid UTF-8, and characters that do not
// print, as the bidirectional overrides.
//
// JSON, for a machine: one object a line; "time" (RFC 3339 with microseconds),
// "level", "message", then the fields; durations are numbers of seconds.
//
// # Writer
//
// Lines are handed over whole, and a goroutine writes them; nobody who logs
// waits for a disk that hangs, and memory is bounded:
//
//	idle ──line──► gathering ──Delay, 64 KiB, Flush, Reopen, Close──► writing ──► idle
//	                                                                   │   ▲
//	                                                             error ▼   │ each second; Reopen; Close
//	                                                                  failing
//
// While a write fails or hangs, lines are kept up to the bound; further ones are
// dropped and counted. What failed is said once, not once a line. The bytes of a
// line that a full disk cut in two are followed by the rest of it when there is
// space again, or, if the file was reopened in between, taken back, and the line
// goes whole into the new file.
package logs
