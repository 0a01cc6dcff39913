package front

import "sync"

// bufferSize is that of the pooled buffers: large steps, because every step of a
// body may cost a turn of Python's interpreter lock on the other side.
const bufferSize = 64 << 10

var bufferPool = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// getBuffer returns a buffer of n bytes, from the pool if n is at most bufferSize.
func getBuffer(n int) []byte {
	if n > bufferSize {
		return make([]byte, n)
	}
	return bufferPool.Get().(*[bufferSize]byte)[:n]
}

// putBuffer gives back what getBuffer gave; other slices are left to the collector.
func putBuffer(b []byte) {
	if cap(b) == bufferSize {
		bufferPool.Put((*[bufferSize]byte)(b[:bufferSize]))
	}
}
