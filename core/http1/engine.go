package http1

// Verdict is what the engine makes of the bytes it has seen.
type Verdict uint8

const (
	// More: nothing wrong so far, and not complete.
	More Verdict = iota
	// OK: complete.
	OK
	// Reject: to be refused, see [Engine.Rejection]; the connection must end.
	Reject
)

// String returns the verdict's name.
func (v Verdict) String() string {
	switch v {
	case More:
		return "More"
	case OK:
		return "OK"
	default:
		return "Reject"
	}
}

// Rejection says how to refuse a request. Reason is for the log and holds
// nothing that the client sent.
type Rejection struct {
	Status int
	Reason string
}

// phase is where the request side stands.
type phase uint8

const (
	awaitHead phase = iota
	inHead
	inBody
	bodyDone
	rejected // for ever
)

// Engine is the protocol state of one connection. Init makes it ready; it is not
// for concurrent use. Between requests it keeps its scratch memory.
type Engine struct {
	limits    *Limits
	phase     phase
	closing   bool // SetClose was called
	rejection Rejection

	head     headState
	request  requestFacts
	body     bodyState
	response responseState
}

// requestFacts is what framing and the response need to know of the request; it
// is gathered while the head is parsed.
type requestFacts struct {
	seen      uint8 // the single fields that were there: sawHost and so on
	te        transferCoding
	http10    bool
	isHead    bool
	close     bool // Connection: close
	keepAlive bool // Connection: keep-alive
	expect    bool // 100-continue
	badExpect bool
	length    int64 // -1: no Content-Length
}

// Fields that matter to framing or may not come twice.
const (
	sawHost uint8 = 1 << iota
	sawContentLength
	sawTransferEncoding
	sawContentType
)

// Init makes e ready for a new connection, whatever it was used for before. l is
// kept and must not change.
func (e *Engine) Init(l *Limits) {
	*e = Engine{limits: l, head: headState{spans: e.head.spans[:0], scratch: e.head.scratch[:0]}}
	e.next()
}

// Reset makes e ready for the next request of the connection, after [Engine.Persist]
// and [Engine.BodyDone]. A rejected engine stays rejected; so does one that is
// reset while a body is unread, because the bytes that follow are that body.
func (e *Engine) Reset() {
	switch e.phase {
	case rejected:
		return
	case inBody:
		e.reject(400, "request body not read to its end before the next request")
		return
	}
	e.next()
}

func (e *Engine) next() {
	e.phase = awaitHead
	e.head = headState{spans: e.head.spans[:0], scratch: e.head.scratch[:0]}
	e.request = requestFacts{length: -1}
	e.body = bodyState{}
	e.response = responseState{}
}

// Rejection tells why the last verdict was Reject.
func (e *Engine) Rejection() Rejection { return e.rejection }

// Started tells whether a request is under way: any byte beyond one leading CRLF
// has been seen since Reset. It tells an idle connection from a partial head.
func (e *Engine) Started() bool { return e.phase != awaitHead }

// SetClose makes the next response the last: the server drains, the handler
// wants it, or the connection cannot be trusted any more. It outlives Reset.
func (e *Engine) SetClose() { e.closing = true }

// reject makes e dirty for ever.
func (e *Engine) reject(status int, reason string) Verdict {
	e.phase = rejected
	e.rejection = Rejection{Status: status, Reason: reason}
	return Reject
}

// IsHead tells whether the method of the request is HEAD, as far as it was read:
// also when the rest of its head was refused.
func (e *Engine) IsHead() bool { return e.request.isHead }
