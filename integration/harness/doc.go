// Package harness drives the built program from outside: it starts the real
// binary with a real Python, talks to it in raw bytes, and looks at its
// processes, descriptors and log through the operating system.
//
//	test ── Start ──► modwsgi-express ──► python workers
//	  │                 │ log lines (a line a channel send, every wait has a limit)
//	  ├── Dial ─────────┤ bytes as written, answers by a strict reader of our own
//	  └── Cleanup ──────┘ invariants, SIGTERM, exit code 0
//
// The reader shares no code with the server: what it accepts is a well-formed
// response by RFC 9112, and nothing else is.
//
// # Invariants
//
// They are checked when a test that started a server ends, whatever it did in
// between (see Server.CheckInvariants):
//
//	I1  no zombie, and exactly the processes that were there at the start
//	I2  as many open descriptors in each process as at the start, give or take two
//	I3  no panic, data race or unexpected error line in the log
//	I4  a fresh GET is answered with 200
//
// # Environment
//
//	MODWSGI_EXPRESS_BINARY  the program to test; built with the go command if unset
//	MODWSGI_TEST_PYTHONS    interpreters to use, separated as in PATH; searched for if unset
package harness
