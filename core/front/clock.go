package front

import (
	"sync/atomic"
	"time"

	"modwsgi-express/core/http1"
)

// dateClock keeps the text of the Date field, which changes once a second and
// is wanted in every response.
type dateClock struct {
	cur atomic.Pointer[dateText]
}

type dateText struct {
	second int64
	text   []byte
}

// at returns the Date of t. The slice is shared: read only.
func (c *dateClock) at(t time.Time) []byte {
	s := t.Unix()
	if d := c.cur.Load(); d != nil && d.second == s {
		return d.text
	}
	d := &dateText{second: s, text: http1.AppendDate(nil, t)}
	c.cur.Store(d)
	return d.text
}
