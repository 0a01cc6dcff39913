// Package ring is the fast transport between the front and a worker: memory that
// both have mapped, through which requests and responses that fit pass without a
// system call while both sides are busy. What does not fit, or streams, goes over
// the lane of the worker's thread that claimed it (see core/lane).
//
//	front                          region                              worker
//	Publish ──► slot: environ, body ──► submission ring ──► claim (any thread)
//	collect ◄── completion ring ◄── slot: head, body ◄── complete, or early and finish
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
//	8        4      front    version, 2
//	12       4      front    N: slots, a power of two, at most 256
//	16       4      front    S: bytes of a slot, a multiple of 64
//	20       4      front    R: bytes of a slot for environ and body
//	24       4      front    offset of slot 0
//	64       4      front    submitted: requests ever published (mod 2^32)
//	68       4      both     bell: changed by who wakes threads that wait on it
//	128      4      worker   taken: entries ever taken from the submission ring
//	192      4      worker   completed: entries ever put into the completion ring
//	256      4      worker   sleeping: threads that wait for the bell
//	260      4      worker   woken: waits that have ended (mod 2^32)
//	320      4      both     asleep: 1 if the front wants its doorbell rung
//	512      4·N    front    submission ring: slot numbers
//	512+4·N  8·N    worker   completion ring, of 2·N entries: slot numbers
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
//	24       4      worker   first answer: 1 complete, 2 over lane: the response (or,
//	                         with the flag, the request first) goes over the lane,
//	                         3 early: the response is here, its thread has not
//	                         finished with the request
//	28       4      worker   bytes of the head block, as in a HEAD frame
//	32       4      worker   bytes of the response body
//	36       4      worker   second answer, after an early one: 1 finished, 2 over
//	                         lane: what else there is to say goes over the lane
//	64       R               environ, then body
//	64+R     S-64-R          head block, then response body
//
// "use" counts how often the slot was used, so that a compare-and-swap on the
// state of one use cannot succeed in the next.
//
//	        Publish                claim                complete, finished
//	Free ─────────────► Submitted ───────► Claimed ────────────────────► Done ──► Free
//	 ▲                      │               │    ▲ early                     Free (front)
//	 └──────────────────────┘               │────┘
//	      Revoke (front)                    └ over lane ────────────────────────► Free
//	                                             when the lane has its END (front)
//
// Submitted → Claimed (worker) and Submitted → Free (front) are compare-and-swap:
// one of them wins. A worker skips a submission entry whose slot it cannot claim.
// After a request that went over its lane a thread claims nothing until the front has
// freed the slot (it waits on the state word, a futex): a further request that had
// to go over the lane would wait for the client of the first one.
// Each answer, one or two a use, is one entry of the completion ring.
//
// An early answer is for responses whose body is there as a whole while the
// application still has something to do: a block as long as the Content-Length,
// from an iterable that may yield more and has a close(). PEP 3333 lets no block
// wait for that.
//
// # Waking the worker
//
// A thread that finds the submission ring empty adds itself to sleeping, looks
// again, and waits on the bell (a futex); afterwards it takes itself off and then
// adds to woken. The front, after it has published, looks at woken, then at
// sleeping. It wakes a thread, by changing the bell first, if
//
//   - every thread sleeps and none that it woke is still on its way, or
//   - a thread sleeps and all requests that others run have been out for WakeAfter:
//     those block or compute for long, or
//   - a thread sleeps and a request has waited unclaimed for WakeAfter.
//
// So a quick application runs on one warm thread, and a blocking one still gets
// all of its threads. A futex and not an eventfd: a worker could fill an eventfd
// up, and who rings it then waits.
//
// # Waking the front
//
// The front's doorbell, an eventfd, is rung by the worker after an answer if
// asleep is 1, which it sets to 0 by a swap first. While the submission ring still
// has entries the worker does not ring for a response: the next answer comes soon,
// and one wake serves both. The front therefore sleeps no longer than HoldLimit
// while a request is unclaimed. An over-lane answer is always rung for, and a
// thread that finds nothing more to take rings for what was held back.
package ring
