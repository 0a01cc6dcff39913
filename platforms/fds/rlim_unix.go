//go:build unix && !freebsd

package fds

func rlim(n uint64) uint64 { return n }
