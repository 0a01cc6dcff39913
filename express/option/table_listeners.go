package option

// listenerOptions say where clients connect.
var listenerOptions = []Option{
	{
		Name: "host", Kind: Text, Placeholder: "ADDRESS", Unset: "all interfaces", Group: Listeners, Common: true,
		Doc: "address to listen on; 127.0.0.1 for this machine only",
	},
	{
		Name: "port", Kind: Int, Placeholder: "PORT", Default: "8000", Max: 65535, Group: Listeners, Common: true,
		Doc:    "port to listen on",
		Detail: "0 takes a free one, which the log names.",
	},
	{
		Name: "listen", Kind: Texts, Placeholder: "ADDRESS", Unset: "--host and --port", Group: Listeners, Common: true,
		Doc: "HOST:PORT, [IPV6]:PORT, PORT or unix:PATH; may be repeated",
		Detail: "A unix socket may carry its own mode: `unix:/run/app.sock,mode=0666`. --listen stands in place of --host " +
			"and --port; when one comes from a file or the environment and the other from a layer above, the upper one counts.",
	},
	{
		Name: "socket-mode", Kind: Mode, Placeholder: "MODE", Default: "0660", Group: Listeners,
		Doc: "permissions of unix sockets, in octal",
	},
	{
		Name: "server-backlog", Kind: Int, Placeholder: "NUMBER", Default: "500", Min: 1, Max: 65535, Group: Listeners,
		Doc:    "connections the system holds until they are accepted",
		Detail: "The system has a limit of its own (net.core.somaxconn on Linux).",
	},
	{
		Name: "server-header", Kind: Text, Placeholder: "TEXT", Default: "modwsgi-express", Group: Listeners,
		Doc: "value of the Server response header; \"\" sends none",
	},
}

// processOptions size the pool of workers and what waits for it.
var processOptions = []Option{
	{
		Name: "processes", Kind: Int, Placeholder: "NUMBER", Default: "1", Min: 1, Max: 1000, Group: Processes, Common: true,
		Doc: "Python processes",
	},
	{
		Name: "threads", Kind: Int, Placeholder: "NUMBER", Default: "5", Min: 1, Max: 1000, Group: Processes, Common: true,
		Doc:    "threads in each process, each serving one request at a time",
		Detail: "An application that is not thread-safe needs 1.",
	},
	{
		Name: "transport", Kind: Choice, Choices: []string{"auto", "ring", "lanes"}, Default: "auto", Placeholder: "KIND",
		Group: Processes,
		Doc:   "how requests reach the processes: ring (shared memory), lanes (sockets), or auto for the ring where it works",
		Detail: "The ring needs Linux and CPython; with auto, a process that cannot use it says so in the log and uses lanes, " +
			"with ring it does not start.",
	},
	{
		Name: "queue-size", Aliases: []string{"daemon-backlog"}, Kind: Int, Placeholder: "NUMBER", Default: "100", Max: 1000000,
		Group: Processes,
		Doc:   "requests that may wait for a free thread; further ones get 503",
	},
	{
		Name: "max-connections", Aliases: []string{"max-clients"}, Kind: Int, Placeholder: "NUMBER", Default: "10000", Min: 1, Max: 1000000,
		Group: Processes,
		Doc:   "open connections of clients, of all listeners together",
	},
}
