//go:build !linux

package privdrop

import "runtime"

// unprivilegedPorts is the first port that everybody may bind.
func unprivilegedPorts() int {
	if runtime.GOOS == "windows" {
		return 0
	}
	return 1024
}

// mayBind leaves macOS's exception (since 10.14 everybody may bind low ports
// on all addresses at once) to bind itself.
func mayBind(port int) bool {
	return port >= unprivilegedPorts() || IsRoot() || runtime.GOOS == "darwin"
}
