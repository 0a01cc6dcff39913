package gateway

import (
	"os"
	"sort"
	"strconv"
	"time"

	"modwsgi-express/core/exchange"
)

// Settings are what the environ of an application says besides the request.
type Settings struct {
	MountPoint     string // SCRIPT_NAME: "" or "/prefix"
	MultiThread    bool   // an instance may be called by several threads at once
	MultiProcess   bool   // and lives in several processes
	ProcessGroup   string // mod_wsgi.process_group
	CallableObject string
	ScriptFilename string            // the application's file, "" if it has none
	Software       string            // SERVER_SOFTWARE
	Extra          map[string]string // --setenv and --passenv; read as latin-1, as mod_wsgi does
}

// Dispatch is what is known of a request when a worker thread takes it.
type Dispatch struct {
	Thread int       // index of the thread in its process
	Queued time.Time // when the request began to wait for a thread
	Taken  time.Time // when the thread took it
}

// Environ makes the WSGI environ of an application's requests (PEP 3333,
// reference: mod_wsgi's keys). It is safe for use by several goroutines.
type Environ struct {
	mount  string
	static []byte // the keys that are the same for every request, marshalled
}

// NewEnviron prepares the environ of an application.
func NewEnviron(s Settings) *Environ {
	e := &Environ{mount: s.MountPoint}
	b := appendKey(nil, "wsgi.version")
	b = append(b, ')', 2)
	b = appendInt(appendInt(b, 1), 0)
	b = appendBool(appendKey(b, "wsgi.multithread"), s.MultiThread)
	b = appendBool(appendKey(b, "wsgi.multiprocess"), s.MultiProcess)
	b = appendBool(appendKey(b, "wsgi.run_once"), false)
	b = appendBool(appendKey(b, "wsgi.input_terminated"), true)
	b = appendText(appendKey(b, "SERVER_SOFTWARE"), s.Software)
	b = appendText(appendKey(b, "SCRIPT_NAME"), s.MountPoint)
	if s.ScriptFilename != "" {
		b = appendUTF8(appendKey(b, "SCRIPT_FILENAME"), s.ScriptFilename)
	}
	b = appendModWSGI(b, s)
	names := make([]string, 0, len(s.Extra))
	for name := range s.Extra {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		b = appendText(appendText(b, name), s.Extra[name])
	}
	e.static = b
	return e
}

// modWSGIVersion is the mod_wsgi whose environ this is: applications compare it
// to know which keys to expect.
var modWSGIVersion = [3]int32{6, 1, 1}

func appendModWSGI(b []byte, s Settings) []byte {
	b = append(appendKey(b, "mod_wsgi.version"), ')', 3)
	for _, n := range modWSGIVersion {
		b = appendInt(b, n)
	}
	b = appendText(appendKey(b, "mod_wsgi.process_group"), s.ProcessGroup)
	b = appendText(appendKey(b, "mod_wsgi.application_group"), "")
	b = appendText(appendKey(b, "mod_wsgi.callable_object"), s.CallableObject)
	b = appendText(appendKey(b, "mod_wsgi.request_handler"), "wsgi-script")
	b = appendText(appendKey(b, "mod_wsgi.handler_script"), "")
	b = appendText(appendKey(b, "mod_wsgi.mount_point"), s.MountPoint)
	b = appendText(appendKey(b, "mod_wsgi.script_name"), s.MountPoint)
	return appendInt(appendKey(b, "mod_wsgi.server_pid"), int32(os.Getpid()))
}

// Append appends the marshalled environ of x.
func (e *Environ) Append(dst []byte, x *exchange.Exchange, d Dispatch) []byte {
	dst = appendDictStart(dst)
	dst = append(dst, e.static...)
	dst = e.appendRequest(dst, x)
	dst = appendConnection(dst, x)
	dst = appendTimes(dst, x, d)
	dst = e.appendFields(dst, x)
	return appendDictEnd(dst)
}

