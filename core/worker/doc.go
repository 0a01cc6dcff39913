// Package worker starts one Python process and talks to it on its control
// socket. The Python side lies in python/, embedded; nothing is written to disk
// and nothing has to be installed in the application's environment.
//
// # Start
//
// The process is "PYTHON -u -c BOOTSTRAP FD": the bootstrap reads the modules of
// the worker from the control socket FD and imports them from memory:
//
//	decimal length of the JSON · "\n" · JSON {"module": "source", …}
//
// stdin is the null device; stdout and stderr are pipes whose lines go to the
// log and whose last ones are kept for the obituary. They are never a channel.
//
// # Messages
//
// After the sources the control socket carries JSON objects, one a line.
//
// Front to worker:
//
//	{"type":"start", …}             see Start: what to load, which lanes to serve
//	{"type":"stacks","id":N,"lane":L}  ask for the Python stacks of all threads
//	                                (L = -1) or of the thread of lane L
//	{"type":"stop","code":"…"}      finish running requests and exit; the code
//	                                says why (drain, reload, shutdown, recycle)
//
// Worker to front, hello first, then loaded or failed:
//
//	{"type":"hello","protocol":1,"pid":N,"python":"3.11.7",
//	 "implementation":"CPython","executable":"…","prefix":"…","free_threaded":false}
//	{"type":"loaded","target":"myapp:app","kind":"module","framework":"Flask 3.1.3",
//	 "callable":"app","file":"/srv/myapp.py","seconds":0.21,
//	 "transport":"ring|lanes","why_lanes":"why not the ring that was offered, may be empty"}
//	{"type":"failed","reason":"not-found|import|no-callable|not-callable|factory|version|config",
//	 "message":"one sentence","hint":"what to do, may be empty","traceback":"as Python prints it, may be empty"}
//	{"type":"stacks","id":N,"text":"…"}
//	{"type":"files","paths":[…]}    with --reload-on-changes: every file whose change
//	                                matters, after loading, again when it grew, and
//	                                before a failure
//	{"type":"stopping"}             answer to stop, before the running requests end
//
// The end of the control socket means the other side is dead: the worker leaves
// at once with os._exit, whatever its threads do.
//
// Exit codes of the process are never messages: whatever the number, an exit
// that was not asked for is a death.
package worker
