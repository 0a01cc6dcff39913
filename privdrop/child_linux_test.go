package privdrop_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"modwsgi-express/privdrop"
)

// childLimit is how long a drop may take, failing or not (R42 asks for 2 s).
const childLimit = 20 * time.Second

// needRoot skips, with the reason, what has to start as root and to reach
// every thread.
func needRoot(t *testing.T) {
	t.Helper()
	if !privdrop.IsRoot() {
		t.Skipf("%s needs root", t.Name())
	}
	if privdrop.CgoLinked() {
		t.Skipf("%s needs a test binary without cgo (this one has it, as -race binaries do): CGO_ENABLED=0 go test", t.Name())
	}
}

// start runs the child below prefix (strace and its options) and gives its
// result and exit code. change prepares the command further.
func start(t *testing.T, j job, prefix []string, change func(*exec.Cmd)) (result, int, string) {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	argv := slices.Concat(prefix, []string{self})
	ctx := t.Context()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), jobVariable+"="+string(text))
	cmd.WaitDelay = childLimit
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	cmd.ExtraFiles = []*os.File{w}
	if change != nil {
		change(cmd)
	}
	startErr := cmd.Start()
	_ = w.Close() // the child has it
	if startErr != nil {
		t.Fatal(startErr)
	}
	if err := r.SetReadDeadline(time.Now().Add(childLimit)); err != nil {
		t.Fatal(err)
	}
	out, readErr := io.ReadAll(r)
	waitErr := cmd.Wait()
	if readErr != nil {
		t.Fatalf("child: %v\n%s", readErr, stderr.String())
	}
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](waitErr); ok {
		code = exit.ExitCode()
	} else if waitErr != nil {
		t.Fatal(waitErr)
	}
	var res result
	if len(out) > 0 {
		if err := json.Unmarshal(out, &res); err != nil {
			t.Fatalf("%v: %q", err, out)
		}
	}
	return res, code, stderr.String()
}

// as starts the child with other groups or as another user.
func as(uid, gid uint32, groups ...uint32) func(*exec.Cmd) {
	return func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: groups}}
	}
}

// publicCopy makes this test binary reachable for another user.
func publicCopy(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "privdrop")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "test")
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
