package gateway_test

import (
	"encoding/json"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/gateway"
)

// unmarshal lets a real interpreter read the blob: it is the only reader that counts.
func unmarshal(t *testing.T, blob []byte) map[string]any {
	t.Helper()
	cmd := exec.Command("python3", "-c", "import sys, marshal, json; json.dump(marshal.loads(sys.stdin.buffer.read()), sys.stdout)")
	cmd.Stdin = strings.NewReader(string(blob))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3 reading the environ: %v", err)
	}
	var m map[string]any
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func request(fields ...string) *exchange.Exchange {
	x := &exchange.Exchange{
		Peer: &exchange.Peer{Remote: netip.MustParseAddrPort("192.0.2.7:50000"), Local: netip.MustParseAddrPort("198.51.100.1:8000")},
		Body: exchange.NoBody, ConnID: 40, Seq: 2, Start: time.Unix(1000, 0),
	}
	x.Request = exchange.Request{Method: []byte("GET"), Target: []byte("/app/caf%C3%A9?a=b"), RawPath: []byte("/app/caf%C3%A9"),
		Path: []byte("/app/caf\xc3\xa9"), Query: []byte("a=b"), HasQuery: true, Host: []byte("example.org:8000"),
		Major: 1, Minor: 1, ContentLength: -1}
	for i := 0; i < len(fields); i += 2 {
		x.Request.Fields = append(x.Request.Fields, exchange.Field{Name: []byte(fields[i]), Value: []byte(fields[i+1])})
	}
	return x
}

func environ(t *testing.T, x *exchange.Exchange, s gateway.Settings) map[string]any {
	t.Helper()
	d := gateway.Dispatch{Thread: 3, Queued: time.Unix(1001, 0), Taken: time.Unix(1002, 500000)}
	return unmarshal(t, gateway.NewEnviron(s).Append(nil, x, d))
}

func TestEnvironOfAPlainRequest(t *testing.T) {
	x := request("Host", "example.org:8000", "User-Agent", "x")
	got := environ(t, x, gateway.Settings{MountPoint: "/app", MultiThread: true, ProcessGroup: "g", CallableObject: "app",
		ScriptFilename: "/srv/é.py", Software: "modwsgi-express", Extra: map[string]string{"my.key": "1"}})
	delete(got, "mod_wsgi.server_pid")
	want := map[string]any{
		"REQUEST_METHOD": "GET", "REQUEST_URI": "/app/caf%C3%A9?a=b", "RAW_URI": "/app/caf%C3%A9?a=b",
		"SCRIPT_NAME": "/app", "PATH_INFO": "/caf\u00c3\u00a9", "QUERY_STRING": "a=b", "SERVER_PROTOCOL": "HTTP/1.1",
		"REQUEST_SCHEME": "http", "wsgi.url_scheme": "http", "wsgi.version": []any{1.0, 0.0}, "wsgi.multithread": true,
		"wsgi.multiprocess": false, "wsgi.run_once": false, "wsgi.input_terminated": true,
		"SERVER_SOFTWARE": "modwsgi-express", "SERVER_NAME": "example.org", "SERVER_PORT": "8000", "SERVER_ADDR": "198.51.100.1",
		"REMOTE_ADDR": "192.0.2.7", "REMOTE_PORT": "50000", "SCRIPT_FILENAME": "/srv/é.py", "my.key": "1",
		"HTTP_HOST": "example.org:8000", "HTTP_USER_AGENT": "x",
		"mod_wsgi.version": []any{6.0, 1.0, 1.0}, "mod_wsgi.process_group": "g", "mod_wsgi.application_group": "",
		"mod_wsgi.callable_object": "app", "mod_wsgi.request_handler": "wsgi-script", "mod_wsgi.mount_point": "/app",
		"mod_wsgi.script_name": "/app", "mod_wsgi.path_info": "/caf\u00c3\u00a9",
		"mod_wsgi.listener_host": "198.51.100.1", "mod_wsgi.listener_port": "8000",
		"mod_wsgi.request_id": "14-2", "mod_wsgi.connection_id": "14", "mod_wsgi.thread_id": 3.0,
		"mod_wsgi.request_start": 1000.0, "mod_wsgi.queue_start": 1001.0, "mod_wsgi.daemon_start": 1002.0005,
		"mod_wsgi.application_start": 1002.0005, "mod_wsgi.handler_script": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environ (-want +got):\n%s", diff)
	}
}

