package http1

// chunkState is where the decoding of a chunked body stands (RFC 9112 section
// 7.1). Framing bytes are taken one by one, so nothing has to be kept or offered
// again when a line is split between two reads.
//
//	chunkSize ─ ";" ─► ext… ─ CR ─► chunkSizeLF ─ LF ─► chunkData ─► chunkDataCR ─► chunkDataLF ─┐
//	    ▲ └───────────── CR ────────────▲        └ size 0 ► trailer… ─► done                     │
//	    └────────────────────────────────────────────────────────────────────────────────────────┘
type chunkState struct {
	step    chunkStep
	digits  int // of the size
	ext     int // bytes of extensions of this chunk
	trailer trailerState
}

type chunkStep uint8

const (
	chunkSize chunkStep = iota
	chunkSizeLF
	chunkData
	chunkDataCR
	chunkDataLF
	// Within chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS value ] ). White space
	// before the first ";" is refused: a size followed by a space is a known way
	// to make two parsers differ.
	extName0  // before the name
	extName   // in it
	extName1  // white space behind it
	extValue0 // before the value
	extToken  // in a token
	extQuoted // in a quoted-string
	extEscape // behind its "\"
	extValue1 // behind the closing quote
	extValue2 // white space behind the value
	// Within the trailer section: trailer.go.
	trailerLine
	trailerName
	trailerValue
	trailerLF
	trailerEndLF
)

// maxSizeDigits is the number of hexadecimal digits of a chunk size, leading
// zeros included.
const maxSizeDigits = 16

// parseChunked takes framing bytes up to and including the next piece of data,
// and the framing bytes behind it.
func (e *Engine) parseChunked(buf []byte) (n int, data []byte, v Verdict) {
	b := &e.body
	for n < len(buf) {
		if b.chunk.step == chunkData {
			if data != nil {
				return n, data, More // one piece a call
			}
			size := int(min(int64(len(buf)-n), b.remaining))
			data = buf[n : n+size : n+size]
			n += size
			if b.remaining -= int64(size); b.remaining == 0 {
				b.chunk.step = chunkDataCR
			}
			continue
		}
		v := e.chunkByte(buf[n])
		if v == Reject {
			return n, data, Reject
		}
		n++
		if v == OK {
			e.phase = bodyDone
			return n, data, OK
		}
	}
	return n, data, More
}

// chunkByte takes one framing byte. OK: it was the last of the body.
func (e *Engine) chunkByte(c byte) Verdict {
	switch k := &e.body.chunk; k.step {
	case chunkSize:
		return e.chunkSizeByte(c)
	case chunkSizeLF:
		if c != '\n' {
			return e.reject(400, "chunk size not ended by CRLF")
		}
		k.step = chunkData
		if e.body.remaining == 0 {
			k.step = trailerLine
		}
	case chunkDataCR:
		if c != '\r' {
			return e.reject(400, "chunk data not ended by CRLF")
		}
		k.step = chunkDataLF
	case chunkDataLF:
		if c != '\n' {
			return e.reject(400, "chunk data not ended by CRLF")
		}
		k.step, k.digits, k.ext = chunkSize, 0, 0
	case trailerLine, trailerName, trailerValue, trailerLF, trailerEndLF:
		return e.trailerByte(c)
	default:
		return e.extByte(c)
	}
	return More
}

// chunkSizeByte takes a byte of a chunk size: hexadecimal digits and nothing
// else, then ";" or CR.
func (e *Engine) chunkSizeByte(c byte) Verdict {
	k := &e.body.chunk
	if class[c]&hexByte != 0 {
		// The last digit may not shift into the sign.
		if k.digits == maxSizeDigits || e.body.remaining > 1<<59-1 {
			return e.reject(400, "chunk size too large")
		}
		k.digits++
		e.body.remaining = e.body.remaining<<4 | int64(unhex(c))
		return More
	}
	switch {
	case k.digits == 0:
		return e.reject(400, "chunk without a size")
	case c == '\r':
		k.step = chunkSizeLF
	case c == ';':
		k.step = extName0
		return e.countExt()
	default:
		return e.reject(400, "malformed chunk size")
	}
	return More
}

func (e *Engine) countExt() Verdict {
	if e.body.chunk.ext++; e.body.chunk.ext > e.limits.ChunkExtension {
		return e.reject(400, "chunk extensions too long")
	}
	return More
}

// extByte takes a byte of the chunk extensions, which are validated and dropped
// (RFC 9112 section 7.1.1).
func (e *Engine) extByte(c byte) Verdict {
	k := &e.body.chunk
	if c == '\r' {
		switch k.step {
		case extName, extToken, extValue1:
			k.step = chunkSizeLF
			return More
		}
	}
	next, ok := extStep(k.step, c)
	if !ok {
		return e.reject(400, "malformed chunk extension")
	}
	k.step = next
	return e.countExt()
}

// extStep is the grammar of chunk extensions.
func extStep(step chunkStep, c byte) (next chunkStep, ok bool) {
	switch step {
	case extName0:
		if isOWS(c) {
			return extName0, true
		}
		return extName, isToken(c)
	case extName, extName1:
		switch {
		case isToken(c):
			return extName, step == extName
		case isOWS(c):
			return extName1, true
		case c == '=':
			return extValue0, true
		}
		return extName0, c == ';'
	case extValue0:
		switch {
		case isOWS(c):
			return extValue0, true
		case c == '"':
			return extQuoted, true
		}
		return extToken, isToken(c)
	case extQuoted:
		switch c {
		case '"':
			return extValue1, true
		case '\\':
			return extEscape, true
		}
		return extQuoted, class[c]&badValueByte == 0
	case extEscape:
		return extQuoted, class[c]&badValueByte == 0
	default: // extToken, extValue1, extValue2
		switch {
		case isToken(c):
			return extToken, step == extToken
		case c == ';':
			return extName0, true
		}
		return extValue2, isOWS(c)
	}
}