func (e *Environ) appendRequest(dst []byte, x *exchange.Exchange) []byte {
	r := &x.Request
	path := r.Path
	if n := len(e.mount); len(path) >= n {
		path = path[n:] // routing made sure that the mount point is its prefix
	}
	dst = appendText(appendKey(dst, "REQUEST_METHOD"), r.Method)
	dst = appendText(appendKey(dst, "REQUEST_URI"), r.Target)
	dst = appendText(appendKey(dst, "RAW_URI"), r.Target)
	dst = appendText(appendKey(dst, "PATH_INFO"), path)
	dst = appendText(appendKey(dst, "mod_wsgi.path_info"), path)
	dst = appendText(appendKey(dst, "QUERY_STRING"), r.Query)
	protocol := [8]byte{'H', 'T', 'T', 'P', '/', '0' + byte(r.Major%10), '.', '0' + byte(r.Minor%10)}
	dst = appendText(appendKey(dst, "SERVER_PROTOCOL"), protocol[:])
	scheme := "http"
	if x.Peer.TLS {
		scheme = "https"
	}
	dst = appendText(appendKey(dst, "REQUEST_SCHEME"), scheme)
	dst = appendText(appendKey(dst, "wsgi.url_scheme"), scheme)
	// A body that was buffered whole has a length, whatever its framing was.
	if n := x.Body.Size(); n > 0 || n == 0 && (r.ContentLength == 0 || r.Chunked) {
		var num [20]byte
		dst = appendText(appendKey(dst, "CONTENT_LENGTH"), strconv.AppendInt(num[:0], n, 10))
	}
	if len(x.RemoteUser) > 0 {
		dst = appendText(appendKey(dst, "REMOTE_USER"), x.RemoteUser)
	}
	return dst
}

// appendConnection appends who talks to whom. SERVER_NAME is the host that the
// client meant, as with Apache's UseCanonicalName Off, without its port.
func appendConnection(dst []byte, x *exchange.Exchange) []byte {
	p, port := x.Peer, "80"
	var scratch [64]byte
	name := x.Request.Host
	if h, hostPort, ok := splitHost(name); ok {
		name = h
		if p.Unix != "" && len(hostPort) > 0 {
			port = string(hostPort)
		}
	}
	if p.Unix == "" {
		b := p.Local.Addr().AppendTo(scratch[:0])
		dst = appendText(appendKey(dst, "SERVER_ADDR"), b)
		dst = appendText(appendKey(dst, "mod_wsgi.listener_host"), b)
		if len(name) == 0 {
			name = append([]byte(nil), b...)
		}
		dst = appendText(appendKey(dst, "REMOTE_ADDR"), p.Remote.Addr().AppendTo(scratch[:0]))
		dst = appendText(appendKey(dst, "REMOTE_PORT"), strconv.AppendUint(scratch[:0], uint64(p.Remote.Port()), 10))
		port = strconv.Itoa(int(p.Local.Port()))
	} else {
		// There is no address on a unix socket; an empty string is what peers give.
		dst = appendText(appendKey(dst, "REMOTE_ADDR"), "")
		dst = appendText(appendKey(dst, "mod_wsgi.listener_host"), "")
	}
	if len(name) == 0 {
		name = []byte("localhost")
	}
	dst = appendText(appendKey(dst, "SERVER_NAME"), name)
	dst = appendText(appendKey(dst, "SERVER_PORT"), port)
	return appendText(appendKey(dst, "mod_wsgi.listener_port"), port)
}

// splitHost separates host and port of a validated Host value; an IPv6 literal
// keeps its brackets, as SERVER_NAME has to be usable in a URL.
func splitHost(h []byte) (host, port []byte, ok bool) {
	for i := len(h) - 1; i >= 0; i-- {
		switch h[i] {
		case ':':
			return h[:i], h[i+1:], true
		case ']':
			return h, nil, true
		}
	}
	return h, nil, false
}

func appendTimes(dst []byte, x *exchange.Exchange, d Dispatch) []byte {
	var id [40]byte
	b := x.AppendID(id[:0])
	dst = appendText(appendKey(dst, "mod_wsgi.request_id"), b)
	dst = appendText(appendKey(dst, "mod_wsgi.connection_id"), strconv.AppendUint(id[:0], x.ConnID, 36))
	dst = appendInt(appendKey(dst, "mod_wsgi.thread_id"), int32(d.Thread))
	dst = appendFloat(appendKey(dst, "mod_wsgi.request_start"), seconds(x.Start))
	dst = appendFloat(appendKey(dst, "mod_wsgi.queue_start"), seconds(d.Queued))
	dst = appendFloat(appendKey(dst, "mod_wsgi.daemon_start"), seconds(d.Taken))
	return appendFloat(appendKey(dst, "mod_wsgi.application_start"), seconds(d.Taken))
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
