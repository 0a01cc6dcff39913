package accesslog

import (
	"slices"
	"strconv"
	"time"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/logs"
)

// Append appends the line of an exchange that ended at end, without a line feed,
// and keeps nothing of x. keptAlive says whether the connection stays open, for
// %X; without it that is told from the request. It allocates nothing but dst's
// growth and, once a second, the text of the time.
func (f *Format) Append(dst []byte, x *exchange.Exchange, end time.Time, keptAlive ...bool) []byte {
	if f.off {
		return dst
	}
	r := request{x: x, end: end}
	if len(keptAlive) > 0 {
		r.keep = keepClosed
		if keptAlive[0] {
			r.keep = keepOpen
		}
	}
	if f.json {
		return f.appendJSON(dst, r)
	}
	for i := range f.items {
		it := &f.items[i]
		switch {
		case it.append == nil:
			dst = append(dst, it.literal...)
		case it.statuses != nil && slices.Contains(it.statuses, x.Status) == it.negate:
			dst = append(dst, '-')
		default:
			dst = it.append(dst, it, r)
		}
	}
	return dst
}

// appendJSON writes the fixed set of keys that the package comment lists, null
// for what is not known.
func (f *Format) appendJSON(dst []byte, r request) []byte {
	x, q := r.x, &r.x.Request
	dst = append(dst, `{"`+logs.KeyTime+`":"`...)
	dst = f.clock.appendRFC3339(dst, x.Start)
	dst = append(dst, `","`+logs.KeyRequestID+`":"`...)
	dst = x.AppendID(dst)
	dst = append(dst, `","`+logs.KeyRemoteAddr+`":`...)
	if a := r.remote(); a.IsValid() {
		dst = append(dst, '"')
		dst = a.Addr().Unmap().AppendTo(dst)
		dst = append(dst, `","`+logs.KeyRemotePort+`":`...)
		dst = strconv.AppendUint(dst, uint64(a.Port()), 10)
	} else {
		dst = append(dst, `null,"`+logs.KeyRemotePort+`":null`...)
	}
	dst = appendJSONOrNull(dst, logs.KeyRemoteUser, x.RemoteUser)
	dst = append(dst, `,"`+logs.KeyScheme+`":"`...)
	dst = append(dst, scheme(x)...)
	dst = append(dst, '"')
	dst = appendJSONRequest(dst, r, q)
	dst = appendCount(dst, logs.KeyStatus, x.Status)
	dst = appendNumber(dst, logs.KeyBytesIn, x.BodyIn)
	dst = appendNumber(dst, logs.KeyBytesOut, x.BodyOut)
	dst = appendMilliseconds(dst, logs.KeyDurationMS, r.duration())
	dst = appendMilliseconds(dst, logs.KeyQueueMS, x.QueueTime)
	dst = appendCount(dst, logs.KeyWorkerPID, x.WorkerPID)
	dst = append(dst, `,"`+logs.KeyAborted+`":`...)
	if x.Aborted == nil {
		return append(dst, "null}"...)
	}
	dst = append(dst, '"')
	dst = logs.AppendJSONText(dst, x.Aborted.Error())
	return append(dst, `"}`...)
}

// appendJSONRequest writes what the client sent.
func appendJSONRequest(dst []byte, r request, q *exchange.Request) []byte {
	if !r.parsed() {
		const null = `":null,"`
		return append(dst, `,"`+logs.KeyMethod+null+logs.KeyTarget+null+logs.KeyPath+null+logs.KeyProtocol+null+
			logs.KeyHost+null+logs.KeyReferer+null+logs.KeyUserAgent+`":null`...)
	}
	dst = appendJSONOrNull(dst, logs.KeyMethod, q.Method)
	dst = appendJSONOrNull(dst, logs.KeyTarget, q.Target)
	dst = appendJSONOrNull(dst, logs.KeyPath, q.Path)
	dst = append(dst, `,"`+logs.KeyProtocol+`":"`...)
	dst = appendProtocol(dst, q)
	dst = append(dst, '"')
	dst = appendJSONOrNull(dst, logs.KeyHost, q.Host)
	referer, _ := q.Get("referer")
	dst = appendJSONOrNull(dst, logs.KeyReferer, referer)
	agent, _ := q.Get("user-agent")
	return appendJSONOrNull(dst, logs.KeyUserAgent, agent)
}

func appendKey(dst []byte, key string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, key...)
	return append(dst, '"', ':')
}

func appendJSONOrNull(dst []byte, key string, value []byte) []byte {
	dst = appendKey(dst, key)
	if value == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '"')
	dst = logs.AppendJSONText(dst, value)
	return append(dst, '"')
}

func appendNumber(dst []byte, key string, v int64) []byte {
	return strconv.AppendInt(appendKey(dst, key), v, 10)
}

// appendCount writes a number of which 0 means that there is none.
func appendCount(dst []byte, key string, v int) []byte {
	if v == 0 {
		return append(appendKey(dst, key), "null"...)
	}
	return appendNumber(dst, key, int64(v))
}

// appendMilliseconds writes a time with its microseconds as the fraction.
func appendMilliseconds(dst []byte, key string, d time.Duration) []byte {
	us := max(0, d.Microseconds())
	dst = strconv.AppendInt(appendKey(dst, key), us/1000, 10)
	if us %= 1000; us == 0 {
		return dst
	}
	return appendPadded(append(dst, '.'), us, 3, '0')
}
