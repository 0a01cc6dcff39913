package gateway

import (
	"encoding/binary"
	"math"
)

// The environ travels in Python's marshal format, which the C code of every
// interpreter reads into a dict at once. Only these types are written:
//
//	'{' key value … '0'    dict
//	'Z' u8 · ASCII         short str, interned: keys
//	'z' u8 · ASCII         short str
//	'a' u32 · ASCII        str
//	'u' u32 · UTF-8        str
//	'i' i32                int
//	'g' f64                float
//	'T', 'F'               bool
//	')' u8 · items         small tuple
//
// All lengths are little-endian and count bytes.

func appendDictStart(dst []byte) []byte { return append(dst, '{') }
func appendDictEnd(dst []byte) []byte   { return append(dst, '0') }

// appendKey appends a key of at most 255 ASCII bytes.
func appendKey(dst []byte, key string) []byte {
	dst = append(dst, 'Z', byte(len(key)))
	return append(dst, key...)
}

// appendText appends a str whose characters are the bytes of s, decoded as
// latin-1: the "bytes as unicode" of PEP 3333.
func appendText[S []byte | string](dst []byte, s S) []byte {
	high := 0
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			high++
		}
	}
	switch {
	case high > 0:
		dst = append(dst, 'u')
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s)+high))
		for i := 0; i < len(s); i++ {
			if c := s[i]; c >= 0x80 {
				dst = append(dst, 0xC0|c>>6, 0x80|c&0x3F)
			} else {
				dst = append(dst, c)
			}
		}
		return dst
	case len(s) < 256:
		dst = append(dst, 'z', byte(len(s)))
	default:
		dst = append(dst, 'a')
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s)))
	}
	return append(dst, s...)
}

// appendUTF8 appends a str given in UTF-8, as the operator wrote it.
func appendUTF8(dst []byte, s string) []byte {
	dst = append(dst, 'u')
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s)))
	return append(dst, s...)
}

func appendInt(dst []byte, v int32) []byte {
	dst = append(dst, 'i')
	return binary.LittleEndian.AppendUint32(dst, uint32(v))
}

func appendFloat(dst []byte, v float64) []byte {
	dst = append(dst, 'g')
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 'T')
	}
	return append(dst, 'F')
}
