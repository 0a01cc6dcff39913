package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"modwsgi-express/core/front"
)

// addressForms is what --listen accepts.
const addressForms = "expected HOST:PORT, [IPV6]:PORT, PORT or unix:PATH"

// ParseAddress reads an address as --listen has it:
//
//	8000               port on all interfaces, both families
//	:8000              the same
//	127.0.0.1:8000     one interface
//	[::1]:8000         the same, IPv6
//	localhost:8000     a name, resolved when the listener is opened
//	unix:/run/app.sock
//	unix:/run/app.sock,mode=0666
//
// The path of a unix socket stays as written; mode is what it gets without
// one of its own.
func ParseAddress(s string, mode fs.FileMode) (front.Address, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		return parseUnix(path, mode)
	}
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, ".") {
		return front.Address{}, fmt.Errorf("%s (a socket is written unix:%s)", addressForms, s)
	}
	if strings.Trim(s, "0123456789") == "" {
		s = ":" + s
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return front.Address{}, errors.New(addressForms)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return front.Address{}, errors.New("expected a port number, from 0 to 65535")
	}
	return tcpAddress(host, int(number))
}

// tcpAddress makes the address of a host and port; a host that is an IP
// address says which family it is.
func tcpAddress(host string, port int) (front.Address, error) {
	network := "tcp"
	if ip, err := netip.ParseAddr(host); err == nil {
		if network = "tcp6"; ip.Is4() {
			network = "tcp4"
		}
	} else if !isHostName(host) {
		return front.Address{}, errors.New("expected an IP address or a host name")
	}
	return front.Address{Network: network, Address: net.JoinHostPort(host, strconv.Itoa(port))}, nil
}

// isHostName tells whether host could be looked up at all; "" is every
// interface. A name of digits and dots only is a mistyped IPv4 address.
func isHostName(host string) bool {
	if strings.HasPrefix(host, ".") || strings.HasPrefix(host, "-") || strings.Contains(host, "..") {
		return false
	}
	digits := host != ""
	for i := 0; i < len(host); i++ {
		c := host[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
		if !letter && c != '.' && (c < '0' || c > '9') {
			return false
		}
		digits = digits && !letter
	}
	return len(host) <= 253 && !digits
}

func parseUnix(path string, mode fs.FileMode) (front.Address, error) {
	if i := strings.LastIndex(path, ",mode="); i >= 0 {
		bits, err := strconv.ParseUint(path[i+len(",mode="):], 8, 32)
		if err != nil || bits > 0o777 {
			return front.Address{}, errors.New("expected ,mode= with permission bits in octal, such as 0660")
		}
		path, mode = path[:i], fs.FileMode(bits)
	}
	switch {
	case path == "" || strings.ContainsRune(path, 0):
		return front.Address{}, errors.New("expected a path after unix:")
	case strings.HasPrefix(path, "@"):
		return front.Address{}, errors.New("abstract sockets have no permissions that could protect them; expected a path after unix:")
	case len(path) > maxUnixPath:
		return front.Address{}, fmt.Errorf("the path of a socket has at most %d characters", maxUnixPath)
	}
	return front.Address{Network: "unix", Address: path, Mode: mode}, nil
}

// maxUnixPath is the room in sockaddr_un on the system that has the least
// (macOS), without the NUL.
const maxUnixPath = 103
