package privdrop

import "strings"

// whatInstead is what takes the place of a privilege drop on Windows.
const whatInstead = `leave --user and --group out. On Windows a server gets its account when it is installed as a service:
  sc.exe create NAME binPath= "..." obj= "NT SERVICE\NAME"   (a virtual account of its own, without password)
  sc.exe config NAME obj= "NT AUTHORITY\LocalService"        (a built-in account with few rights)
Ports below 1024 are open to every account there.`

// IsRoot is false: there is no uid 0, and no port that only it may open.
func IsRoot() bool { return false }

// Current is not known in users and groups with numbers.
func Current() (Identity, error) {
	return Identity{}, notHere("find the user and group numbers of this process")
}

// Apply says what takes the place of a drop on Windows.
func Apply(id Identity, _ Options) (Proof, error) {
	return Proof{}, notHere("become user " + id.User)
}

// Verify has nothing to prove on Windows.
func Verify(Identity) (Proof, error) { return Proof{}, notHere("prove a drop of rights") }

func notHere(what string) error {
	return &Error{What: "cannot " + strings.TrimSpace(what) + " on Windows", Hint: whatInstead}
}
