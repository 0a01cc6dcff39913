package worker_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modwsgi-express/core/worker"
)

const fileContent = "content of the file"

// fileCase is a case of testdata/apps/filecases.py.
type fileCase struct {
	name, body string
	file       string // "offset+length", "" if it is read
	length     string // the Content-Length, "" for none
	failure    string
	status     string
}

var fileCases = []fileCase{
	{name: "plain", body: fileContent, file: "0+19", length: "19"},
	{name: "unbuffered", body: fileContent, file: "0+19", length: "19"},
	{name: "at", body: fileContent[5:], file: "5+14", length: "14"},
	{name: "at-end", length: "0"},
	{name: "shorter", body: fileContent[:4], file: "0+4", length: "4"},
	{name: "longer", body: fileContent, file: "0+19", length: "100"},
	{name: "zero", length: "0"},
	{name: "temporary", body: "content", file: "10+7", length: "7"},
	{name: "spooled", body: "content", file: "8+7", length: "7"},
	{name: "unflushed", body: "ontent of the file+unflushed", file: "1+28", length: "28"},
	{name: "django", body: fileContent, file: "0+19", length: "19"},
	{name: "upper", body: strings.ToUpper(fileContent)},
	{name: "gzip", body: "what was compressed"},
	{name: "bz2", body: "what was compressed"},
	{name: "pipe", body: "through a pipe"},
	{name: "memory", body: "in memory"},
	{name: "only-read", body: "only read"},
	{name: "text", failure: "TypeError: the application's iterable must yield bytes, not str"},
	{name: "closed", failure: "ValueError: "},
	{name: "plain", status: "304 Not Modified", body: fileContent, file: "0+19"},
}

// TestFileWrapper: which objects are sent as a FILE frame, from where on and how
// much of them, and that all others are read.
func TestFileWrapper(t *testing.T) {
	eachPython(t, func(t *testing.T, py python) {
		for _, files := range []bool{true, false} {
			p := spawn(t, py, worker.Config{Threads: 1, Start: worker.Start{Target: "contract.py", Files: files}})
			p.loaded()
			for _, c := range fileCases {
				t.Run(fmt.Sprintf("%s%s-%v", c.name, c.status, files), func(t *testing.T) { c.check(t, p.lanes[0], files) })
			}
		}
	})
}

func (c fileCase) check(t *testing.T, l *wire, files bool) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(fileContent), 0o644); err != nil {
		t.Fatal(err)
	}
	e := environ("/file")
	e["QUERY_STRING"], e["test.path"] = c.name, path
	if c.status != "" {
		e["test.status"] = c.status
	}
	l.request(e, "", true)
	a := l.response(nil)
	sent := ""
	if a.file != nil {
		sent = fmt.Sprintf("%d+%d", a.file.offset, a.file.length)
	}
	body, file := c.body, c.file
	if !files {
		file = ""
		if c.name == "shorter" || c.name == "zero" {
			body = fileContent // the front cuts it
		}
	}
	if sent != file {
		t.Errorf("sent %q of the file, expected %q", sent, file)
	}
	if a.body != body || !strings.HasPrefix(a.failure, c.failure) || c.failure == "" && a.failure != "" {
		t.Errorf("%q %q, expected %q %q", a.body, a.failure, body, c.failure)
	}
	if length := field(a.fields, "Content-Length"); length != c.length {
		t.Errorf("Content-Length %q, expected %q", length, c.length)
	}
}

func field(fields []string, name string) string {
	for _, f := range fields {
		if v, ok := strings.CutPrefix(f, name+": "); ok {
			return v
		}
	}
	return ""
}
