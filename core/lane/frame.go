package lane

import (
	"encoding/binary"
	"fmt"
)

// Version is the protocol's version, given in the worker's hello and in the
// front's start message; both sides refuse another one.
const Version = 1

// Sizes of the protocol, in bytes.
const (
	HeaderSize = 12
	// MaxPayload bounds every frame in both directions; a longer one is a
	// breach of the protocol and costs the worker its life.
	MaxPayload = 1 << 20
	// MaxHead bounds the head block of a HEAD frame.
	MaxHead = 256 << 10
)

// Type is the kind of a frame.
type Type uint8

// From the front to the worker.
const (
	Request Type = 1
	Body    Type = 2
	Abort   Type = 3
)

// From the worker to the front.
const (
	Want   Type = 16
	Head   Type = 17
	Data   Type = 18
	File   Type = 19
	End    Type = 20
	Errors Type = 21
)

// Flags of a frame; which ones mean something depends on the type.
const (
	FlagEnd   uint8 = 1 // Request, Body: the body ends here. Head, Data, File: the response ends here.
	FlagError uint8 = 2 // Body: cannot be delivered, payload is why. End: the application failed. Errors: written by the server's side, not by the application.
	FlagExit  uint8 = 4 // End: the application raised SystemExit; replace the worker
)

var typeNames = map[Type]string{Request: "REQUEST", Body: "BODY", Abort: "ABORT", Want: "WANT",
	Head: "HEAD", Data: "DATA", File: "FILE", End: "END", Errors: "ERRORS"}

func (t Type) String() string {
	if s, ok := typeNames[t]; ok {
		return s
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// Header is the fixed part of a frame.
type Header struct {
	Length  uint32 // of the payload
	Request uint32 // the request's number, never 0
	Type    Type
	Flags   uint8
}

// AppendHeader appends the 12 bytes of h.
func AppendHeader(dst []byte, h Header) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, h.Length)
	dst = binary.LittleEndian.AppendUint32(dst, h.Request)
	return append(dst, byte(h.Type), h.Flags, 0, 0)
}

// ParseHeader reads the 12 bytes at the start of b, which must hold them, and
// refuses what no peer may send: an over-long payload, request number 0, a
// reserved byte that is not 0. Whether the type and the flags fit the moment
// is the caller's to say.
func ParseHeader(b []byte) (Header, error) {
	h := Header{
		Length:  binary.LittleEndian.Uint32(b),
		Request: binary.LittleEndian.Uint32(b[4:]),
		Type:    Type(b[8]),
		Flags:   b[9],
	}
	switch {
	case h.Length > MaxPayload:
		return h, fmt.Errorf("frame %v: payload of %d bytes is over the limit of %d", h.Type, h.Length, MaxPayload)
	case h.Request == 0:
		return h, fmt.Errorf("frame %v: request number 0", h.Type)
	case b[10] != 0 || b[11] != 0:
		return h, fmt.Errorf("frame %v: reserved bytes are not zero", h.Type)
	}
	return h, nil
}
