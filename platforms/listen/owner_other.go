//go:build !linux

package listen

func listenerOf(int) (int, string) { return 0, "" }

// MaxBacklog is the most that the system allows as a backlog; 0 if it does not
// tell.
func MaxBacklog() int { return 0 }
