//go:build unix

package fds_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"modwsgi-express/platforms/fds"
)

// Descriptors belong to a process, so they are tested in a child: this binary
// again, with the job in the environment and the result on descriptor 3.
const jobVariable = "FDS_TEST_JOB"

type result struct {
	Before, Closed, After []int
	Grandchild            string
	Standard              []string // what 0, 1 and 2 are
	Err                   string
}

func TestMain(m *testing.M) {
	if j := os.Getenv(jobVariable); j != "" {
		child(j)
		return
	}
	os.Exit(m.Run())
}

func inheritable() []int {
	var list []int
	for fd := 3; fd < 1024; fd++ {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			list = append(list, fd)
		}
	}
	return list
}

func child(job string) {
	out := os.NewFile(3, "result")
	r := result{Before: inheritable()}
	var err error
	switch job {
	case "close":
		r.Closed, err = fds.CloseInherited(3, 5)
		if _, got := unix.FcntlInt(7, unix.F_GETFD, 0); err == nil && !errors.Is(got, unix.EBADF) {
			err = fmt.Errorf("descriptor 7 is still open: %w", got)
		}
		if _, got := unix.FcntlInt(5, unix.F_GETFD, 0); err == nil && got != nil {
			err = fmt.Errorf("descriptor 5 was to be kept: %w", got)
		}
	case "mark":
		err = fds.CloseOnExecAll(3)
		sh := exec.Command("/bin/sh", "-c", "for fd in 3 4 5 6 7 8 9; do if (: <&$fd) 2>/dev/null; then printf $fd; fi; done")
		if err == nil {
			var text []byte
			text, err = sh.Output()
			r.Grandchild = string(text)
		}
	case "standard":
		for fd := range 3 {
			_ = unix.Close(fd)
		}
		err = fds.EnsureStandard()
		r.Standard = standard()
	case "runtime": // started with 0 to 2 closed
		err = fds.EnsureStandard()
		r.Standard = standard()
	}
	r.After = inheritable()
	if err != nil {
		r.Err = err.Error()
	}
	_ = json.NewEncoder(out).Encode(r) // the parent misses what does not come
}

func standard() []string {
	var kinds []string
	null, err := os.Stat(os.DevNull)
	if err != nil {
		return []string{err.Error()}
	}
	for fd := range 3 {
		info, err := os.NewFile(uintptr(fd), strconv.Itoa(fd)).Stat()
		switch {
		case err != nil:
			kinds = append(kinds, err.Error())
		case os.SameFile(null, info):
			kinds = append(kinds, "null")
		default:
			kinds = append(kinds, "other")
		}
	}
	return kinds
}

// start runs the child with descriptors 4 to 9 open on a file besides.
func start(t *testing.T, job string, prefix ...string) result {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := os.Create(filepath.Join(t.TempDir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = secret.Close() }()
	result3, err := os.Create(filepath.Join(t.TempDir(), "result"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = result3.Close() }()
	argv := slices.Concat(prefix, []string{self})
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), jobVariable+"="+job)
	cmd.ExtraFiles = []*os.File{result3, secret, secret, secret, secret, secret, secret}
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	data, err := os.ReadFile(result3.Name())
	if err != nil {
		t.Fatal(err)
	}
	var r result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%v: %q", err, data)
	}
	if r.Err != "" {
		t.Fatal(r.Err)
	}
	for fd := 3; fd <= 9; fd++ { // and what the test itself was started with
		if !slices.Contains(r.Before, fd) {
			t.Fatalf("the child was started with %v", r.Before)
		}
	}
	return r
}

// R43: descriptors 3 to 9 come in, only what is meant stays, nothing goes on.
func TestCloseInherited(t *testing.T) {
	r := start(t, "close")
	want := slices.DeleteFunc(slices.Clone(r.Before), func(fd int) bool { return fd == 3 || fd == 5 })
	if !slices.Equal(r.Closed, want) || len(r.After) != 0 {
		t.Errorf("closed %v, still passed on %v", r.Closed, r.After)
	}
}

func TestCloseOnExecAll(t *testing.T) {
	if r := start(t, "mark"); r.Grandchild != "" || len(r.After) != 0 {
		t.Errorf("the grandchild has %q, marked all but %v", r.Grandchild, r.After)
	}
}

// Without close_range, as on old kernels.
func TestCloseOnExecAllFallback(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skipf("%s needs strace", t.Name())
	}
	if err := exec.Command(strace, "-qq", "-o", os.DevNull, "-e", "inject=close_range:error=ENOSYS", "/bin/true").Run(); err != nil {
		t.Skipf("%s needs an strace that knows close_range: %v", t.Name(), err)
	}
	if r := start(t, "mark", strace, "-f", "-qq", "-o", os.DevNull, "-e", "inject=close_range:error=ENOSYS", "--"); r.Grandchild != "" || len(r.After) != 0 {
		t.Errorf("the grandchild has %q, marked all but %v", r.Grandchild, r.After)
	}
}

func TestEnsureStandard(t *testing.T) {
	want := []string{"null", "null", "null"}
	if r := start(t, "standard"); !slices.Equal(r.Standard, want) {
		t.Errorf("closed by itself: %v", r.Standard)
	}
	if r := start(t, "runtime", "/bin/sh", "-c", `exec "$0" <&- >&- 2>&-`); !slices.Equal(r.Standard, want) {
		t.Errorf("started with them closed: %v", r.Standard)
	}
}

func TestRaiseLimit(t *testing.T) {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &before) })
	low := before
	low.Cur = 256
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	for _, want := range []uint64{200, 300} {
		got, err := fds.RaiseLimit(want)
		if err != nil || got < want {
			t.Errorf("%d: got %d, %v", want, got, err)
		}
	}
	got, err := fds.RaiseLimit(0)
	var after unix.Rlimit
	if err := errors.Join(err, unix.Getrlimit(unix.RLIMIT_NOFILE, &after)); err != nil {
		t.Fatal(err)
	}
	if got != uint64(after.Cur) || after.Cur < 300 {
		t.Errorf("said %d, is %d", got, after.Cur)
	}
}
