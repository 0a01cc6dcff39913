package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"modwsgi-express/core/front"
	"modwsgi-express/core/server"
	"modwsgi-express/express/option"
)

// Build makes the configuration of the server: it looks for the interpreter,
// reads the env files, and checks what several options say together. The error
// joins everything that is wrong.
func (s *Settings) Build() (server.Config, error) {
	b := builder{Settings: s}
	cfg := server.Config{
		Backlog:         s.number("server-backlog"),
		Front:           b.front(),
		Logs:            b.logs(),
		Identity:        b.identity(),
		PIDFile:         s.text("pid-file"),
		GracefulTimeout: s.duration("graceful-timeout"),
		ShutdownTimeout: s.duration("shutdown-timeout"),
		Applications:    []server.Application{b.application()},
	}
	addresses, problems := s.listen()
	cfg.Listen = addresses
	b.problems = append(b.problems, problems...)
	return cfg, errors.Join(b.problems...)
}

// builder collects problems on the way.
type builder struct {
	*Settings
	problems []error
}

func (b *builder) refuse(err error) {
	if err != nil {
		b.problems = append(b.problems, err)
	}
}

// refusef is the problem of a setting.
func (b *builder) refusef(set *Setting, hint, format string, args ...any) {
	p := set.problem(fmt.Sprintf(format, args...))
	p.Hint = hint
	b.refuse(p)
}

// refuseMissing is the problem of a directory that is not there: a fact of the
// machine, not of the command line.
func (b *builder) refuseMissing(name, hint string) {
	p := b.Get(name).problem("there is no such directory")
	p.Hint, p.Usage = hint, false
	b.refuse(p)
}

func (s *Settings) duration(name string) time.Duration { return s.Get(name).Value.Duration }

func (b *builder) front() front.Config {
	cfg := front.Config{
		LimitRequestLine:      b.number("limit-request-line"),
		LimitRequestFields:    b.number("limit-request-fields"),
		LimitRequestFieldSize: b.number("limit-request-field-size"),
		LimitRequestHead:      b.number("limit-request-head"),
		LimitRequestBody:      b.Get("limit-request-body").Value.Int,
		MaxConnections:        b.number("max-connections"),
		HeaderTimeout:         b.duration("header-timeout"),
		HeaderMaxTimeout:      b.duration("header-max-timeout"),
		HeaderMinRate:         b.number("header-min-rate"),
		BodyTimeout:           b.duration("body-timeout"),
		BodyMaxTimeout:        b.duration("body-max-timeout"),
		BodyMinRate:           b.number("body-min-rate"),
		KeepAliveTimeout:      b.duration("keep-alive-timeout"),
		SocketTimeout:         b.duration("socket-timeout"),
		BufferRequests:        b.on("request-buffering"),
		BodyBuffer:            b.number("request-buffer-size"),
		SpoolDirectory:        b.text("spool-directory"),
		ResponseBuffer:        b.number("response-buffer-size"),
		ServerHeader:          b.text("server-header"),
	}
	b.atLeast("header-max-timeout", "header-timeout")
	b.atLeast("body-max-timeout", "body-timeout")
	for _, name := range []string{"limit-request-line", "limit-request-field-size"} {
		if set := b.Get(name); b.number(name) > cfg.LimitRequestHead && !b.Get("limit-request-head").invalid {
			b.refusef(set, "raise --limit-request-head", "it is more than the whole head may have (%s)", option.FormatSize(int64(cfg.LimitRequestHead)))
		}
	}
	if d := cfg.SpoolDirectory; d != "" && !isDirectory(d) {
		b.refuseMissing("spool-directory", "")
	}
	if !isFieldValue(cfg.ServerHeader) {
		b.refusef(b.Get("server-header"), "", "expected printable ASCII characters")
	}
	return cfg
}

// atLeast refuses a cap that is below what it caps; 0 is no cap. The setting
// that was given is the one at fault, the cap if both were.
func (b *builder) atLeast(limit, start string) {
	most, least := b.Get(limit), b.Get(start)
	if most.invalid || least.invalid || most.Value.Duration == 0 || most.Value.Duration >= least.Value.Duration {
		return
	}
	if b.given(limit) {
		b.refusef(most, "0 means no cap", "it is less than %s (%v)", least.Option.Flag(), least.Value.Duration)
	} else {
		b.refusef(least, "raise "+most.Option.Flag()+" too", "it is more than %s (%v)", most.Option.Flag(), most.Value.Duration)
	}
}

// isFieldValue tells whether text can be the value of a header field of ours.
func isFieldValue(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return text == strings.TrimSpace(text)
}

func (b *builder) identity() server.IdentityConfig {
	cfg := server.IdentityConfig{User: b.text("user"), Group: b.text("group"), AllowRoot: b.on("allow-root"), Umask: -1}
	if set := b.Get("umask"); set.Raw != nil {
		cfg.Umask = int(set.Value.Int)
	}
	if cfg.User == "" {
		b.problems = append(b.problems, b.dead("group", "it goes with --user")...)
	}
	return cfg
}

