package server

import (
	"bytes"

	"modwsgi-express/core/exchange"
)

// router gives a request to the application whose mount point is the longest
// prefix of its path, segment by segment.
type router struct {
	apps []*application // longest mount point first
}

// Serve implements exchange.Handler.
func (r *router) Serve(x *exchange.Exchange) exchange.Outcome {
	path := x.Request.Path
	if len(path) == 1 && path[0] == '*' {
		return answer(x, 200, "", exchange.Field{Name: []byte("Allow"), Value: []byte("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")})
	}
	for _, a := range r.apps {
		mount := a.cfg.MountPoint
		if bytes.HasPrefix(path, []byte(mount)) && (len(path) == len(mount) || path[len(mount)] == '/') {
			return a.Serve(x)
		}
	}
	return answer(x, 404, "Not Found\n")
}

// answer sends a small response of the server's own.
func answer(x *exchange.Exchange, status int, text string, fields ...exchange.Field) exchange.Outcome {
	h := exchange.Head{Status: status, Reason: []byte(reason(status)), ContentLength: int64(len(text)), Fields: fields}
	if text != "" {
		h.Fields = append(h.Fields, exchange.Field{Name: []byte("Content-Type"), Value: []byte("text/plain; charset=utf-8")})
	}
	err := x.Response.Head(&h)
	if err == nil {
		err = x.Response.Write([]byte(text))
	}
	if err == nil {
		err = x.Response.End()
	}
	if err != nil {
		x.Response.Abort(status, err)
	}
	return exchange.Done
}
