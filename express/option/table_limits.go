package option

// timeoutOptions bound every wait.
var timeoutOptions = []Option{
	{
		Name: "request-timeout", Kind: Duration, Placeholder: "TIME", Default: "60", Max: longest, Group: Timeouts, Common: true,
		Doc:    "longest time the application may take for a request",
		Detail: "From a thread taking the request to the end of the response. Then the client gets 504 and the process is replaced. 0: no limit.",
	},
	{
		Name: "queue-timeout", Kind: Duration, Placeholder: "TIME", Default: "45", Max: longest, Group: Timeouts,
		Doc:    "longest wait for a free thread, then 504; 0: no limit",
		Detail: "It is enforced while the request waits, not when it is finally taken.",
	},
	{
		Name: "header-timeout", Kind: Duration, Placeholder: "TIME", Default: "15", Min: shortest, Max: longest, Group: Timeouts,
		Doc: "time for the head of a request to arrive",
	},
	{
		Name: "header-max-timeout", Kind: Duration, Placeholder: "TIME", Default: "30", Max: longest, Group: Timeouts,
		Doc: "most that header-timeout can grow to by bytes arriving; 0: no cap",
	},
	{
		Name: "header-min-rate", Kind: Int, Placeholder: "BYTES", Default: "500", Max: gib, Group: Timeouts,
		Doc: "bytes of head that add a second to header-timeout; 0: none do",
	},
	{
		Name: "body-timeout", Kind: Duration, Placeholder: "TIME", Default: "15", Min: shortest, Max: longest, Group: Timeouts,
		Doc: "time for the body of a request to arrive",
	},
	{
		Name: "body-max-timeout", Kind: Duration, Placeholder: "TIME", Default: "0", Max: longest, Group: Timeouts,
		Doc: "most that body-timeout can grow to by bytes arriving; 0: no cap",
	},
	{
		Name: "body-min-rate", Kind: Int, Placeholder: "BYTES", Default: "500", Max: gib, Group: Timeouts,
		Doc: "bytes of body that add a second to body-timeout; 0: none do",
	},
	{
		Name: "keep-alive-timeout", Kind: Duration, Placeholder: "TIME", Default: "2", Max: longest, Group: Timeouts,
		Doc: "how long an idle connection is kept open; 0 turns keep-alive off",
	},
	{
		Name: "socket-timeout", Kind: Duration, Placeholder: "TIME", Default: "60", Min: shortest, Max: longest, Group: Timeouts,
		Doc: "how long a client may take nothing of a response",
	},
	{
		Name: "startup-timeout", Kind: Duration, Placeholder: "TIME", Default: "15", Max: longest, Group: Timeouts,
		Doc: "time for the application to load; 0: no limit",
	},
	{
		Name: "graceful-timeout", Kind: Duration, Placeholder: "TIME", Default: "15", Max: longest, Group: Timeouts,
		Doc: "time for running requests to end after SIGTERM or a reload",
	},
	{
		Name: "shutdown-timeout", Kind: Duration, Placeholder: "TIME", Default: "5", Max: longest, Group: Timeouts,
		Doc: "time for a Python process to exit before it is killed",
	},
}

// limitOptions bound what a client may send and what is kept for it.
var limitOptions = []Option{
	{
		Name: "limit-request-body", Kind: Size, Placeholder: "SIZE", Default: "10m", Group: Limits, Common: true,
		Doc:    "largest request body, else 413; 0: no limit",
		Detail: "gunicorn and uWSGI have no limit: an application that takes large uploads and comes from there needs it raised.",
	},
	{
		Name: "limit-request-line", Kind: Size, Placeholder: "SIZE", Default: "8190", Min: 64, Max: mib, Group: Limits,
		Doc: "longest request line, else 414",
	},
	{
		Name: "limit-request-fields", Kind: Int, Placeholder: "NUMBER", Default: "100", Min: 1, Max: 32768, Group: Limits,
		Doc: "most header fields of a request, else 431",
	},
	{
		Name: "limit-request-field-size", Kind: Size, Placeholder: "SIZE", Default: "8190", Min: 64, Max: mib, Group: Limits,
		Doc: "longest header field of a request, else 431",
	},
	{
		Name: "limit-request-head", Kind: Size, Placeholder: "SIZE", Default: "64k", Min: kib, Max: 16 * mib, Group: Limits,
		Doc: "largest head of a request in all, else 431",
	},
	{
		Name: "request-buffering", Kind: Bool, Placeholder: "on|off", Default: "on", Group: Limits,
		Doc: "read the whole body before a thread takes the request",
		Detail: "Off: the body is read when the application reads it, and a slow client can hold a thread for as long as " +
			"body-timeout allows. Requests with Expect: 100-continue are always read on demand.",
	},
	{
		Name: "request-buffer-size", Kind: Size, Placeholder: "SIZE", Default: "64k", Min: 4 * kib, Max: gib, Group: Limits,
		Doc: "bytes of a request body kept in memory; the rest goes to a file",
	},
	{
		Name: "spool-directory", Kind: Path, Placeholder: "DIR", Unset: "system's temporary directory", Group: Limits,
		Doc: "where larger request bodies are kept until they are read",
	},
	{
		Name: "response-buffer-size", Kind: Size, Placeholder: "SIZE", Default: "1m", Min: 4 * kib, Max: gib, Group: Limits,
		Doc: "bytes of a response kept for a slow client before its thread waits",
	},
}
