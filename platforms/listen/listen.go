// Package listen opens listening sockets, with errors that say what is in the
// way and a backlog of the caller's choice, which package net does not offer.
//
//	TCP   "127.0.0.1:8000"  that address
//	      "0.0.0.0:8000"    every IPv4 address
//	      "[::]:8000", ":8000", "*:8000"  every address, IPv4 and IPv6
//	      "localhost:8000"  the loopback address, IPv4 first
//	unix  /run/app/sock     a socket file; see [Unix]
//
// SO_REUSEADDR is set, so that a restart does not wait for old connections to
// be forgotten; two servers on one port stay impossible.
package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"
)

// DefaultBacklog is how many connections may wait to be accepted. The system
// may allow fewer: see [MaxBacklog].
const DefaultBacklog = 2048

// Options are those of every listener.
type Options struct {
	Backlog int // 0 is DefaultBacklog
}

func (o Options) backlog() int {
	if o.Backlog <= 0 {
		return DefaultBacklog
	}
	return o.Backlog
}

// lookupTimeout bounds finding the address of a host name.
const lookupTimeout = 5 * time.Second

// TCP listens on host:port. Port 0 is any free one. As root a host name is
// looked up in the hosts file only: root takes no answer from the network. The
// error is an [*Error].
func TCP(ctx context.Context, address string, o Options) (*net.TCPListener, error) {
	network, resolved, err := resolve(ctx, address)
	if err != nil {
		return nil, explain(address, 0, err)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, network, resolved.String())
	if err != nil {
		return nil, explain(address, int(resolved.Port()), err)
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok { // it is one for every network that resolve gives
		return nil, explain(address, 0, errors.Join(fmt.Errorf("unexpected listener %T", l), l.Close()))
	}
	if err := setBacklog(tcp, o.backlog()); err != nil {
		return nil, explain(address, 0, errors.Join(err, tcp.Close()))
	}
	return tcp, nil
}

// errAddress marks an address that cannot be understood.
var errAddress = errors.New("not an address of the form HOST:PORT")

// resolve gives the network for package net, in which "tcp" with an
// unspecified address would be both families whatever was written.
func resolve(ctx context.Context, address string) (string, netip.AddrPort, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return "", netip.AddrPort{}, errAddress
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return "", netip.AddrPort{}, fmt.Errorf("%w: the port is a number from 0 to 65535", errAddress)
	}
	if host == "" || host == "*" {
		host = "::"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		if ip, err = lookup(ctx, host); err != nil {
			return "", netip.AddrPort{}, err
		}
	}
	network := "tcp" // for "::" both families, or IPv4 alone where there is no IPv6
	switch {
	case ip.Is4() || ip.Is4In6():
		network, ip = "tcp4", ip.Unmap()
	case !ip.IsUnspecified():
		network = "tcp6"
	}
	return network, netip.AddrPortFrom(ip, uint16(port)), nil
}

var errNoNetwork = errors.New("names are not looked up in the network as root: use the address")

func lookup(ctx context.Context, host string) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	resolver := net.DefaultResolver
	if os.Geteuid() == 0 {
		resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errNoNetwork
		}}
	}
	found, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, ip := range found {
		if ip = ip.Unmap(); ip.Is4() {
			return ip, nil
		}
	}
	return found[0], nil // a lookup without an error has an answer
}

// setBacklog calls listen(2) again, which only changes the length of the queue.
func setBacklog(l syscall.Conn, n int) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var listenErr error
	if err := raw.Control(func(fd uintptr) { listenErr = relisten(fd, n) }); err != nil {
		return err
	}
	return os.NewSyscallError("listen", listenErr)
}