func (b *builder) logs() server.LogConfig {
	cfg := server.LogConfig{
		Level:      b.text("log-level"),
		Format:     b.text("log-format"),
		Directory:  b.text("log-directory"),
		ErrorName:  b.text("error-log-name"),
		AccessName: b.text("access-log-name"),
	}
	if b.on("log-to-terminal") {
		winner, err := b.exclusive("log-directory", "log-to-terminal", "the logs go to one place")
		b.refuse(err)
		if winner == "log-to-terminal" {
			cfg.Directory = ""
		}
	}
	if b.on("access-log") {
		cfg.AccessFormat = b.text("access-log-format")
		if cfg.AccessFormat == "" {
			b.refusef(b.Get("access-log-format"), "", "expected common, combined, json or a format string")
		}
	} else if !b.given("access-log") {
		// With access-log switched off on purpose the others may wait for it.
		b.problems = append(b.problems, b.dead("access-log-format", "the access log is off; --access-log turns it on")...)
		b.problems = append(b.problems, b.dead("access-log-name", "the access log is off; --access-log turns it on")...)
	}
	b.logNames(cfg)
	return cfg
}

func (b *builder) logNames(cfg server.LogConfig) {
	for _, name := range []string{"error-log-name", "access-log-name"} {
		set := b.Get(name)
		if text := set.Value.Text; text == "" || text == "." || text == ".." || strings.ContainsAny(text, `/\`) {
			b.refusef(set, "the directory is --log-directory", "expected the name of a file, without a directory")
		}
		unused := name == "access-log-name" && cfg.AccessFormat == "" // reported as that
		if cfg.Directory == "" && !b.on("log-to-terminal") && !unused {
			b.problems = append(b.problems, b.dead(name, "it is the name of a file in --log-directory")...)
		}
	}
	if cfg.Directory != "" && cfg.ErrorName == cfg.AccessName && cfg.AccessFormat != "" {
		b.refusef(b.Get("access-log-name"), "", "the server's own log has that name")
	}
	if cfg.Directory != "" && !isDirectory(cfg.Directory) {
		b.refuseMissing("log-directory", "make it first, writable for whoever the server runs as")
	}
}

func (b *builder) application() server.Application {
	app := server.Application{
		MountPoint:       b.mountPoint(),
		WorkingDirectory: b.WorkingDirectory(),
		Target:           b.target(),
		ApplicationType:  b.text("application-type"),
		CallableObject:   b.text("callable-object"),
		PythonPath:       b.Get("python-path").Value.List,
		SwitchInterval:   b.Get("switch-interval").Value.Number,
		Processes:        b.number("processes"),
		Threads:          b.number("threads"),
		Transport:        b.text("transport"),
		QueueSize:        b.number("queue-size"),
		QueueTimeout:     b.duration("queue-timeout"),
		RequestTimeout:   b.duration("request-timeout"),
		StartupTimeout:   b.duration("startup-timeout"),
		ReloadOnChanges:  b.on("reload-on-changes"),
	}
	if app.ApplicationType == "auto" {
		app.ApplicationType = ""
	}
	for _, filter := range b.Get("python-warnings").Value.List {
		app.InterpreterArgs = append(app.InterpreterArgs, "-W", filter)
	}
	if !isDirectory(app.WorkingDirectory) {
		// Everything else is looked for in it.
		b.refuseMissing("working-directory", "")
		return app
	}
	interpreter, err := b.Interpreter()
	b.refuse(err)
	app.Interpreter, app.InterpreterOrigin = interpreter.Path, interpreter.Origin
	var problems []error
	app.Environment, problems = b.workerEnvironment(interpreter)
	b.problems = append(b.problems, problems...)
	app.Environ, problems = b.wsgiEnviron()
	b.problems = append(b.problems, problems...)
	return app
}

// mountPoint is "" for the root, else "/prefix".
func (b *builder) mountPoint() string {
	set := b.Get("mount-point")
	text := set.Value.Text
	switch {
	case !strings.HasPrefix(text, "/"):
		b.refusef(set, "write "+strconv.Quote("/"+text), "expected a path that begins with /")
	case strings.ContainsAny(text, "?#%\\") || !isFieldValue(text) || strings.Contains(text, "//"):
		b.refusef(set, "", "expected a plain path, such as /shop")
	case strings.Contains(text+"/", "/./") || strings.Contains(text+"/", "/../"):
		b.refusef(set, "", "expected a path without . and ..")
	}
	return strings.TrimRight(text, "/")
}

// target is what to serve. A file that exists from where the command was typed,
// and not in the working directory, is meant where it exists: mod_wsgi-express
// reads "start-server site/wsgi.py --working-directory site" so.
func (b *builder) target() string {
	set := b.Get("entry-point")
	text := set.Value.Text
	file, callable, _ := strings.Cut(text, ":")
	if filepath.VolumeName(text) != "" {
		file, callable = text, ""
	}
	here := absolute(b.base(set), file)
	if file == "" || filepath.IsAbs(file) || here == filepath.Join(b.WorkingDirectory(), file) {
		return text
	}
	if _, err := os.Stat(here); err != nil {
		return text
	}
	if _, err := os.Stat(filepath.Join(b.WorkingDirectory(), file)); err == nil {
		return text
	}
	if callable != "" {
		here += ":" + callable
	}
	return here
}
