package privdrop_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/privdrop"
)

// A drop cannot be undone, so it is tested in a child: this binary again, with
// the job in the environment and the result on descriptor 3.
const jobVariable = "PRIVDROP_TEST_JOB"

type job struct {
	Action   string // "verify", "port" (80), or "" to apply
	Identity privdrop.Identity
	Options  privdrop.Options
	Threads  int // locked ones to have before
}

type result struct {
	Err, Hint string
	Proof     privdrop.Proof
	Line      string
	Statuses  []string // of all threads afterwards
	WayBack   map[string]string
	UID       int
	Dumpable  int
	Umask     int
	CgoLinked bool
}

func TestMain(m *testing.M) {
	if text := os.Getenv(jobVariable); text != "" {
		os.Exit(child(text))
	}
	os.Exit(m.Run())
}

// child does the job as the server's start does: an error ends it.
func child(text string) int {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	stop := lockThreads(j.Threads)
	defer stop()
	var r result
	var err error
	r.CgoLinked = privdrop.CgoLinked()
	switch j.Action {
	case "verify":
		r.Proof, err = privdrop.Verify(j.Identity)
	case "port":
		err = privdrop.RefusePort(80, []string{"modwsgi-express", "start-server", "app", "--port", "80"}, "/opt/my apps/modwsgi-express")
	default:
		r.Proof, err = privdrop.Apply(j.Identity, j.Options)
	}
	r.Line = r.Proof.String()
	if err != nil {
		r.Err = err.Error()
		if e, ok := errors.AsType[*privdrop.Error](err); ok {
			r.Hint = e.Hint
		}
	}
	r.UID = unix.Getuid()
	if err == nil {
		stopMore := lockThreads(j.Threads) // born after the drop
		defer stopMore()
		r.look()
	}
	if err := json.NewEncoder(os.NewFile(3, "result")).Encode(r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 98
	}
	if r.Err != "" {
		fmt.Fprintln(os.Stderr, r.Err)
		return 5
	}
	return 0
}

// look notes what the test compares, with means of its own.
func (r *result) look() {
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		r.Err = err.Error()
		return
	}
	for _, e := range entries {
		if text, err := os.ReadFile("/proc/self/task/" + e.Name() + "/status"); err == nil {
			r.Statuses = append(r.Statuses, string(text))
		}
	}
	r.Dumpable, _ = unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	r.Umask = unix.Umask(0)
	text := func(err error) string { return fmt.Sprint(err) }
	r.WayBack = map[string]string{
		"setuid":    text(unix.Setuid(0)),
		"setresuid": text(unix.Setresuid(-1, 0, -1)),
		"setgid":    text(unix.Setgid(0)),
		"setgroups": text(unix.Setgroups([]int{0})),
		"chroot":    text(unix.Chroot("/")),
	}
}

// lockThreads makes n threads that are bound to waiting goroutines.
func lockThreads(n int) (stop func()) {
	var ready, done sync.WaitGroup
	end := make(chan struct{})
	for range n {
		ready.Add(1)
		done.Go(func() {
			runtime.LockOSThread()
			ready.Done()
			<-end
		})
	}
	ready.Wait()
	return sync.OnceFunc(func() { close(end); done.Wait() })
}
