package option

// Replacement is a mod_wsgi-express option that has no meaning without Apache.
type Replacement struct {
	Name      string
	Arguments int    // how many values follow it there
	Instead   string // what takes its place, a clause
}

// Replaced lists them. They are refused with Instead as the reason: an option
// is never silently ignored. Options that a later version may have do not
// belong here.
var Replaced = []Replacement{
	{"add-handler", 2, "there is no Apache document root whose files could be handled; mount them in the application"},
	{"allow-override", 1, "there are no .htaccess files without Apache"},
	{"application-group", 1, "every worker process has one interpreter, the main one, so C extensions just work"},
	{"chunked-request", 0, "chunked request bodies are always accepted"},
	{"connect-timeout", 1, "workers are connected from the start; --queue-timeout bounds the wait for one"},
	{"debug-mode", 0, "use --processes 1 --threads 1 --reload-on-changes"},
	{"disable-reloading", 0, "nothing is reloaded unless SIGHUP or --reload-on-changes asks for it"},
	{"embedded-mode", 0, "the application always runs in worker processes of its own"},
	{"enable-docs", 0, "the documentation is in this program: modwsgi-express help"},
	{"enable-gdb", 0, "attach a debugger to the pid of a worker, which the log names"},
	{"enable-sendfile", 0, "wsgi.file_wrapper uses sendfile wherever the system can"},
	{"envvars-script", 1, "there is no apachectl; use --env or --env-file for the application's environment"},
	{"free-threading", 0, "choose a free-threaded interpreter with --python"},
	{"gdb-executable", 1, "attach a debugger to the pid of a worker, which the log names"},
	{"header-buffer-size", 1, "response headers have no buffer of their own between worker and server"},
	{"httpd-executable", 1, "this program is the server; no httpd is run"},
	{"include-file", 1, "there is no Apache configuration to include; see modwsgi-express help from-mod_wsgi"},
	{"initial-workers", 1, "all worker processes are started at once; see --processes and --threads"},
	{"lang", 1, "use --locale, or --env LANG=NAME"},
	{"map-head-to-get", 1, "the application sees HEAD as HEAD, and no body is sent to the client"},
	{"maximum-spare-workers", 1, "the number of workers is fixed by --processes and --threads"},
	{"minimum-spare-workers", 1, "the number of workers is fixed by --processes and --threads"},
	{"modules-directory", 1, "there are no Apache modules"},
	{"orphan-interpreter", 0, "a worker exits as Python does, and is killed after --shutdown-timeout"},
	{"process-group", 1, "the workers belong to this server and need no name"},
	{"process-name", 1, "there is no Apache parent process to name"},
	{"python-eggs", 1, "use --env PYTHON_EGG_CACHE=DIR"},
	{"receive-buffer-size", 1, "the system sizes the socket buffers"},
	{"response-flush-delay", 1, "what the application yields is sent at once"},
	{"response-socket-timeout", 1, "use --socket-timeout, which bounds writes to clients"},
	{"rewrite-rules", 1, "there is no mod_rewrite; let the application or a proxy in front redirect"},
	{"rotatelogs-executable", 1, "no program is run for logs; rotate the files and send SIGUSR1, which reopens them"},
	{"send-buffer-size", 1, "the system sizes the socket buffers"},
	{"server-mpm", 1, "there is no Apache MPM; see --processes and --threads"},
	{"shell-executable", 1, "no shell is run"},
	{"socket-prefix", 1, "workers are connected by unnamed sockets, not by files"},
	{"startup-log", 0, "messages from the start are in the same log"},
	{"startup-log-name", 1, "messages from the start are in the same log"},
	{"verbose-debugging", 0, "use --log-level debug"},
	{"with-cgi", 0, "CGI scripts are not run"},
	{"with-php5", 1, "PHP is not run"},
}

// FindReplaced returns the row of that name, nil if there is none.
func FindReplaced(name string) *Replacement {
	for i := range Replaced {
		if Replaced[i].Name == name {
			return &Replaced[i]
		}
	}
	return nil
}
