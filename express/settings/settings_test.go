package settings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"modwsgi-express/core/server"
	"modwsgi-express/express/option"
	"modwsgi-express/express/settings"
)

// fixture is a directory to work in, with an interpreter in .venv.
type fixture struct {
	t         testing.TB
	directory string
}

func newFixture(t testing.TB) fixture {
	t.Helper()
	f := fixture{t, t.TempDir()}
	f.virtualenv(".venv")
	return f
}

func (f fixture) path(name string) string {
	return filepath.Join(f.directory, filepath.FromSlash(name))
}

func (f fixture) write(name, text string) string {
	f.t.Helper()
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
	return path
}

func (f fixture) program(name string) string {
	f.t.Helper()
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	path := f.write(name, "")
	if err := os.Chmod(path, 0o755); err != nil {
		f.t.Fatal(err)
	}
	return path
}

func (f fixture) virtualenv(name string) string {
	f.t.Helper()
	f.write(name+"/pyvenv.cfg", "")
	return f.program(name + "/" + bin() + "/python")
}

func bin() string {
	if runtime.GOOS == "windows" {
		return "Scripts"
	}
	return "bin"
}

// input is what a command line and an environment say; $DIR in a value is the
// fixture's directory.
func (f fixture) input(environ []string, args ...string) settings.Input {
	f.t.Helper()
	in := settings.Input{Directory: f.directory}
	for _, v := range environ {
		in.Environ = append(in.Environ, strings.ReplaceAll(v, "$DIR", f.directory))
	}
	for _, a := range args {
		name, value, inline := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		o := option.Find(name)
		if o == nil {
			f.t.Fatalf("there is no option %s", name)
		}
		if !inline {
			value = "on"
		}
		in.Flags = append(in.Flags, settings.Given{Option: o, As: "--" + name, Value: strings.ReplaceAll(value, "$DIR", f.directory)})
	}
	return in
}

func (f fixture) build(environ []string, args ...string) server.Config {
	f.t.Helper()
	cfg, err := f.try(environ, args...)
	if err != nil {
		f.t.Fatalf("%q %q: %v", environ, args, err)
	}
	return cfg
}

func (f fixture) try(environ []string, args ...string) (server.Config, error) {
	f.t.Helper()
	s, err := settings.Resolve(f.input(environ, args...))
	if err != nil {
		return server.Config{}, err
	}
	return s.Build()
}

// effects gives each option a value that is not the default, and what has to
// be there for it to count.
var effects = map[string]struct {
	args []string
	with []string // given in both cases
}{
	"entry-point":              {args: []string{"--entry-point=app.py"}},
	"transport":                {args: []string{"--transport=lanes"}},
	"application-type":         {args: []string{"--application-type=module"}},
	"callable-object":          {args: []string{"--callable-object=app"}},
	"mount-point":              {args: []string{"--mount-point=/shop"}},
	"working-directory":        {args: []string{"--working-directory=other"}},
	"python-path":              {args: []string{"--python-path=lib"}},
	"python":                   {args: []string{"--python=other/.venv"}},
	"virtualenv":               {args: []string{"--virtualenv=other/.venv"}},
	"python-warnings":          {args: []string{"--python-warnings=error"}},
	"switch-interval":          {args: []string{"--switch-interval=0.01"}},
	"env":                      {args: []string{"--env=A=1"}},
	"env-file":                 {args: []string{"--env-file=.env"}},
	"setenv":                   {args: []string{"--setenv=A=1"}},
	"passenv":                  {args: []string{"--passenv=HOME"}},
	"locale":                   {args: []string{"--locale=C.UTF-8"}},
	"host":                     {args: []string{"--host=127.0.0.1"}},
	"port":                     {args: []string{"--port=80"}},
	"listen":                   {args: []string{"--listen=127.0.0.1:80"}},
	"socket-mode":              {args: []string{"--socket-mode=0666"}, with: []string{"--listen=unix:s"}},
	"server-backlog":           {args: []string{"--server-backlog=7"}},
	"server-header":            {args: []string{"--server-header="}},
	"processes":                {args: []string{"--processes=7"}},
	"threads":                  {args: []string{"--threads=7"}},
	"queue-size":               {args: []string{"--queue-size=7"}},
	"max-connections":          {args: []string{"--max-connections=7"}},
	"request-timeout":          {args: []string{"--request-timeout=7"}},
	"queue-timeout":            {args: []string{"--queue-timeout=7"}},
	"header-timeout":           {args: []string{"--header-timeout=7"}},
	"header-max-timeout":       {args: []string{"--header-max-timeout=70"}},
	"header-min-rate":          {args: []string{"--header-min-rate=7"}},
	"body-timeout":             {args: []string{"--body-timeout=7"}},
	"body-max-timeout":         {args: []string{"--body-max-timeout=70"}},
	"body-min-rate":            {args: []string{"--body-min-rate=7"}},
	"keep-alive-timeout":       {args: []string{"--keep-alive-timeout=7"}},
	"socket-timeout":           {args: []string{"--socket-timeout=7"}},
	"startup-timeout":          {args: []string{"--startup-timeout=7"}},
	"graceful-timeout":         {args: []string{"--graceful-timeout=7"}},
	"shutdown-timeout":         {args: []string{"--shutdown-timeout=7"}},
	"limit-request-body":       {args: []string{"--limit-request-body=1k"}},
	"limit-request-line":       {args: []string{"--limit-request-line=1k"}},
	"limit-request-fields":     {args: []string{"--limit-request-fields=7"}},
	"limit-request-field-size": {args: []string{"--limit-request-field-size=1k"}},
	"limit-request-head":       {args: []string{"--limit-request-head=32k"}},
	"request-buffering":        {args: []string{"--request-buffering=off"}},
	"request-buffer-size":      {args: []string{"--request-buffer-size=32k"}},
	"spool-directory":          {args: []string{"--spool-directory=other"}},
	"response-buffer-size":     {args: []string{"--response-buffer-size=32k"}},
	"user":                     {args: []string{"--user=www"}},
	"group":                    {args: []string{"--group=www"}, with: []string{"--user=www"}},
	"umask":                    {args: []string{"--umask=027"}},
	"pid-file":                 {args: []string{"--pid-file=other"}},
	"allow-root":               {args: []string{"--allow-root"}},
	"log-level":                {args: []string{"--log-level=debug"}},
	"log-format":               {args: []string{"--log-format=json"}},
	"log-directory":            {args: []string{"--log-directory=other"}},
	"log-to-terminal":          {args: []string{"--log-to-terminal"}, with: []string{"--config=logging.toml"}},
	"error-log-name":           {args: []string{"--error-log-name=e"}, with: []string{"--log-directory=other"}},
	"access-log":               {args: []string{"--access-log"}},
	"access-log-format":        {args: []string{"--access-log-format=json"}, with: []string{"--access-log"}},
	"access-log-name":          {args: []string{"--access-log-name=a"}, with: []string{"--access-log", "--log-directory=other"}},
	"reload-on-changes":        {args: []string{"--reload-on-changes"}},
	"config":                   {args: []string{"--config=logging.toml"}},
}

