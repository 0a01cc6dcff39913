package accesslog

import (
	"sync/atomic"
	"time"
)

// clfLayout is the time of the Common Log Format, as package time writes it.
const clfLayout = "02/Jan/2006:15:04:05 -0700"

// stamp is a second, written out: under load thousands of lines share it.
type stamp struct {
	second   int64
	location *time.Location
	clf      string // "[10/Oct/2026:13:55:36 +0200]"
	date     string // "2026-10-10T13:55:36"
	zone     string // "+02:00" or "Z"
}

// clock keeps the newest stamp. Requests that began in an earlier second (a few,
// unless all are slow) are written without it, rather than taking its place.
type clock struct{ newest atomic.Pointer[stamp] }

// at returns the stamp of t, nil if t is too old to have one.
func (c *clock) at(t time.Time) *stamp {
	second, location := t.Unix(), t.Location()
	s := c.newest.Load()
	if s != nil && s.location == location {
		if s.second == second {
			return s
		}
		if s.second > second {
			return nil
		}
	}
	s = &stamp{
		second: second, location: location,
		clf:  t.Format("[" + clfLayout + "]"),
		date: t.Format("2006-01-02T15:04:05"), zone: t.Format("Z07:00"),
	}
	c.newest.Store(s)
	return s
}

// appendCLF appends t in the Common Log Format, with its brackets.
func (c *clock) appendCLF(dst []byte, t time.Time) []byte {
	if s := c.at(t); s != nil {
		return append(dst, s.clf...)
	}
	return t.AppendFormat(dst, "["+clfLayout+"]")
}

// appendRFC3339 appends t with microseconds.
func (c *clock) appendRFC3339(dst []byte, t time.Time) []byte {
	s := c.at(t)
	if s == nil {
		return t.AppendFormat(dst, "2006-01-02T15:04:05.000000Z07:00")
	}
	dst = append(dst, s.date...)
	dst = append(dst, '.')
	dst = appendPadded(dst, int64(t.Nanosecond()/1000), 6, '0')
	return append(dst, s.zone...)
}

// appendPadded appends v >= 0 with at least width digits.
func appendPadded(dst []byte, v int64, width int, pad byte) []byte {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + v%10)
		if v /= 10; v == 0 {
			break
		}
	}
	for len(b)-i < width {
		i--
		b[i] = pad
	}
	return append(dst, b[i:]...)
}
