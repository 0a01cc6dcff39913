package wsgi_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

var update = flag.Bool("update", false, "write the golden files anew")

// environ is what /environ tells.
type environ struct {
	Environ map[string]struct {
		Type  string `json:"type"`
		Value any    `json:"value"`
	} `json:"environ"`
	AlsoInOsEnviron []string `json:"also_in_os_environ"`
}

func askEnviron(t *testing.T, s *harness.Server, address, raw string) environ {
	t.Helper()
	c := harness.Dial(t, cmp.Or(address, s.Address()))
	c.Send(raw)
	res := c.Expect("GET", 200)
	var e environ
	if err := json.Unmarshal(res.Body, &e); err != nil {
		t.Fatalf("%v in %.300q", err, res.Body)
	}
	return e
}

// text is the value of a key, "absent" if there is none.
func (e environ) text(key string) string {
	v, ok := e.Environ[key]
	if !ok {
		return "absent"
	}
	if s, ok := v.Value.(string); ok {
		return s
	}
	return fmt.Sprint(v.Value)
}

// varying are the values that differ from run to run: what they have to look
// like, and what stands for them in the golden file.
var varying = map[string]struct{ pattern, name string }{
	"REMOTE_PORT":                {`\d+`, "<client port>"},
	"SERVER_PORT":                {`\d+`, "<port>"},
	"mod_wsgi.listener_port":     {`\d+`, "<port>"},
	"SERVER_SOFTWARE":            {`modwsgi-express(/\S+)?`, "modwsgi-express"},
	"SCRIPT_FILENAME":            {`/.*/contract/app\.py`, "<script>"},
	"mod_wsgi.handler_script":    {`.*`, "<script>"},
	"mod_wsgi.server_pid":        {`[\d.e+]+`, "<pid>"},
	"mod_wsgi.process_group":     {`\S+`, "<process group>"},
	"mod_wsgi.request_id":        {`[0-9a-z]+-[0-9a-z]+`, "<request>"},
	"mod_wsgi.connection_id":     {`[0-9a-z]+`, "<connection>"},
	"mod_wsgi.thread_id":         {`\d+`, "<thread>"},
	"mod_wsgi.request_start":     {`[\d.e+]+`, "<time>"},
	"mod_wsgi.queue_start":       {`[\d.e+]+`, "<time>"},
	"mod_wsgi.daemon_start":      {`[\d.e+]+`, "<time>"},
	"mod_wsgi.application_start": {`[\d.e+]+`, "<time>"},
	"mod_wsgi.version":           {`\[\d+ \d+ \d+\]`, "<version>"},
	"mod_wsgi.callable_object":   {`application`, "application"},
}

// TestEnvironGolden: all keys of a plain request, no more and no fewer.
func TestEnvironGolden(t *testing.T) {
	s, _ := serve(t, "contract")
	e := askEnviron(t, s, "", "GET /environ?a=1&b=%20x HTTP/1.1\r\nHost: www.example.org:81\r\nAccept: */*\r\nX-Two-Words: v\r\n\r\n")
	var lines []string
	for key, v := range e.Environ {
		value := e.text(key)
		if known, ok := varying[key]; ok {
			if !regexp.MustCompile(`^(?:` + known.pattern + `)$`).MatchString(value) {
				t.Errorf("%s is %q, expected something like %s", key, value, known.pattern)
			}
			value = known.name
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", key, v.Type, value))
	}
	slices.Sort(lines)
	compareGolden(t, "environ.golden", strings.Join(lines, "\n")+"\n")
	if len(e.AlsoInOsEnviron) > 0 {
		t.Errorf("in environ and in os.environ: %q", e.AlsoInOsEnviron)
	}
	_, port, err := net.SplitHostPort(s.Address())
	if err != nil {
		t.Fatal(err)
	}
	if got := e.text("SERVER_PORT"); got != port {
		t.Errorf("SERVER_PORT is %s, the server listens on %s", got, port)
	}
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (write it anew with -update if this is meant):\ngot:\n%s\nexpected:\n%s", path, got, want)
	}
}

