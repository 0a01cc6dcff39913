package oracle_test

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"modwsgi-express/integration/harness"
)

// peer is another server that runs the same application.
type peer struct {
	name  string
	args  []string       // of the interpreter, in the directory of the application
	ready *regexp.Regexp // its first group is the address
}

var peers = []peer{
	{"gunicorn", []string{"-m", "gunicorn", "--bind", "127.0.0.1:0", "--worker-class", "gthread", "--threads", "4", "app:application"},
		regexp.MustCompile(`Listening at: http://(\S+)`)},
	{"waitress", []string{"-m", "waitress", "--listen=127.0.0.1:0", "app:application"},
		regexp.MustCompile(`Serving on http://(\S+)`)},
}

// start starts the peer and returns its address. It is stopped when the test
// ends.
func (p peer) start(t *testing.T) string {
	t.Helper()
	harness.NeedModule(t, p.name)
	cmd := exec.Command(harness.Python(t).Path, p.args...)
	cmd.Dir = filepath.Join(harness.App("oracle"))
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if m := p.ready.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case address <- m[1]:
				default:
				}
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(harness.Patience, func() { cmd.Process.Kill() })
		defer kill.Stop()
		<-ended
		cmd.Wait() // its exit code is its own affair
	})
	select {
	case a := <-address:
		return a
	case <-ended:
		t.Fatalf("%s ended before it was ready", p.name)
	case <-time.After(harness.Patience):
		t.Fatalf("%s was not ready in time", p.name)
	}
	return ""
}
