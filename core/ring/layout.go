package ring

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// Version of the layout, in the region and in the worker library.
const Version = 2

const (
	magic = "MWXRING\x00"

	// MaxSlots bounds the slots of a ring, and so the requests it holds.
	MaxSlots = 256

	// slotSize is S: an ordinary request and a response of 40 KiB fit. Only pages
	// that were used take memory, and slots are used again last in, first out.
	slotSize        = 64 << 10
	requestCapacity = 24 << 10 // R

	slotHeader       = 64
	responseCapacity = slotSize - slotHeader - requestCapacity
)

// Offsets in the region.
const (
	offMagic     = 0
	offVersion   = 8
	offSlots     = 12
	offSlotSize  = 16
	offCapacity  = 20
	offFirst     = 24
	offSubmitted = 64
	offBell      = 68
	offTaken     = 128
	offCompleted = 192
	offSleeping  = 256
	offWoken     = 260
	offAsleep    = 320
	offRings     = 512
)

// Offsets in a slot.
const (
	slotState     = 0
	slotNumber    = 4
	slotEnviron   = 8
	slotBody      = 12
	slotFlags     = 16
	slotThread    = 20
	slotFirst     = 24
	slotHeadBytes = 28
	slotBodyBytes = 32
	slotSecond    = 36
)

// States of a slot, in the two low bits of its state word.
const (
	free uint32 = iota
	submitted
	claimed
	done
)

// Values of slotFlags, and of slotFirst and slotSecond.
const (
	flagOverLane uint32 = 1

	answerComplete uint32 = 1 // as the second: finished
	answerOverLane uint32 = 2
	answerEarly    uint32 = 3
)

// region is the mapped memory with its geometry.
type region struct {
	mem   []byte
	slots uint32
	first uint32
}

// regionSize is the size of a region of n slots, in whole pages.
func regionSize(n uint32) (size, first int) {
	const page = 4096
	first = (offRings + 12*int(n) + page - 1) / page * page
	return first + int(n)*slotSize, first
}

// format writes the front's constants.
func (r *region) format() {
	copy(r.mem[offMagic:], magic)
	for off, v := range map[int]uint32{
		offVersion: Version, offSlots: r.slots, offSlotSize: slotSize, offCapacity: requestCapacity, offFirst: r.first,
	} {
		binary.LittleEndian.PutUint32(r.mem[off:], v)
	}
}

// word is a number that both processes use. Every system that has this
// transport is little-endian, as the layout.
func (r *region) word(off int) *atomic.Uint32 {
	_ = r.mem[off+3]
	return (*atomic.Uint32)(unsafe.Pointer(&r.mem[off]))
}

func (r *region) submission(i uint32) *atomic.Uint32 {
	return r.word(offRings + 4*int(i&(r.slots-1)))
}

func (r *region) completion(i uint32) *atomic.Uint32 {
	return r.word(offRings + 4*int(r.slots) + 4*int(i&(2*r.slots-1)))
}

// slot is the start of a slot's header.
func (r *region) slot(n uint32) int { return int(r.first) + int(n)*slotSize }
