package http1

// Limits bounds what a client may send. Sizes are in bytes. The same Limits may
// be used by many engines; nobody writes to it meanwhile.
type Limits struct {
	// RequestLine is the longest request line, without its CRLF (414 beyond).
	RequestLine int
	// Fields is the largest number of header fields (431 beyond).
	Fields int
	// FieldSize is the longest field line, without its CRLF (431 beyond).
	FieldSize int
	// HeadSize is the size of the whole head: an empty line in front of it, all
	// line ends and the empty line behind it included (431 beyond). A head never
	// needs a larger buffer. At most 1 GiB.
	HeadSize int
	// ChunkExtension is the size of the extensions of one chunk (400 beyond).
	ChunkExtension int
	// TrailerSize is the size of the trailer section of a chunked body with its
	// line ends (431 beyond).
	TrailerSize int
}

// DefaultLimits returns the limits of Apache httpd, with a bound on the whole
// head and on what comes with chunks.
func DefaultLimits() Limits {
	return Limits{
		RequestLine:    8190,
		Fields:         100,
		FieldSize:      8190,
		HeadSize:       64 << 10,
		ChunkExtension: 256,
		TrailerSize:    8190,
	}
}
