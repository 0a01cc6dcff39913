package privdrop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// threadStatus is what /proc/PID/task/TID/status tells about rights.
type threadStatus struct {
	uid, gid   [4]int // real, effective, saved, file system
	groups     []int  // sorted
	caps       [5]uint64
	noNewPrivs int // 0, 1, or notShown
}

// notShown stands for a line that older kernels (before 4.10) and some
// sandboxes leave out.
const notShown = -1

// capNames are the sets of threadStatus.caps.
var capNames = [5]string{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}

const (
	capEffective = 2
	capBounding  = 3
	capAmbient   = 4
)

// parseStatus reads a status file. A line that is missing or broken is an
// error: what cannot be seen is not proven. Two lines are younger than the
// rest: without CapAmb the kernel has no ambient set, and no_new_privs can be
// asked for in another way.
func parseStatus(text string) (threadStatus, error) {
	fields := map[string][]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok {
			fields[key] = strings.Fields(value)
		}
	}
	var st threadStatus
	for key, dst := range map[string]*[4]int{"Uid": &st.uid, "Gid": &st.gid} {
		ids, ok := parseIDs(fields[key])
		if !ok || len(ids) != len(dst) {
			return st, fmt.Errorf("status has no %s line with four numbers", key)
		}
		copy(dst[:], ids)
	}
	groups, seen := fields["Groups"]
	ids, ok := parseIDs(groups)
	if !seen || !ok {
		return st, fmt.Errorf("status has no Groups line")
	}
	slices.Sort(ids)
	st.groups = ids
	for i, key := range capNames {
		if _, seen := fields[key]; !seen && i == capAmbient {
			continue
		}
		v, err := strconv.ParseUint(strings.Join(fields[key], " "), 16, 64)
		if err != nil {
			return st, fmt.Errorf("status has no %s line", key)
		}
		st.caps[i] = v
	}
	shown, seen := fields["NoNewPrivs"]
	if !seen {
		st.noNewPrivs = notShown
		return st, nil
	}
	nnp, ok := parseIDs(shown)
	if !ok || len(nnp) != 1 {
		return st, fmt.Errorf("status has a broken NoNewPrivs line")
	}
	st.noNewPrivs = nnp[0]
	return st, nil
}

// compare gives the first difference between a thread's status and what the
// identity asks for; bounding are the capabilities its bounding set may have.
func (st threadStatus) compare(id Identity, bounding uint64) error {
	for i, kind := range [4]string{"real", "effective", "saved", "file system"} {
		if st.uid[i] != id.UID {
			return fmt.Errorf("its %s user id is %d instead of %d", kind, st.uid[i], id.UID)
		}
		if st.gid[i] != id.GID {
			return fmt.Errorf("its %s group id is %d instead of %d", kind, st.gid[i], id.GID)
		}
	}
	if !slices.Equal(st.groups, id.Groups) {
		return fmt.Errorf("its supplementary groups are %s instead of %s", formatGroups(st.groups), formatGroups(id.Groups))
	}
	for i, name := range capNames {
		allowed := uint64(0)
		if i == capBounding {
			allowed = bounding
		}
		if left := st.caps[i] &^ allowed; left != 0 {
			return fmt.Errorf("its capability set %s still has %#x", name, left)
		}
	}
	if st.noNewPrivs == 0 {
		return fmt.Errorf("no_new_privs is not set")
	}
	return nil
}
