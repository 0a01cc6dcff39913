package listen

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listenerOf finds the process that listens on a TCP port: the socket's inode
// is in /proc/net/tcp, and the descriptors of a process are links that name it.
// Without root only one's own processes can be seen.
func listenerOf(port int) (pid int, name string) {
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		listeningInodes(table, port, inodes)
	}
	if port == 0 || len(inodes) == 0 {
		return 0, ""
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, ""
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err == nil && holds(filepath.Join("/proc", e.Name(), "fd"), inodes) {
			comm, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "comm")) // without it the number has to do
			return pid, strings.TrimSpace(string(comm))
		}
	}
	return 0, ""
}

// listeningInodes reads lines like
//
//	sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid  timeout inode
//	0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345
func listeningInodes(table string, port int, into map[string]bool) {
	const localAddress, state, inode, listening = 1, 3, 9, "0A"
	f, err := os.Open(table)
	if err != nil {
		return // no IPv6, or no /proc: the process stays unknown
	}
	defer func() { _ = f.Close() }() // read only: nothing to lose
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) <= inode || fields[state] != listening {
			continue
		}
		_, hex, _ := strings.Cut(fields[localAddress], ":")
		if n, err := strconv.ParseUint(hex, 16, 16); err == nil && int(n) == port {
			into[fields[inode]] = true
		}
	}
}

func holds(dir string, inodes map[string]bool) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false // another user's, or gone
	}
	for _, e := range entries {
		link, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		inode, isSocket := strings.CutPrefix(link, "socket:[")
		if isSocket && inodes[strings.TrimSuffix(inode, "]")] {
			return true
		}
	}
	return false
}

// MaxBacklog is the most that the system allows as a backlog; 0 if it does not
// tell.
func MaxBacklog() int {
	text, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return n
}
