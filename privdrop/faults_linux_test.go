package privdrop_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// R42: a step that fails, or that says it succeeded and did nothing, is fatal.
func TestApplyFailingCalls(t *testing.T) {
	needRoot(t)
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skipf("%s needs strace", t.Name())
	}
	probe := exec.Command(strace, "-qq", "-o", os.DevNull, "-e", "inject=setuid:error=EAGAIN", "/bin/true")
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("%s needs strace with inject: %v %s", t.Name(), err, out)
	}
	for _, inject := range []string{
		"setgroups:error=EAGAIN", "setresgid:error=EAGAIN", "setresuid:error=EAGAIN", "setresuid:error=EPERM",
		"capset:error=EAGAIN", "prctl:error=EPERM", "umask:retval=0:when=2+",
		"setgroups:retval=0", "setresgid:retval=0", "setresuid:retval=0", "capset:retval=0", "prctl:retval=0",
		// only the first call of each thread pretends; the way back answers truly
		"setgroups:retval=0:when=1", "setresgid:retval=0:when=1", "setresuid:retval=0:when=1",
		// the way back fails, but for another reason
		"setuid:error=EAGAIN", "setgid:error=ENOSYS",
		// without a look at the threads nothing is proven
		"getdents64:error=EIO",
	} {
		t.Run(inject, func(t *testing.T) {
			began := time.Now()
			prefix := []string{strace, "-f", "-qq", "-o", os.DevNull, "-e", "inject=" + inject, "--"}
			r, code, stderr := start(t, job{Identity: target, Threads: 4}, prefix, as(0, 0, 0, 4, 42))
			if strings.HasPrefix(inject, "umask") { // the control: an injection that changes nothing
				if code != 0 {
					t.Fatalf("exit %d: %s", code, stderr)
				}
				return
			}
			if code == 0 || r.Proof.Threads != 0 {
				t.Fatalf("exit %d, proof %+v", code, r.Proof)
			}
			t.Logf("exit %d after %v: %.200s", code, time.Since(began).Round(time.Millisecond), stderr)
		})
	}
}
