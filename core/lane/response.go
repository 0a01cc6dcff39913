package lane

import "modwsgi-express/core/gateway"

// Response is the response of a request that reached the worker another way than
// over a lane.
//
//	Respond                 all of it is here, and its thread has finished
//	Begin ──► End           all of it is here before its thread has finished
//	      └─► GoOn          … and the thread says the rest over its lane
//	Resume                  nothing of it is here: it comes over the lane
type Response struct{ s serving }

// Respond sends a response that came as a whole, head block and body.
func Respond(job *Job, block, body []byte) Result {
	r := Response{serving{job: job, x: job.X}}
	r.begin(block, body)
	return r.End()
}

// Begin shows the client a response of which all is here, but does not end it.
func Begin(job *Job, block, body []byte) *Response {
	r := &Response{serving{job: job, x: job.X}}
	r.begin(block, body)
	if !r.s.discard {
		r.s.failed(r.s.x.Response.Flush())
	}
	return r
}

func (r *Response) begin(block, body []byte) {
	s := &r.s
	s.answering, s.bodyEnded = true, true
	if s.parse(block); s.discard {
		return
	}
	s.sized(Header{Flags: FlagEnd}, int64(len(body)))
	s.failed(s.x.Response.Head(&s.head))
	if len(body) > 0 && !s.discard {
		s.failed(s.x.Response.Write(body))
	}
}

// End ends a response that was begun.
func (r *Response) End() Result {
	r.s.end()
	return Result{Dropped: r.s.dropped}
}

// GoOn relays what the thread has to say after all, until it is done. The request's
// number has to be set before.
func (r *Response) GoOn(c *Conn) Result {
	r.s.c = c
	c.next++
	c.frame, c.left = Header{}, 0
	err := c.setDeadline(r.s.job.Deadline)
	if r.s.discard {
		r.s.abort()
	}
	res := r.s.run(err)
	res.Unseen = false // the worker has it, from elsewhere
	return res
}

// Number gives the lane's next job a request number.
func (c *Conn) Number(n uint32) { c.next = n - 1 }

// Skip waits, as Drain does, for the end of a request whose response nobody wants
// any more, and which has only now come to this lane.
func (c *Conn) Skip() error {
	c.next++
	c.frame, c.left = Header{}, 0
	return c.Drain()
}

// Resume relays the response of a request that the thread has already, with all
// of its body. Otherwise it is as Serve.
func (c *Conn) Resume(job *Job) Result {
	r := Response{serving{job: job, x: job.X, bodyEnded: true}}
	return r.GoOn(c)
}

// parse takes the head block, or answers for it if it cannot be sent.
func (s *serving) parse(block []byte) {
	if err := gateway.ParseHead(block, &s.head); err != nil {
		s.refuse(err)
	}
}
