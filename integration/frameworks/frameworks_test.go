package frameworks_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modwsgi-express/integration/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var frameworks = []struct{ name, module string }{
	{"Flask", "flask"}, {"Django", "django"}, {"Pyramid", "pyramid"}, {"Falcon", "falcon"}, {"Bottle", "bottle"},
}

// TestFrameworks asks every framework's application the same questions, plain
// and inside wsgiref.validate.
func TestFrameworks(t *testing.T) {
	for _, f := range frameworks {
		t.Run(f.name, func(t *testing.T) {
			harness.NeedModule(t, f.module)
			directory := filepath.Join(harness.App("frameworks"), f.module)
			t.Run("plain", func(t *testing.T) {
				s := harness.Start(t, harness.Options{Target: "app.py", Directory: directory})
				if line := ready(s); !strings.Contains(line, f.name) {
					t.Errorf("the log does not name the framework %s: %s", f.name, line)
				}
				askAll(t, s, f.name, directory)
			})
			t.Run("validated", func(t *testing.T) {
				s := harness.Start(t, harness.Options{Target: filepath.Join(harness.App("wrapped"), "app.py"),
					Env: []string{"WRAP_CHECKER=validate", "WRAP_TARGET=" + filepath.Join(directory, "app.py")}})
				askAll(t, s, f.name, directory)
				for _, sign := range []string{"AssertionError", "WSGIWarning", "without being closed"} {
					if strings.Contains(s.Log.Text(), sign) {
						t.Errorf("breach of PEP 3333: the log has %q", sign)
					}
				}
			})
		})
	}
}

// ready is everything that was logged until the server was ready.
func ready(s *harness.Server) string {
	var b strings.Builder
	for _, l := range s.Log.Lines() {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

func askAll(t *testing.T, s *harness.Server, name, directory string) {
	s.Allow("raised on purpose|/error")
	get := func(target string, fields ...string) *harness.Response {
		return harness.Request(t, s, "GET", harness.Compose("GET", target, "", fields...))
	}
	post := func(target, kind, body string) *harness.Response {
		return harness.Request(t, s, "POST", harness.Compose("POST", target, body, "Content-Type: "+kind))
	}
	expect := func(what string, res *harness.Response, status int, body string) {
		t.Helper()
		if res.Status != status || string(res.Body) != body {
			t.Errorf("%s: %d %.300q, expected %d %.300q", what, res.Status, res.Body, status, body)
		}
	}
	expect("index", get("/"), 200, "hello from "+name)
	expect("path in UTF-8", get("/name/caf%C3%A9"), 200, "café")
	expect("form", post("/form", "application/x-www-form-urlencoded", "text=caf%C3%A9+au+lait"), 200, "café au lait")
	expect("no session", get("/session/get"), 200, "nothing")
	cookie, _, _ := strings.Cut(get("/session/set/remembered").Get("Set-Cookie"), ";")
	expect("session", get("/session/get", "Cookie: "+cookie), 200, "remembered")

	redirect := get("/redirect")
	if location := redirect.Get("Location"); redirect.Status/100 != 3 || location != "/" && location != "http://test/" {
		t.Errorf("redirect: %d, Location %q", redirect.Status, location)
	}
	source, err := os.ReadFile(filepath.Join(directory, "app.py"))
	if err != nil {
		t.Fatal(err)
	}
	expect("file", get("/file"), 200, string(source))
	if res := get("/error"); res.Status != 500 {
		t.Errorf("error: status %d", res.Status)
	}
	if res := get("/nowhere"); res.Status != 404 {
		t.Errorf("nowhere: status %d", res.Status)
	}
	for _, size := range []int{0, 1000, 3_000_000} {
		askUpload(t, s, size)
	}
	body := strings.Repeat("0123456789abcdef", 10<<20/16)
	if res := post("/echo", "application/octet-stream", body); res.Status != 200 || string(res.Body) != body {
		t.Errorf("10 MB both ways: status %d, %d bytes", res.Status, len(res.Body))
	}
	chunked := harness.ComposeChunked("POST", "/echo", body, 100000, "Content-Type: application/octet-stream")
	if res := harness.Request(t, s, "POST", chunked); res.Status != 200 || string(res.Body) != body {
		t.Errorf("10 MB chunked both ways: status %d, %d bytes", res.Status, len(res.Body))
	}
	askDownload(t, s)
}

// askUpload sends a multipart form with a file.
func askUpload(t *testing.T, s *harness.Server, size int) {
	t.Helper()
	data := strings.Repeat("\x00\xff\r\n-", size/5)
	body := "--b0undary\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\na title\r\n" +
		"--b0undary\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"data.bin\"\r\n" +
		"Content-Type: application/octet-stream\r\n\r\n" + data + "\r\n--b0undary--\r\n"
	raw := harness.Compose("POST", "/upload", body, "Content-Type: multipart/form-data; boundary=b0undary")
	res := harness.Request(t, s, "POST", raw)
	var got struct {
		Title, Filename, SHA256 string
		Size                    int
	}
	if err := json.Unmarshal(res.Body, &got); err != nil {
		t.Errorf("upload of %d bytes: %d %.300q", size, res.Status, res.Body)
		return
	}
	sum := sha256.Sum256([]byte(data))
	if got.Title != "a title" || got.Filename != "data.bin" || got.Size != len(data) || got.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("upload of %d bytes arrives as %+v", len(data), got)
	}
}

// askDownload takes a stream of 10 MB whose length nobody announces.
func askDownload(t *testing.T, s *harness.Server) {
	t.Helper()
	const blocks = 160
	res := harness.Request(t, s, "GET", harness.Compose("GET", fmt.Sprintf("/download/%d", blocks), ""))
	if res.Framing != harness.Chunked {
		t.Errorf("download: framing %s", res.Framing)
	}
	var want bytes.Buffer
	for n := range blocks {
		want.Write(bytes.Repeat([]byte{byte(n)}, 65536))
	}
	if !bytes.Equal(res.Body, want.Bytes()) {
		t.Errorf("download: %d bytes, expected %d", len(res.Body), want.Len())
	}
}
