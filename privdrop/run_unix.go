//go:build unix

package privdrop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// systemDirs are where the system's own programs are. PATH is not asked: as
// root it is the caller's to set.
var systemDirs = []string{"/usr/bin", "/bin", "/usr/sbin", "/sbin", "/run/current-system/sw/bin"}

// askTimeout bounds a question to the user database; a directory server that
// does not answer must not keep the server from saying so.
var askTimeout = 10 * time.Second // a variable for the tests

// run gives the standard output of a program of the system, started without a
// shell, without input and with an environment of its own. The error is
// exec.ErrNotFound where there is no such program.
func run(program string, args ...string) (string, error) {
	path, err := systemProgram(program)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	out := &boundedBuffer{limit: maxDatabase}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.Dir = "/"
	cmd.Stdout = out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("ask %s: no answer within %v", path, askTimeout)
		}
		return "", fmt.Errorf("ask %s: %w", path, err)
	}
	return string(out.data), nil
}

func systemProgram(name string) (string, error) {
	for _, dir := range systemDirs {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

var errTooMuch = errors.New("answer too long")

// boundedBuffer takes so many bytes and refuses more.
type boundedBuffer struct {
	data  []byte
	limit int
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	if len(p) > b.limit-len(b.data) {
		return 0, errTooMuch
	}
	b.data = append(b.data, p...)
	return len(p), nil
}
