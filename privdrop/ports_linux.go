package privdrop

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// unprivilegedPorts is the first port that everybody may bind.
func unprivilegedPorts() int {
	const usual = 1024
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return usual // kernels before 4.11
	}
	first, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return usual
	}
	return first
}

func mayBind(port int) bool {
	if port >= unprivilegedPorts() {
		return true
	}
	st, err := selfStatus()
	return err != nil || st.caps[capEffective]&(1<<unix.CAP_NET_BIND_SERVICE) != 0 // bind itself has the last word
}
