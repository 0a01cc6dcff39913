package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// uploads: each connection sends bodies of 20 MB, one after the other, and at
// least one, until the time is over. Bodies go out as fast as they are taken.
func uploads(ctx context.Context, l load, _ io.Reader, _ io.Writer) measured {
	end := time.Now().Add(l.length)
	piece := make([]byte, 64<<10)
	return l.together(func(_ int, t *tally) {
		c := client{address: l.address}
		defer c.close()
		for first := true; ctx.Err() == nil && (first || time.Now().Before(end)); first = false {
			begin := time.Now()
			if err := c.open(); err != nil {
				t.fault(faultOf(err, faults{Connect: 1}))
				pause(ctx)
				continue
			}
			fault, err := c.upload(l, piece)
			if err != nil {
				t.fault(fault)
				c.close()
				continue
			}
			t.latency.add(time.Since(begin))
		}
	})
}

// upload sends one body and reads the answer.
func (c *client) upload(l load, piece []byte) (faults, error) {
	if err := c.conn.SetDeadline(time.Now().Add(uploadLimit)); err != nil {
		return faults{Connect: 1}, err
	}
	head := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n",
		l.path, l.address, uploadSize)
	if _, err := c.conn.Write(head); err != nil {
		return faultOf(err, faults{Write: 1}), err
	}
	for left := uploadSize; left > 0; left -= len(piece) {
		if _, err := c.conn.Write(piece[:min(left, len(piece))]); err != nil {
			return faultOf(err, faults{Write: 1}), err
		}
	}
	return c.response()
}
