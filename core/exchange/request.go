package exchange

// Field is one header field. Name is as it was sent (any case), Value without
// the white space around it (RFC 9110 section 5.5).
type Field struct {
	Name, Value []byte
}

// Request is a validated request head. Listeners fill it; nobody checks it
// again. Every slice is a view, valid until the exchange ends.
type Request struct {
	Method []byte // a token, case as sent
	Target []byte // the request-target as sent (RFC 9112 section 3.2)

	// RawPath is the path of the target before decoding ("*" for OPTIONS *),
	// Path the same with every %XX decoded once: the one normalisation that
	// routing, static files, logs and PATH_INFO share. Dot segments and double
	// slashes are kept; a path that leaves the root never gets here.
	RawPath, Path []byte
	Query         []byte // after the first "?", undecoded; HasQuery tells "/?" from "/"
	HasQuery      bool

	// Host is the host[:port] that the client meant: the target's authority in
	// absolute-form (RFC 9112 section 3.2.2), else the Host field; empty on
	// HTTP/1.0 without one.
	Host []byte
	// AbsoluteHTTPS is set for an absolute-form target of scheme https.
	AbsoluteHTTPS bool

	// Fields are all header fields in the order they came, Host and the framing
	// fields included. Nothing is dropped or folded here; what becomes an
	// environ key is the gateway's decision.
	Fields []Field

	Major, Minor  int   // version of the message, for SERVER_PROTOCOL and logs
	ContentLength int64 // -1: none given
	Chunked       bool  // Transfer-Encoding: chunked; ContentLength is -1
	Expect100     bool  // the client waits for 100 Continue (never on HTTP/1.0)
}

// Get returns the value of the first field of that name, which is given in
// lower case, and whether there is one.
func (r *Request) Get(lower string) ([]byte, bool) {
	for i := range r.Fields {
		if EqualFold(r.Fields[i].Name, lower) {
			return r.Fields[i].Value, true
		}
	}
	return nil, false
}

// HasBody tells whether the request's framing announces a body.
func (r *Request) HasBody() bool { return r.Chunked || r.ContentLength > 0 }

// IsHead tells whether the method is HEAD.
func (r *Request) IsHead() bool { return string(r.Method) == "HEAD" }

// EqualFold compares a field name with one given in lower case, in ASCII.
func EqualFold(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
