package front

import (
	"io/fs"
	"os"
	"time"
)

// Address is where to listen.
type Address struct {
	Network string      // "tcp" (both families), "tcp4", "tcp6" or "unix"
	Address string      // host:port, or the path of the socket
	Mode    fs.FileMode // of a unix socket
}

func (a Address) String() string {
	if a.Network == "unix" {
		return "unix:" + a.Address
	}
	return a.Address
}

// CheckSpool tries whether bodies can be spooled, as the user who will do it.
func (c *Config) CheckSpool() error {
	f, err := os.CreateTemp(c.SpoolDirectory, "modwsgi-body-*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// Config bounds what a client may send and how long it may take. Every field
// has to be set; there are no zero-value defaults here (the option table of
// express/option has them).
type Config struct {
	// Sizes in bytes; see express/docs: limits.
	LimitRequestLine      int
	LimitRequestFields    int   // number of fields
	LimitRequestFieldSize int   // one field line
	LimitRequestHead      int   // whole head
	LimitRequestBody      int64 // 0: no limit

	// MaxConnections bounds the open connections of all listeners together.
	MaxConnections int

	// A request's head must come within HeaderTimeout of its first byte (or of
	// the connection's start); each HeaderMinRate bytes that came add a second,
	// up to HeaderMaxTimeout in all. The same for the body, whose time starts
	// when the head is complete (or 100 Continue was sent). Max 0: no cap. Rate
	// 0: only the first limit counts.
	HeaderTimeout, HeaderMaxTimeout time.Duration
	HeaderMinRate                   int // bytes a second
	BodyTimeout, BodyMaxTimeout     time.Duration
	BodyMinRate                     int

	// KeepAliveTimeout is how long an idle connection waits for its next
	// request; 0 turns keep-alive off.
	KeepAliveTimeout time.Duration
	// SocketTimeout bounds a single write to a client that takes nothing.
	SocketTimeout time.Duration

	// BufferRequests: bodies are read whole (BodyBuffer bytes in memory, the
	// rest in an unlinked file in SpoolDirectory) before a worker sees the
	// request. Otherwise, and always with Expect: 100-continue, the body is read
	// when the application reads.
	BufferRequests bool
	BodyBuffer     int
	SpoolDirectory string // "": the system's temporary directory
	// ResponseBuffer is how many bytes of a response wait for a slow client in
	// memory before its worker has to wait too.
	ResponseBuffer int

	// ServerHeader is the value of the Server field; "" sends none.
	ServerHeader string
}
