package accesslog

import (
	"bytes"
	"net/netip"
	"strconv"
	"time"

	"modwsgi-express/core/exchange"
)

// request is an exchange that has ended, as the directives see it. One that was
// refused before its head was understood has no method, and nothing else in
// its Request can be trusted: it may be left over from the request before.
type request struct {
	x    *exchange.Exchange
	end  time.Time
	keep keep
}

// keep is whether the connection stays open.
type keep uint8

const (
	keepUnknown keep = iota
	keepOpen
	keepClosed
)

// parsed tells whether there is a request to speak of.
func (r request) parsed() bool { return len(r.x.Request.Method) > 0 }

func (r request) duration() time.Duration { return max(0, r.end.Sub(r.x.Start)) }

func (r request) remote() netip.AddrPort {
	if r.x.Peer == nil {
		return netip.AddrPort{}
	}
	return r.x.Peer.Remote
}

func (r request) local() netip.AddrPort {
	if r.x.Peer == nil {
		return netip.AddrPort{}
	}
	return r.x.Peer.Local
}

func dash(dst []byte, _ *item, _ request) []byte { return append(dst, '-') }

// appendAddr appends an address, "-" on a unix socket. A listener for both
// families has IPv4 peers as mapped addresses.
func appendAddr(dst []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return append(dst, '-')
	}
	return a.Unmap().AppendTo(dst)
}

func remoteAddr(dst []byte, _ *item, r request) []byte { return appendAddr(dst, r.remote().Addr()) }
func localAddr(dst []byte, _ *item, r request) []byte  { return appendAddr(dst, r.local().Addr()) }

func port(dst []byte, it *item, r request) []byte {
	switch it.arg {
	case "remote":
		return appendPort(dst, r.remote())
	case "local":
		return appendPort(dst, r.local())
	}
	if _, p := splitHost(r); len(p) > 0 {
		return appendText(dst, p)
	}
	return appendPort(dst, r.local())
}

func appendPort(dst []byte, a netip.AddrPort) []byte {
	if !a.IsValid() {
		return append(dst, '-')
	}
	return strconv.AppendUint(dst, uint64(a.Port()), 10)
}

// splitHost divides the host that the client meant from its port.
func splitHost(r request) (host, port []byte) {
	if !r.parsed() {
		return nil, nil
	}
	host = r.x.Request.Host
	i := bytes.LastIndexByte(host, ':')
	if i < 0 || i < bytes.LastIndexByte(host, ']') {
		return host, nil
	}
	return host[:i], host[i+1:]
}

func hostName(dst []byte, _ *item, r request) []byte {
	host, _ := splitHost(r)
	return orDash(dst, host)
}

// orDash appends s, "-" if it is empty.
func orDash(dst, s []byte) []byte {
	if len(s) == 0 {
		return append(dst, '-')
	}
	return appendText(dst, s)
}

func status(dst []byte, _ *item, r request) []byte {
	if r.x.Status == 0 {
		return append(dst, '-')
	}
	return strconv.AppendInt(dst, int64(r.x.Status), 10)
}

func bodyOut(dst []byte, _ *item, r request) []byte { return strconv.AppendInt(dst, r.x.BodyOut, 10) }

func bodyOutDash(dst []byte, it *item, r request) []byte {
	if r.x.BodyOut == 0 {
		return append(dst, '-')
	}
	return bodyOut(dst, it, r)
}

// bytesReceived is the size of the head as it was understood, plus the body's.
func bytesReceived(dst []byte, _ *item, r request) []byte {
	n := r.x.BodyIn
	if r.parsed() {
		n += int64(len(r.x.Request.Method) + len(r.x.Request.Target) + len("  HTTP/1.1\r\n\r\n"))
		for _, f := range r.x.Request.Fields {
			n += int64(len(f.Name) + len(f.Value) + len(": \r\n"))
		}
	}
	return strconv.AppendInt(dst, n, 10)
}

func method(dst []byte, _ *item, r request) []byte { return orDash(dst, r.x.Request.Method) }

func protocol(dst []byte, _ *item, r request) []byte {
	if !r.parsed() {
		return append(dst, '-')
	}
	return appendProtocol(dst, &r.x.Request)
}

func appendProtocol(dst []byte, q *exchange.Request) []byte {
	dst = append(dst, "HTTP/"...)
	dst = strconv.AppendInt(dst, int64(q.Major), 10)
	dst = append(dst, '.')
	return strconv.AppendInt(dst, int64(q.Minor), 10)
}