func TestEnvironFields(t *testing.T) {
	long := strings.Repeat("v", 300)
	cases := []struct {
		name   string
		fields []string
		want   map[string]any // HTTP_* and CONTENT_* keys
	}{
		{"underscore loses, alone too", []string{"X_Foo", "1", "X-Foo", "2", "Y_Z", "3"}, map[string]any{"HTTP_X_FOO": "2"}},
		{"other signs lose", []string{"X.Foo", "1", "X~Y", "2"}, map[string]any{}},
		{"httpoxy", []string{"Proxy", "evil", "PROXY", "evil"}, map[string]any{}},
		{"reserved keys are out of reach", []string{"Remote-User", "root", "Https", "on", "Script-Name", "/x", "Path-Info", "/y"},
			map[string]any{"HTTP_REMOTE_USER": "root", "HTTP_HTTPS": "on", "HTTP_SCRIPT_NAME": "/x", "HTTP_PATH_INFO": "/y"}},
		{"content fields", []string{"Content-Type", "text/x", "Content-Length", "5", "Transfer-Encoding", "chunked", "Content_Length", "7"},
			map[string]any{"CONTENT_TYPE": "text/x"}},
		{"repeated", []string{"X-A", "1", "B", "2", "x-a", "3"}, map[string]any{"HTTP_X_A": "1, 3", "HTTP_B": "2"}},
		{"cookies", []string{"Cookie", "a=1", "cookie", "b=2"}, map[string]any{"HTTP_COOKIE": "a=1; b=2"}},
		{"latin-1", []string{"X-A", "caf\xe9"}, map[string]any{"HTTP_X_A": "caf\u00e9"}},
		{"long", []string{strings.Repeat("N", 300), long}, map[string]any{"HTTP_" + strings.Repeat("N", 300): long}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := map[string]any{}
			for k, v := range environ(t, request(c.fields...), gateway.Settings{}) {
				if strings.HasPrefix(k, "HTTP_") && k != "HTTP_HOST" || strings.HasPrefix(k, "CONTENT_") {
					got[k] = v
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestHost: what the client meant, which an absolute-form target says better than
// the Host field.
func TestHost(t *testing.T) {
	x := request("Host", "field")
	x.Request.Host = []byte("target:81")
	if m := environ(t, x, gateway.Settings{}); m["HTTP_HOST"] != "target:81" || m["SERVER_NAME"] != "target" {
		t.Errorf("HTTP_HOST %v, SERVER_NAME %v", m["HTTP_HOST"], m["SERVER_NAME"])
	}
	x.Request.Host, x.Request.Fields = nil, nil
	if v, ok := environ(t, x, gateway.Settings{})["HTTP_HOST"]; ok {
		t.Errorf("HTTP_HOST %v without one", v)
	}
}

// TestPathBytes: every byte of a path arrives as the character of that number.
func TestPathBytes(t *testing.T) {
	x := request()
	x.Request.Path = []byte{'/'}
	for b := 1; b < 256; b++ {
		x.Request.Path = append(x.Request.Path, byte(b))
	}
	got := []rune(environ(t, x, gateway.Settings{})["PATH_INFO"].(string))
	if len(got) != len(x.Request.Path) {
		t.Fatalf("%d characters for %d bytes", len(got), len(x.Request.Path))
	}
	for i, r := range got {
		if r != rune(x.Request.Path[i]) {
			t.Errorf("byte %#x arrived as %#x", x.Request.Path[i], r)
		}
	}
}

func TestServerName(t *testing.T) {
	cases := []struct{ host, unix, name, port string }{
		{"example.org", "", "example.org", "8000"},
		{"example.org:99", "", "example.org", "8000"},
		{"[::1]:99", "", "[::1]", "8000"},
		{"[::1]", "", "[::1]", "8000"},
		{"", "", "198.51.100.1", "8000"},
		{"example.org:99", "/run/s", "example.org", "99"},
		{"example.org", "/run/s", "example.org", "80"},
		{"", "/run/s", "localhost", "80"},
	}
	for _, c := range cases {
		x := request()
		x.Request.Host = []byte(c.host)
		if c.unix != "" {
			x.Peer = &exchange.Peer{Unix: c.unix}
		}
		m := environ(t, x, gateway.Settings{})
		if m["SERVER_NAME"] != c.name || m["SERVER_PORT"] != c.port {
			t.Errorf("Host %q on %q: %v:%v, want %s:%s", c.host, c.unix, m["SERVER_NAME"], m["SERVER_PORT"], c.name, c.port)
		}
	}
}

func BenchmarkEnviron(b *testing.B) {
	x := request("Host", "example.org:8000", "User-Agent", "wrk", "Accept", "*/*", "Cookie", "a=b")
	e := gateway.NewEnviron(gateway.Settings{Software: "modwsgi-express"})
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = e.Append(buf[:0], x, gateway.Dispatch{Queued: x.Start, Taken: x.Start})
	}
}