// TestEveryOptionHasEffect: each option changes the configuration of the
// server, given as a flag and given as a variable.
func TestEveryOptionHasEffect(t *testing.T) {
	f := newFixture(t)
	f.virtualenv("other/.venv")
	f.write(".env", "B=2\n")
	f.write("logging.toml", `log-directory = "other"`+"\n")
	for i := range option.Table {
		o := &option.Table[i]
		t.Run(o.Name, func(t *testing.T) {
			effect, ok := effects[o.Name]
			if !ok {
				t.Fatal("no value to try")
			}
			f := fixture{t, f.directory}
			environ := []string{"HOME=/root"}
			before := f.build(environ, effect.with...)
			if cmp.Equal(before, f.build(environ, append(effect.with, effect.args...)...)) {
				t.Errorf("%q changes nothing", effect.args)
			}
			_, value, inline := strings.Cut(effect.args[0], "=")
			if !inline {
				value = "on"
			}
			if value == "" {
				return // an empty variable says nothing
			}
			variable := o.Env() + "=" + value
			if cmp.Equal(before, f.build(append(environ, variable), effect.with...)) {
				t.Errorf("%s changes nothing", variable)
			}
		})
	}
	if len(effects) != len(option.Table) {
		t.Errorf("%d values to try for %d options", len(effects), len(option.Table))
	}
}

// TestPrecedence: whichever layers speak about an option, the highest counts,
// with its origin.
func TestPrecedence(t *testing.T) {
	f := newFixture(t)
	names := []string{"processes", "threads", "queue-size", "limit-request-fields", "setenv", "python-warnings"}
	rapid.Check(t, func(t *rapid.T) {
		var (
			file     strings.Builder
			environ  []string
			flags    []string
			expected = map[string][2]string{} // name: values, origin
			line     int
		)
		for _, name := range names {
			o := option.Find(name)
			values := func() []string {
				if !o.Repeatable() {
					return []string{fmt.Sprint(rapid.IntRange(1, 1000).Draw(t, name))}
				}
				return rapid.SliceOfN(rapid.StringMatching(`[A-Z]{1,3}=[a-z0-9]{0,3}`), 1, 3).Draw(t, name)
			}
			if rapid.Bool().Draw(t, name+" in file") {
				v := values()
				line++
				fmt.Fprintf(&file, "%s = %s\n", name, tomlOf(o, v))
				expected[name] = [2]string{fmt.Sprint(v), fmt.Sprintf("modwsgi-express.toml:%d", line)}
			}
			if rapid.Bool().Draw(t, name+" in environment") {
				v := values()
				environ = append(environ, o.Env()+"="+strings.Join(v, " "))
				expected[name] = [2]string{fmt.Sprint(v), "$" + o.Env()}
			}
			if rapid.Bool().Draw(t, name+" in flags") {
				v := values()
				for _, value := range v {
					flags = append(flags, "--"+name+"="+value)
				}
				expected[name] = [2]string{fmt.Sprint(v), "--" + name}
			}
		}
		f.write(settings.FileName, file.String())
		s, err := settings.Resolve(f.input(environ, flags...))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			want, given := expected[name]
			if !given {
				want = [2]string{"[" + option.Find(name).Default + "]", "default"}
			}
			set := s.Get(name)
			if got := [2]string{fmt.Sprint(set.Raw), set.Origin.String()}; got != want {
				t.Fatalf("%s is %q, expected %q", name, got, want)
			}
		}
	})
}

func tomlOf(o *option.Option, values []string) string {
	if !o.Repeatable() {
		return values[0]
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = fmt.Sprintf("%q", v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// TestDefaults: the configuration that no layer said anything about.
func TestDefaults(t *testing.T) {
	f := newFixture(t)
	cfg := f.build([]string{"PATH=/bin"})
	app := cfg.Applications[0]
	if got := cfg.Listen[0]; got.Network != "tcp" || got.Address != ":8000" {
		t.Errorf("listens on %v", got)
	}
	if app.Interpreter != f.path(".venv/"+bin()+"/python") && runtime.GOOS != "windows" {
		t.Errorf("interpreter %s", app.Interpreter)
	}
	if cfg.Front.LimitRequestBody != 10485760 || cfg.Front.LimitRequestHead != 65536 || app.MountPoint != "" || cfg.Identity.Umask != -1 || app.ApplicationType != "" {
		t.Errorf("%+v", cfg)
	}
}
