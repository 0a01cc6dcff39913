package privdrop

import "encoding/binary"

// accessACL is a POSIX access control list as Linux keeps it in the extended
// attribute system.posix_acl_access: version 2, then entries of
//
//	tag u16 | permissions u16 | id u32      (little endian)
type accessACL []aclEntry

type aclEntry struct {
	tag  uint16
	perm uint32
	id   int
}

const (
	aclGroupObj = 0x04 // the owning group
	aclUser     = 0x02 // a named user
	aclGroup    = 0x08 // a named group
	aclMask     = 0x10 // the most that the entries above give
	aclOther    = 0x20

	aclVersion   = 2
	aclHeaderLen = 4
	aclEntryLen  = 8
)

// parseACL reads the attribute; false if it is not such a list.
func parseACL(data []byte) (accessACL, bool) {
	if len(data) < aclHeaderLen || binary.LittleEndian.Uint32(data) != aclVersion {
		return nil, false
	}
	data = data[aclHeaderLen:]
	if len(data)%aclEntryLen != 0 {
		return nil, false
	}
	list := make(accessACL, 0, len(data)/aclEntryLen)
	for ; len(data) > 0; data = data[aclEntryLen:] {
		list = append(list, aclEntry{
			tag:  binary.LittleEndian.Uint16(data),
			perm: uint32(binary.LittleEndian.Uint16(data[2:])),
			id:   int(binary.LittleEndian.Uint32(data[4:])),
		})
	}
	return list, true
}

// permits decides for somebody who is not the owner: an entry for the user
// decides alone; of the group entries that match, one that allows is enough;
// only without any match is the identity an "other".
func (l accessACL) permits(id Identity, owningGroup int, want uint32) bool {
	mask, other := uint32(7), uint32(0)
	for _, e := range l {
		switch e.tag {
		case aclMask:
			mask = e.perm
		case aclOther:
			other = e.perm
		}
	}
	matched := false
	for _, e := range l {
		switch {
		case e.tag == aclUser && e.id == id.UID:
			return e.perm&mask&want == want
		case e.tag == aclGroupObj && id.member(owningGroup), e.tag == aclGroup && id.member(e.id):
			if e.perm&mask&want == want {
				return true
			}
			matched = true
		}
	}
	return !matched && other&want == want
}
