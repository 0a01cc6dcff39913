// Package privdrop turns the root process that bound the listeners into the
// unprivileged front, for good, and proves it.
//
// It is the only code of the project, next to the start-up path that calls it,
// that is meant to run as root. It reads the user database, asks getent where
// the database is elsewhere, and parses nothing that the application's user or
// the network can write.
//
//	Resolve ── Refuse ── CanEnter, CanExec ── (caller binds, opens) ── Apply ── Verify ── Proof
//	 names      uid 0      before anything         as root             │         │        one log line
//	 to ids     gid 0      is bound                                    │         │
//	                                                                   ▼         ▼
//	  Linux, each step on every thread, a failing step ends the start:  after it:
//
//	   1  keepcaps off                     nothing survives the change of user
//	   2  bounding set emptied             needs CAP_SETPCAP, hence while root
//	   3  ambient set cleared
//	   4  setgroups(list)                  groups first: POS36-C
//	   5  setresgid(g, g, g)
//	   6  setresuid(u, u, u)
//	   7  capset: all sets empty           the inheritable set is not cleared by 6
//	   8  no_new_privs                     no set-id file gives anything back
//	   9  dumpable off                     core and /proc/PID/mem hold requests
//	  10  umask
//	  11  Verify                           regaining must fail with EPERM, and the
//	                                       status of every thread must be as wanted
//
// Go gives the set*id calls to all threads; prctl and capset go through
// [syscall.AllThreadsSyscall], which refuses to work as soon as cgo is linked.
// So does Apply, before it has changed anything: the program has to be built
// with CGO_ENABLED=0.
//
// Other Unix systems have steps 4 to 6, 10 and 11. Windows has none of it: a
// service is given its account when it is installed, and [Apply] says so.
package privdrop
