package privdrop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Verify proves that the process is the identity and stays it: every thread
// has its ids and groups, no capability in any set, the bounding set included,
// and no_new_privs; and becoming root again is refused. Not being able to look
// is an error like any other. If regaining root succeeds, the process is root
// when Verify returns its error: it has to exit.
func Verify(id Identity) (Proof, error) {
	id.Groups = sortedGroups(id.Groups)
	return verify(id, Dropped, 0)
}

func verify(id Identity, mode Mode, bounding uint64) (Proof, error) {
	fail := func(err error) (Proof, error) {
		return Proof{}, &Error{What: "cannot prove that root's rights are gone", Err: err,
			Hint: "nothing was started; this is a defect of the program or of the system, please report it"}
	}
	p := Proof{Identity: id, Mode: mode, Bounding: bounding, NoNewPrivs: true}
	if mode != KeptRoot {
		var err error
		if p.Refused, err = regain(id); err != nil {
			return fail(err)
		}
	}
	if err := noNewPrivs(); err != nil {
		return fail(err)
	}
	check := func(st threadStatus) error {
		if mode == KeptRoot {
			st.caps = [5]uint64{}
		}
		return st.compare(id, bounding)
	}
	var err error
	if p.Threads, err = eachThread(check); err != nil {
		return fail(err)
	}
	return p, nil
}

// regain tries every way back. All must be refused for lack of rights; any
// other answer, an injected or an unknown one, proves nothing.
func regain(id Identity) ([]string, error) {
	all := [2]unix.CapUserData{{Effective: 1, Permitted: 1, Inheritable: 1}}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	attempts := []step{
		{"setresuid(0)", func() error { return syscall.Setresuid(0, 0, 0) }},
		{"setuid(0)", func() error { return syscall.Setuid(0) }},
		{"setgroups(0)", func() error { return syscall.Setgroups([]int{0}) }},
		{"capset", func() error { return unix.Capset(&header, &all[0]) }},
	}
	if id.GID != 0 { // with gid 0, by explicit wish, this is no regaining
		attempts = append(attempts,
			step{"setresgid(0)", func() error { return syscall.Setresgid(0, 0, 0) }},
			step{"setgid(0)", func() error { return syscall.Setgid(0) }})
	}
	var refused []string
	for _, a := range attempts {
		switch err := a.run(); {
		case err == nil:
			return nil, fmt.Errorf("%s was allowed", a.name)
		case !errors.Is(err, unix.EPERM):
			return nil, fmt.Errorf("%s failed for another reason than missing rights: %w", a.name, err)
		}
		refused = append(refused, a.name)
	}
	return refused, nil
}

const taskDir = "/proc/self/task"

// eachThread checks every thread, and looks again until it has met no new one:
// a thread may be born while the others are read. It inherits the rights of
// its parent, so a few rounds settle it.
func eachThread(check func(threadStatus) error) (int, error) {
	const rounds = 10
	seen := map[string]bool{}
	for range rounds {
		entries, err := os.ReadDir(taskDir)
		if err != nil {
			return 0, fmt.Errorf("list the threads (is /proc mounted?): %w", err)
		}
		fresh := 0
		for _, e := range entries {
			if seen[e.Name()] {
				continue
			}
			fresh++
			seen[e.Name()] = true
			st, err := readStatus(taskDir + "/" + e.Name() + "/status")
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
				delete(seen, e.Name()) // the thread has ended meanwhile
				continue
			}
			if err == nil {
				err = check(st)
			}
			if err != nil {
				return 0, fmt.Errorf("thread %s: %w", e.Name(), err)
			}
		}
		if fresh == 0 {
			return len(seen), nil
		}
	}
	return 0, fmt.Errorf("threads keep appearing: %d seen", len(seen))
}

func readStatus(path string) (threadStatus, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return threadStatus{}, err
	}
	return parseStatus(string(text))
}

func selfStatus() (threadStatus, error) { return readStatus("/proc/thread-self/status") }

func current() (Identity, error) {
	st, err := selfStatus()
	if err != nil {
		return Identity{}, &Error{What: "cannot find out who this process is", Err: err}
	}
	id := Identity{UID: st.uid[1], GID: st.gid[1], Groups: st.groups, Source: "process"}
	db := system()
	id.User, id.Group = strconv.Itoa(id.UID), db.groupName(id.GID)
	if a, ok, err := db.localUID(id.UID); err == nil && ok {
		id.User, id.Home, id.Shell = a.name, a.home, a.shell
	}
	return id, nil
}
