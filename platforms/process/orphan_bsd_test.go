//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package process_test

const diesWithParent = false
