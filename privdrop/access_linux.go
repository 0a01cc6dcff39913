package privdrop

import "golang.org/x/sys/unix"

// readACL gives the access control list of a file; false if it has none, or
// if its file system knows none.
func readACL(name string) (accessACL, bool) {
	data := make([]byte, 64<<10) // the kernel's limit for an attribute
	n, err := unix.Lgetxattr(name, "system.posix_acl_access", data)
	if err != nil {
		return nil, false
	}
	return parseACL(data[:n])
}

// noExec reports whether the file is on a mount from which nothing is run.
func noExec(name string) bool {
	var st unix.Statfs_t
	return unix.Statfs(name, &st) == nil && st.Flags&unix.ST_NOEXEC != 0
}
