// Package lane is the portable transport between the front and a worker: one
// stream socket (a lane) per thread of the worker, carrying frames.
//
// # Frames
//
// All numbers are little-endian. A frame is
//
//	offset size
//	0      4    length of the payload, at most 1 MiB
//	4      4    request number, chosen by the front, never 0
//	8      1    type
//	9      1    flags
//	10     2    zero
//	12     …    payload
//
// The request number is in every frame so that a later kind of worker can have
// several requests in flight on one lane. A worker of threads has one at a
// time, and a frame of another request is a breach.
//
// Front to worker:
//
//	REQUEST 1  u32 length of the environ · environ · first bytes of the body
//	           environ: one marshal blob (format version 2 plus the short ASCII
//	           strings of version 4) of a dict of str to str, int, bool, tuple.
//	           FlagEnd: these are all the bytes of the body.
//	BODY    2  bytes of the body, in answer to WANT. FlagEnd: the last ones.
//	           FlagError: the body cannot be delivered, the payload is the
//	           reason in UTF-8; the application's read raises OSError.
//	ABORT   3  no payload. The client is gone or the front has given up on the
//	           request: no more frames of it but the END are wanted. The worker
//	           looks for it (without waiting) before every DATA and FILE after
//	           the first, and meets it instead of a BODY it waits for.
//
// Worker to front:
//
//	WANT   16  u32 at most so many bytes, not 0. The application reads its input
//	           and has used up what came. The front answers with one BODY (or
//	           ABORT). Never sent after a FlagEnd or FlagError was received.
//	HEAD   17  u32 length of the head block · head block · first response bytes
//	           head block, latin-1: status, then name and value of each field,
//	           all separated by "\n": "200 OK\nContent-Type\ntext/plain".
//	           At most once. FlagEnd: these bytes are the whole body.
//	DATA   18  response bytes, not empty unless FlagEnd is set.
//	FILE   19  u64 offset · u64 length, and the file's descriptor attached with
//	           SCM_RIGHTS to the first byte of the frame: these bytes of the file
//	           belong here. Only regular files. Only where the start message said
//	           "files": true.
//	END    20  The request is over for the worker; it calls nothing of the
//	           application's for this request after it. Comes once per request,
//	           always, unless a frame with FlagEnd came before it (FlagEnd is a
//	           plain END glued on, and is sent only after the iterable's close()).
//	           FlagError: the application failed, the response must not look
//	           complete; payload: one line in UTF-8, as "ValueError: bad".
//	           FlagExit: (with FlagError) it raised SystemExit.
//	ERRORS 21  text in UTF-8 for the log, of this request: wsgi.errors, or with
//	           FlagError what the worker itself has to say (a traceback).
//
// The order of a response is HEAD · (DATA | FILE)* · END, with WANT and ERRORS
// anywhere before the END. An END before the HEAD without FlagError is an
// application that never called start_response: the worker sends FlagError
// then. An EOF on a lane is the death of the worker: it is never an end.
//
// # Control
//
// Each worker process also has a control socket. It starts with the Python
// source of the worker (see core/worker) and then carries JSON objects, one a
// line, at most 1 MiB each. See core/worker for the messages.
package lane