// TestEnvironOfRequests: one row for each rule of turning a request into keys.
func TestEnvironOfRequests(t *testing.T) {
	s, _ := serve(t, "contract")
	for _, c := range []struct {
		name, fields string
		want         map[string]string
	}{
		{"no body", "", map[string]string{"CONTENT_LENGTH": "absent", "CONTENT_TYPE": "absent", "HTTP_CONTENT_LENGTH": "absent"}},
		{"empty body", "Content-Length: 0\r\n", map[string]string{"CONTENT_LENGTH": "0"}},
		{"type", "Content-Type: text/x\r\n", map[string]string{"CONTENT_TYPE": "text/x", "HTTP_CONTENT_TYPE": "absent"}},
		{"repeated", "X-A: 1\r\nx-a: 2\r\n", map[string]string{"HTTP_X_A": "1, 2"}},
		{"cookies", "Cookie: a=1\r\nCookie: b=2\r\n", map[string]string{"HTTP_COOKIE": "a=1; b=2"}},
		{"underscore", "X_A: bad\r\n", map[string]string{"HTTP_X_A": "absent"}},
		{"underscore and dash", "X_A: bad\r\nX-A: good\r\nX_a: bad\r\n", map[string]string{"HTTP_X_A": "good"}},
		{"content_length", "Content_Length: 5\r\n", map[string]string{"CONTENT_LENGTH": "absent", "HTTP_CONTENT_LENGTH": "absent"}},
		{"httpoxy", "Proxy: http://evil.example\r\n", map[string]string{"HTTP_PROXY": "absent"}},
		{"identity", "Remote-User: root\r\nRemote_User: root\r\n", map[string]string{"REMOTE_USER": "absent"}},
		{"names of the server's", "Https: on\r\nScript-Name: /x\r\nPath-Info: /x\r\n",
			map[string]string{"HTTPS": "absent", "SCRIPT_NAME": "", "PATH_INFO": "/environ"}},
		{"latin-1", "X-Latin: caf\xe9\r\n", map[string]string{"HTTP_X_LATIN": "caf\u00e9"}},
		{"authorization", "Authorization: Basic eDp5\r\n", map[string]string{"HTTP_AUTHORIZATION": "Basic eDp5"}},
		{"empty value", "X-Empty:\r\n", map[string]string{"HTTP_X_EMPTY": ""}},
	} {
		e := askEnviron(t, s, "", "GET /environ HTTP/1.1\r\nHost: test\r\n"+c.fields+"\r\n")
		for key, want := range c.want {
			if got := e.text(key); got != want {
				t.Errorf("%s: %s is %q, expected %q", c.name, key, got, want)
			}
		}
	}
}

// TestEnvironOfTargets: the path decoded once, its bytes as latin-1, and the
// target as it was sent.
func TestEnvironOfTargets(t *testing.T) {
	gates := harness.NewGates(t)
	s := harness.Start(t, harness.Options{Target: filepath.Join(harness.App("oracle"), "app.py"), Env: []string{gates.Env()}})
	for _, c := range []struct{ target, path, query, uri string }{
		{"/", "/", "", "/"},
		{"/?", "/", "", "/?"},
		{"/a%20b?c%20d", "/a b", "c%20d", "/a%20b?c%20d"},
		{"/caf%C3%A9", "/caf\u00c3\u00a9", "", "/caf%C3%A9"},
		{"/%ff%fe", "/\u00ff\u00fe", "", "/%ff%fe"},
		{"/a%2Fb", "/a/b", "", "/a%2Fb"},
		{"/a%252Fb", "/a%2Fb", "", "/a%252Fb"},
		{"//a//b", "//a//b", "", "//a//b"},
		{"/a/../b", "/a/../b", "", "/a/../b"},
		{"/a?b?c", "/a", "b?c", "/a?b?c"},
		{"/a;x=1", "/a;x=1", "", "/a;x=1"},
		{"http://other.example:8080/x?y", "/x", "y", "http://other.example:8080/x?y"},
	} {
		raw := harness.Compose("GET", c.target, "")
		if strings.HasPrefix(c.target, "http:") {
			raw = "GET " + c.target + " HTTP/1.1\r\nHost: other.example:8080\r\n\r\n"
		}
		res := harness.Request(t, s, "GET", raw)
		var got struct{ Environ map[string]any }
		if err := json.Unmarshal(res.Body, &got); err != nil {
			t.Errorf("%s: %d %.200q", c.target, res.Status, res.Body)
			continue
		}
		for key, want := range map[string]string{"PATH_INFO": c.path, "QUERY_STRING": c.query, "REQUEST_URI": c.uri, "RAW_URI": c.uri, "SCRIPT_NAME": ""} {
			if got.Environ[key] != want {
				t.Errorf("%s: %s is %q, expected %q", c.target, key, got.Environ[key], want)
			}
		}
	}
}

// TestMountPoint: the mount point is SCRIPT_NAME, and there is nothing outside.
func TestMountPoint(t *testing.T) {
	s := harness.Start(t, harness.Options{Target: filepath.Join(harness.App("oracle"), "app.py"), Probe: "/mnt/", Args: []string{"--mount-point", "/mnt"}})
	for target, want := range map[string][2]string{
		"/mnt": {"/mnt", ""}, "/mnt/": {"/mnt", "/"}, "/mnt/a/b": {"/mnt", "/a/b"}, "/mnt//a": {"/mnt", "//a"}, "/m%6et/a": {"/mnt", "/a"},
	} {
		var got struct{ Environ map[string]any }
		res := get(t, s, target)
		if err := json.Unmarshal(res.Body, &got); err != nil {
			t.Errorf("%s: %d %.200q", target, res.Status, res.Body)
			continue
		}
		if got.Environ["SCRIPT_NAME"] != want[0] || got.Environ["PATH_INFO"] != want[1] {
			t.Errorf("%s: SCRIPT_NAME %q, PATH_INFO %q, expected %q", target, got.Environ["SCRIPT_NAME"], got.Environ["PATH_INFO"], want)
		}
	}
	for _, target := range []string{"/", "/other", "/mntx", "/MNT/"} {
		if res := get(t, s, target); res.Status != 404 {
			t.Errorf("%s: status %d, expected 404", target, res.Status)
		}
	}
}

