package privdrop

import (
	"fmt"
	"strings"
)

// A Proof says what was found after the drop. It exists only when everything
// that was checked was as it should be.
type Proof struct {
	Identity   Identity
	Mode       Mode
	Threads    int      // threads whose status was compared; 0 where the system does not tell
	Bounding   uint64   // capabilities left in the bounding set: nonzero only where CAP_SETPCAP was missing
	NoNewPrivs bool     // on every thread
	Refused    []string // the attempts to regain rights, each refused with EPERM
}

// Mode is the kind of start that a proof is about.
type Mode uint8

const (
	// Dropped: started as root, now the identity.
	Dropped Mode = iota
	// Unprivileged: started without root; what was held beyond it is gone.
	Unprivileged
	// KeptRoot: root by explicit wish. Nothing but no_new_privs protects.
	KeptRoot
)

// String is the log line.
func (p Proof) String() string {
	var b strings.Builder
	switch p.Mode {
	case KeptRoot:
		fmt.Fprintf(&b, "still %v: the application runs with all rights of the machine", p.Identity)
	case Unprivileged:
		fmt.Fprintf(&b, "unprivileged as %v", p.Identity)
	default:
		fmt.Fprintf(&b, "dropped root for %v", p.Identity)
	}
	if p.Threads > 0 {
		fmt.Fprintf(&b, "; %s alike", plural(p.Threads, "thread"))
		if p.Mode != KeptRoot {
			b.WriteString(", no capabilities")
			if p.Bounding == 0 {
				b.WriteString(", bounding set empty")
			} else {
				fmt.Fprintf(&b, ", bounding set %#x left (no CAP_SETPCAP to empty it)", p.Bounding)
			}
		}
	}
	if p.NoNewPrivs {
		b.WriteString(", no_new_privs")
	}
	if len(p.Refused) > 0 {
		fmt.Fprintf(&b, "; refused: %s", strings.Join(p.Refused, " "))
	}
	return b.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Options are the choices that Apply leaves to the operator.
type Options struct {
	Umask     int  // file creation mask to set; negative leaves it as it is
	AllowRoot bool // uid 0 or gid 0 is meant: the operator has said so
}
