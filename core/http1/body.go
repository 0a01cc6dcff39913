package http1

// bodyState is where the decoding of a request body stands.
type bodyState struct {
	chunked   bool
	remaining int64 // bytes of data to come: of the body, or of the chunk
	chunk     chunkState
}

// ParseBody decodes the framing of the request body. It takes the first n bytes
// of buf, which are not to be offered again; data is a part of them (maybe
// empty, and with any verdict). OK: the body is complete, what follows belongs
// to the next request. More: call again with what follows buf[:n], at once if
// there are such bytes. Without a body it answers OK and takes nothing.
func (e *Engine) ParseBody(buf []byte) (n int, data []byte, v Verdict) {
	switch {
	case e.phase == bodyDone:
		return 0, nil, OK
	case e.phase == rejected:
		return 0, nil, Reject
	case e.phase != inBody:
		return 0, nil, e.reject(400, "body parsed before its head")
	case e.body.chunked:
		return e.parseChunked(buf)
	}
	n = int(min(int64(len(buf)), e.body.remaining))
	if e.body.remaining -= int64(n); e.body.remaining > 0 {
		return n, buf[:n:n], More
	}
	e.phase = bodyDone
	return n, buf[:n:n], OK
}

// BodyDone tells whether the request's head was accepted and its body has been
// read to its end.
func (e *Engine) BodyDone() bool { return e.phase == bodyDone }
