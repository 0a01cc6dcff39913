package settings_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/express/settings"
)

// TestFileForms: the ways a value can be written, and the line it is found in.
func TestFileForms(t *testing.T) {
	f := newFixture(t)
	f.write("conf/site.toml", `# a comment
"port" = 8001 # port = 1
request-timeout = 1.5
queue-timeout = "2m"
limit-request-body = "1m"
access-log = true
access-log-format = '''
port = 99
'''
listen = [
  "unix:app.sock", # a "comment
  ":80",
]
env = { A = "1", B = 2 }
python-path = "lib"
socket-mode = "0600"

[setenv]
threads = "in the table"
`)
	s, err := settings.Resolve(f.input(nil, "--config=conf/site.toml"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"port": "[8001] conf/site.toml:2", "request-timeout": "[1.5] conf/site.toml:3", "queue-timeout": "[2m] conf/site.toml:4",
		"access-log": "[on] conf/site.toml:6", "access-log-format": "[port = 99\n] conf/site.toml:7",
		"listen": "[unix:app.sock :80] conf/site.toml:10", "env": "[A=1 B=2] conf/site.toml:14", "python-path": "[lib] conf/site.toml:15",
		"socket-mode": "[0600] conf/site.toml:16", "setenv": "[threads=in the table] conf/site.toml:18", "threads": "[5] default",
	}
	got := map[string]string{}
	for name := range want {
		set := s.Get(name)
		got[name] = bracket(set.Raw) + " " + set.Origin.String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if path := s.Get("python-path").Value.List[0]; path != f.path("conf/lib") {
		t.Errorf("a relative path in the file is %s", path)
	}
}

func bracket(list []string) string {
	text := "["
	for i, s := range list {
		if i > 0 {
			text += " "
		}
		text += s
	}
	return text + "]"
}

// TestFileIsFound: in the working directory, whichever layer above the file
// says which that is.
func TestFileIsFound(t *testing.T) {
	f := newFixture(t)
	f.write(settings.FileName, "port = 1\n")
	f.write("site/"+settings.FileName, "port = 2\n")
	for _, c := range []struct {
		environ, args []string
		want          int64
	}{
		{nil, nil, 1},
		{nil, []string{"--working-directory=site"}, 2},
		{[]string{"MODWSGI_WORKING_DIRECTORY=site"}, nil, 2},
		{[]string{"MODWSGI_CONFIG=site/modwsgi-express.toml"}, nil, 2},
		{[]string{"MODWSGI_CONFIG=missing"}, []string{"--config=modwsgi-express.toml"}, 1},
	} {
		s, err := settings.Resolve(f.input(c.environ, c.args...))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Get("port").Value.Int; got != c.want {
			t.Errorf("%q %q: port %d, expected %d", c.environ, c.args, got, c.want)
		}
	}
}
