package option

// applicationOptions say what is served and by which interpreter.
var applicationOptions = []Option{
	{
		Name: "entry-point", Aliases: []string{"target"}, Kind: Text, Placeholder: "TARGET", Unset: "search",
		Group: Application,
		Doc:   "what to serve; the same as the positional TARGET",
		Detail: "A script file, a module, `module:callable`, a directory, or nothing: then the working directory is " +
			"searched. See `modwsgi-express help target`.",
	},
	{
		Name: "application-type", Kind: Choice, Choices: []string{"auto", "script", "module", "paste"}, Default: "auto",
		Placeholder: "TYPE", Group: Application,
		Doc:    "what TARGET is: script, module, paste, or auto to tell by its form",
		Detail: "mod_wsgi-express takes everything for a script unless told otherwise; here a module is recognised by its form.",
	},
	{
		Name: "callable-object", Kind: Text, Placeholder: "NAME", Unset: "search", Group: Application, Common: true,
		Doc: "the WSGI callable in TARGET, as NAME, OBJECT.ATTRIBUTE or FACTORY()",
		Detail: "Without it `application`, `app`, then the only WSGI callable or factory there is. The part after the " +
			"colon in `module:callable` says the same.",
	},
	{
		Name: "mount-point", Kind: Text, Placeholder: "URL-PATH", Default: "/", Group: Application, Common: true,
		Doc:    "URL path the application is mounted at",
		Detail: "It becomes SCRIPT_NAME; requests outside of it are answered with 404.",
	},
	{
		Name: "working-directory", Kind: Path, Placeholder: "DIR", Unset: "current directory", Group: Application, Common: true,
		Doc:    "directory to run in; it is put on sys.path",
		Detail: "It is also where TARGET, modwsgi-express.toml and a .venv are looked for.",
	},
	{
		Name: "python-path", Kind: Paths, Placeholder: "DIR", Unset: "none", Group: Application, Common: true,
		Doc: "directory to add to sys.path; may be repeated",
	},
	{
		Name: "python", Kind: Text, Placeholder: "FILE", Unset: "search", Group: Interpreter, Common: true,
		Doc: "Python interpreter to run the application with",
		Detail: "A path, a name to look up in PATH, or the directory of a virtualenv. Without it and --virtualenv: " +
			"$VIRTUAL_ENV, then .venv or venv in the working directory, then python3 in PATH. See `modwsgi-express help interpreter`.",
	},
	{
		Name: "virtualenv", Kind: Path, Placeholder: "DIR", Unset: "search", Group: Interpreter, Common: true,
		Doc: "virtualenv whose interpreter and packages to use",
	},
	{
		Name: "python-warnings", Kind: Texts, Placeholder: "FILTER", Unset: "none", Group: Interpreter,
		Doc: "warning filter, as for python -W; may be repeated",
	},
	{
		Name: "switch-interval", Kind: Number, Placeholder: "SECONDS", Unset: "Python's own, 0.005", Group: Interpreter,
		Doc: "how long a Python thread may keep others from running",
	},
}

// environmentOptions fill the two things that are so often taken for each
// other; every line of theirs says which of the two it means.
var environmentOptions = []Option{
	{
		Name: "env", Kind: Pairs, Placeholder: "NAME=VALUE", Unset: "none", Group: Environment, Common: true,
		Doc: "set a variable in os.environ, which --setenv does not; may be repeated",
		Detail: "This is what gunicorn calls raw_env and what DJANGO_SETTINGS_MODULE or DATABASE_URL need. Not to be " +
			"confused with --setenv, which fills the WSGI environ of each request. See `modwsgi-express help environment`.",
	},
	{
		Name: "env-file", Kind: Paths, Placeholder: "FILE", Unset: "none", Group: Environment, Common: true,
		Doc:    "read variables for os.environ from a .env file; may be repeated",
		Detail: "Lines of NAME=VALUE. Later files win over earlier ones, --env wins over all files.",
	},
	{
		Name: "setenv", Kind: Pairs, Placeholder: "NAME=VALUE", Unset: "none", Group: Environment, Common: true, TwoArguments: true,
		Doc: "set a key in the WSGI environ of every request, not in os.environ, which --env does; may be repeated",
		Detail: "As in mod_wsgi-express, whose form `--setenv NAME VALUE` is accepted too. It does not change os.environ: " +
			"for that use --env.",
	},
	{
		Name: "passenv", Kind: Texts, Placeholder: "NAME", Unset: "none", Group: Environment,
		Doc:    "copy a variable of this process to the WSGI environ of every request",
		Detail: "May be repeated. A variable that is not set is left out, as in mod_wsgi-express. os.environ has it in any case.",
	},
	{
		Name: "locale", Kind: Text, Placeholder: "NAME", Unset: "inherited", Group: Environment,
		Doc: "locale of the application: LANG and LC_ALL of its environment",
	},
}
