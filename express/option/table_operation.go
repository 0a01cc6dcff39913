package option

// operationOptions say who the server is, what it writes and how it is run.
var operationOptions = []Option{
	{
		Name: "user", Kind: Text, Placeholder: "NAME", Unset: "stay", Group: Identity, Common: true,
		Doc:    "user to become once the listeners are bound; needs root",
		Detail: "A name or a number. The change is for good and covers the server and the application.",
	},
	{
		Name: "group", Kind: Text, Placeholder: "NAME", Unset: "primary group of the user", Group: Identity, Common: true,
		Doc: "group to become, with --user",
	},
	{
		Name: "umask", Kind: Mode, Placeholder: "MASK", Unset: "inherited", Group: Identity,
		Doc: "file mode creation mask, in octal",
	},
	{
		Name: "allow-root", Kind: Bool, Default: "off", Group: Identity,
		Doc:    "serve as root when started as root without --user",
		Detail: "Every bug of the application is then a bug of root. For containers in which there is no other user.",
	},
	{
		Name: "pid-file", Kind: Path, Placeholder: "FILE", Unset: "none", Group: Identity,
		Doc:    "file for the process id; locked while the server runs",
		Detail: "A second server with the same file refuses to start. A file whose server is gone is replaced.",
	},
	{
		Name: "log-level", Kind: Choice, Choices: []string{"debug", "info", "warn", "error"}, Default: "info", Placeholder: "LEVEL",
		Group: Logging, Common: true,
		Doc: "least severity that is logged: debug, info, warn or error",
	},
	{
		Name: "log-format", Kind: Choice, Choices: []string{"auto", "console", "json"}, Default: "auto", Placeholder: "FORMAT", Group: Logging,
		Doc: "console, json, or auto: console on a terminal, else json",
	},
	{
		Name: "log-directory", Kind: Path, Placeholder: "DIR", Unset: "standard error", Group: Logging, Common: true,
		Doc: "write the logs to files in this directory",
	},
	{
		Name: "log-to-terminal", Kind: Bool, Default: "off", Group: Logging,
		Doc:    "write to standard error although a file or the environment says --log-directory",
		Detail: "Without a log directory this is so anyway. Both in one place contradict each other and are refused.",
	},
	{
		Name: "error-log-name", Kind: Text, Placeholder: "NAME", Default: "error_log", Group: Logging,
		Doc: "file name of the server's log in the log directory",
	},
	{
		Name: "access-log", Kind: Bool, Default: "off", Group: Logging, Common: true,
		Doc:    "log every request",
		Detail: "To a file in the log directory, or to standard output where there is no log directory.",
	},
	{
		Name: "access-log-format", Kind: Text, Placeholder: "FORMAT", Default: "combined", Group: Logging,
		Doc: "common, combined, json, or an Apache format string such as \"%h %r %>s\"",
	},
	{
		Name: "access-log-name", Kind: Text, Placeholder: "NAME", Default: "access_log", Group: Logging,
		Doc: "file name of the access log in the log directory",
	},
	{
		Name: "reload-on-changes", Kind: Bool, Default: "off", Group: Development, Common: true,
		Doc:    "reload when a source file or template changes; development only",
		Detail: "The traceback of an application that cannot be loaded is then shown in the browser.",
	},
	{
		Name: "config", Kind: Path, Placeholder: "FILE", Unset: "modwsgi-express.toml, if there", Group: Configuration, Common: true, NotInFile: true,
		Doc:    "configuration file",
		Detail: "Without it modwsgi-express.toml in the working directory is read if it exists. See `modwsgi-express help configuration-file`.",
	},
}
