package harness

import "strings"

// isReady knows the line that the server logs once it serves.
func isReady(l Line) bool { return l.String("message") == "ready" }

// readyAddresses are the addresses of the ready line in the form that
// [Dial] takes.
func readyAddresses(l Line) []string {
	var all []string
	values, _ := l.Record["listen"].([]any)
	for _, v := range values {
		if address, ok := v.(string); ok {
			all = append(all, strings.TrimPrefix(address, "tcp:"))
		}
	}
	return all
}
