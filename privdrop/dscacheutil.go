//go:build unix

package privdrop

import "strings"

// parseAttributes reads the first record of an answer of macOS's dscacheutil:
// "key: value" lines up to an empty one.
func parseAttributes(text string) map[string]string {
	attributes := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" && len(attributes) > 0 {
			break
		}
		if key, value, ok := strings.Cut(line, ":"); ok {
			attributes[key] = strings.TrimSpace(value)
		}
	}
	return attributes
}

func parseDirectoryUser(text string) (account, bool) {
	at := parseAttributes(text)
	uid, okUID := parseID(at["uid"])
	gid, okGID := parseID(at["gid"])
	if !okUID || !okGID || !databaseName(at["name"]) {
		return account{}, false
	}
	return account{name: at["name"], uid: uid, gid: gid, home: at["dir"], shell: at["shell"]}, true
}

func parseDirectoryGroup(text string) (group, bool) {
	at := parseAttributes(text)
	gid, ok := parseID(at["gid"])
	if !ok || !databaseName(at["name"]) {
		return group{}, false
	}
	return group{name: at["name"], gid: gid, members: strings.Fields(at["users"])}, true
}