// TestTruthOfFlags: wsgi.multithread and wsgi.multiprocess say what is.
func TestTruthOfFlags(t *testing.T) {
	for _, c := range []struct {
		processes, threads        int
		multiprocess, multithread string
	}{{1, 1, "false", "false"}, {1, 2, "false", "true"}, {2, 1, "true", "false"}, {2, 2, "true", "true"}} {
		s := harness.Start(t, harness.Options{Target: script("contract"), Processes: c.processes, Args: []string{"--threads", fmt.Sprint(c.threads)}})
		e := askEnviron(t, s, "", harness.Compose("GET", "/environ", ""))
		if e.text("wsgi.multiprocess") != c.multiprocess || e.text("wsgi.multithread") != c.multithread {
			t.Errorf("%d processes, %d threads: multiprocess %s, multithread %s", c.processes, c.threads, e.text("wsgi.multiprocess"), e.text("wsgi.multithread"))
		}
	}
}

// TestTwoEnvironments: --setenv and --passenv fill the environ of requests and
// not os.environ, --env and --env-file os.environ and not the environ.
func TestTwoEnvironments(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte("FROM_FILE=file value\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := harness.Start(t, harness.Options{Target: script("contract"), Env: []string{"INHERITED=kept", "PASSED=on"},
		Args: []string{"--setenv", "SET=1", "--setenv", "OLD", "form", "--passenv", "PASSED", "--passenv", "NOT_THERE", "--env", "GIVEN=2", "--env-file", file}})
	e := askEnviron(t, s, "", harness.Compose("GET", "/environ", ""))
	for key, want := range map[string]string{"SET": "1", "OLD": "form", "PASSED": "on", "NOT_THERE": "absent", "GIVEN": "absent", "FROM_FILE": "absent", "INHERITED": "absent", "PATH": "absent", "HOME": "absent"} {
		if got := e.text(key); got != want {
			t.Errorf("environ: %s is %q, expected %q", key, got, want)
		}
	}
	var process struct {
		Environ    map[string]string `json:"environ"`
		StdinEmpty bool              `json:"stdin_empty"`
	}
	if err := json.Unmarshal(get(t, s, "/process").Body, &process); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"SET": "", "OLD": "", "PASSED": "on", "GIVEN": "2", "FROM_FILE": "file value", "INHERITED": "kept"} {
		if got := process.Environ[key]; got != want {
			t.Errorf("os.environ: %s is %q, expected %q", key, got, want)
		}
	}
	if !process.StdinEmpty {
		t.Error("standard input of a worker is not empty")
	}
}

// TestEnvironOfListeners: who talks to whom, over IPv6 and a unix socket, and
// for a client that names no host.
func TestEnvironOfListeners(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	s := harness.Start(t, harness.Options{Target: script("contract"), Args: []string{"--listen", "[::1]:0", "--listen", "unix:" + socket}})
	for _, c := range []struct {
		address, raw string
		want         map[string]string
	}{
		{s.Addresses()[0], "GET /environ HTTP/1.1\r\nHost: [::1]:99\r\n\r\n",
			map[string]string{"REMOTE_ADDR": "::1", "SERVER_NAME": "[::1]", "HTTP_HOST": "[::1]:99"}},
		{s.Addresses()[0], "GET /environ HTTP/1.0\r\n\r\n",
			map[string]string{"REMOTE_ADDR": "::1", "SERVER_NAME": "::1", "HTTP_HOST": "absent", "SERVER_PROTOCOL": "HTTP/1.0"}},
		{"unix:" + socket, "GET /environ HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
			map[string]string{"REMOTE_ADDR": "", "SERVER_NAME": "www.example.org", "SERVER_PORT": "80"}},
		{"unix:" + socket, "GET /environ HTTP/1.1\r\nHost: www.example.org:8080\r\n\r\n",
			map[string]string{"SERVER_NAME": "www.example.org", "SERVER_PORT": "8080"}},
		{"unix:" + socket, "GET /environ HTTP/1.0\r\n\r\n", map[string]string{"SERVER_NAME": "localhost", "SERVER_PORT": "80"}},
	} {
		e := askEnviron(t, s, c.address, c.raw)
		for key, want := range c.want {
			if got := e.text(key); got != want {
				t.Errorf("%s, %.40q: %s is %q, expected %q", c.address, c.raw, key, got, want)
			}
		}
	}
}
