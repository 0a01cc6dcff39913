// Package ring is the fast transport between the front and a worker: memory that
// both have mapped, through which requests and responses that fit pass without a
// system call while both sides are busy. What does not fit, or streams, goes over
// the lane of the worker's thread that claimed it (see core/lane).
//
//	front                          region                              worker
//	Publish ──► slot: environ, body ──► submission ring ──► claim (any thread)
//	Collect ◄── completion ring ◄── slot: head, body ◄── complete
//	                            ◄── slot: "goes on over my lane"
//
// # Region
//
// One anonymous file (memfd) a worker process, sealed against changing its size:
// a worker that shrank it would make the front fault. All numbers are
// little-endian and aligned. Who writes what is fixed; the front believes
// nothing of what the worker writes, copies it out before it looks at it, and
// drops a worker whose numbers are impossible.
//
//	offset   size   writer
//	0        8      front    "MWXRING\x00"
//	8        4      front    version, 1
//	12       4      front    N: slots, a power of two, at most 256
//	16       4      front    S: bytes of a slot, a multiple of 64
//	20       4      front    R: bytes of a slot for environ and body
//	24       4      front    offset of slot 0
//	64       4      front    submitted: requests ever published (mod 2^32)
//	128      4      worker   taken: entries ever taken from the submission ring
//	192      4      worker   completed: entries ever put into the completion ring
//	256      4      worker   sleeping: threads that wait for the work doorbell
//	260      4      worker   woken: doorbell waits that have ended (mod 2^32)
//	320      4      front    asleep: 1 if the front wants its doorbell rung
//	384      4      worker   stopped: 1 when the worker takes nothing more
//	512      4·N    front    submission ring: slot numbers
//	512+4·N  4·N    worker   completion ring: slot numbers
//	…        S·N             slots
//
// A slot:
//
//	0        4      both     state: use << 2 | Free 0, Submitted 1, Claimed 2, Done 3
//	4        4      front    number of the request, as in lane frames
//	8        4      front    bytes of the environ (marshal)
//	12       4      front    bytes of the body
//	16       4      front    flags: 1 over lane: the request is too large for the
//	                         slot and comes as a REQUEST frame on the lane of the
//	                         thread that claims it
//	20       4      worker   index of the thread that claimed it
//	24       4      worker   kind: 1 complete, 2 over lane: the response (or, with
//	                         the flag, the request first) goes over the lane
//	28       4      worker   bytes of the head block, as in a HEAD frame
//	32       4      worker   bytes of the response body
//	36       4      worker   flags: 1 exit: replace the worker
//	64       R               environ, then body
//	64+R     S-64-R          head block, then response body
//
// "use" counts how often the slot was used, so that a compare-and-swap on the
// state of one use cannot succeed in the next.
//
//	        Publish                claim                complete
//	Free ─────────────► Submitted ───────► Claimed ──────────────► Done ──► Free
//	 ▲                      │                 │ over lane            Collect
//	 └──────────────────────┘                 └────────────────────────────► Free
//	      Revoke (front)                        when the lane has its END (front)
//
// Submitted → Claimed (worker) and Submitted → Free (front) are compare-and-swap:
// one of them wins. A worker skips a submission entry whose slot it cannot claim.
//
// # Doorbells
//
// Two eventfds. Work: a semaphore; each write of 1 ends one wait. A thread that
// finds the submission ring empty adds itself to sleeping, looks again, and waits;
// afterwards it takes itself off and adds to woken. The front, after it has
// published, looks at sleeping and rings only if no ring of its is under way
// (written − woken) and every thread sleeps, or if a request has waited unclaimed
// for WakeAfter: so a quick application runs on one warm thread, and a blocking
// one still gets all of its threads.
//
// Front: rung by the worker after a completion if asleep is 1, which it sets to 0
// by a swap first. While the submission ring still has entries the worker does
// not ring for a complete response: the next completion comes soon, and one wake
// serves both. The front therefore sleeps no longer than HoldLimit while requests
// are out. An over-lane completion is always rung for.
package ring