func requestLine(dst []byte, _ *item, r request) []byte {
	if !r.parsed() {
		return append(dst, '-')
	}
	q := &r.x.Request
	dst = appendText(dst, q.Method)
	dst = append(dst, ' ')
	dst = appendText(dst, q.Target)
	dst = append(dst, ' ')
	return appendProtocol(dst, q)
}

func path(dst []byte, _ *item, r request) []byte {
	if !r.parsed() {
		return append(dst, '-')
	}
	return orDash(dst, r.x.Request.Path)
}

func query(dst []byte, _ *item, r request) []byte {
	if !r.parsed() || !r.x.Request.HasQuery {
		return dst
	}
	return appendText(append(dst, '?'), r.x.Request.Query)
}

// requestField appends all fields of the name, joined as RFC 9110 section 5.3
// allows: a second one must not be invisible.
func requestField(dst []byte, it *item, r request) []byte {
	if !r.parsed() {
		return append(dst, '-')
	}
	found := false
	for i := range r.x.Request.Fields {
		f := &r.x.Request.Fields[i]
		if !exchange.EqualFold(f.Name, it.arg) {
			continue
		}
		if found {
			dst = append(dst, ", "...)
		}
		found = true
		dst = appendText(dst, f.Value)
	}
	if !found {
		return append(dst, '-')
	}
	return dst
}

func responseField(dst []byte, it *item, r request) []byte {
	if it.field >= len(r.x.LogFields) {
		return append(dst, '-')
	}
	return orDash(dst, r.x.LogFields[it.field])
}

// cookie appends the value of the first cookie of that name (RFC 6265 section 4.2).
func cookie(dst []byte, it *item, r request) []byte {
	if !r.parsed() {
		return append(dst, '-')
	}
	for i := range r.x.Request.Fields {
		f := &r.x.Request.Fields[i]
		if !exchange.EqualFold(f.Name, "cookie") {
			continue
		}
		for rest := f.Value; len(rest) > 0; {
			var pair []byte
			pair, rest, _ = bytes.Cut(rest, []byte{';'})
			name, value, _ := bytes.Cut(pair, []byte{'='})
			if string(bytes.TrimSpace(name)) == it.arg {
				return appendText(dst, bytes.TrimSpace(value))
			}
		}
	}
	return append(dst, '-')
}

// remoteUser appends the user; one with an empty name is told from none, as
// Apache does.
func remoteUser(dst []byte, _ *item, r request) []byte {
	switch {
	case r.x.RemoteUser == nil:
		return append(dst, '-')
	case len(r.x.RemoteUser) == 0:
		return append(dst, `""`...)
	}
	return appendText(dst, r.x.RemoteUser)
}

func workerPID(dst []byte, _ *item, r request) []byte {
	if r.x.WorkerPID == 0 {
		return append(dst, '-')
	}
	return strconv.AppendInt(dst, int64(r.x.WorkerPID), 10)
}

// requestID appends the request's identity, with {c} the connection's part of it.
func requestID(dst []byte, it *item, r request) []byte {
	n := len(dst)
	dst = r.x.AppendID(dst)
	if it.arg == "c" {
		dst = dst[:n+bytes.IndexByte(dst[n:], '-')]
	}
	return dst
}

// keptAlive counts the requests that the connection had before this one.
func keptAlive(dst []byte, _ *item, r request) []byte {
	return strconv.AppendInt(dst, max(0, int64(r.x.Seq)-1), 10)
}

// connection appends X, + or -: aborted, may be kept open, closed.
func connection(dst []byte, _ *item, r request) []byte {
	switch {
	case r.x.Aborted != nil:
		return append(dst, 'X')
	case r.keep == keepOpen, r.keep == keepUnknown && r.parsed() && persists(&r.x.Request):
		return append(dst, '+')
	}
	return append(dst, '-')
}

// persists tells whether the client leaves the connection open (RFC 9112
// section 9.3).
func persists(q *exchange.Request) bool {
	open := q.Major > 1 || q.Major == 1 && q.Minor >= 1
	for i := range q.Fields {
		if !exchange.EqualFold(q.Fields[i].Name, "connection") {
			continue
		}
		for rest := q.Fields[i].Value; len(rest) > 0; {
			var option []byte
			option, rest, _ = bytes.Cut(rest, []byte{','})
			option = bytes.TrimSpace(option)
			if exchange.EqualFold(option, "close") {
				return false
			}
			open = open || exchange.EqualFold(option, "keep-alive")
		}
	}
	return open
}
