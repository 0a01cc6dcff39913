package server

import (
	"bytes"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
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
		return answer(x, 200, exchange.Field{Name: []byte("Allow"), Value: []byte("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")})
	}
	for _, a := range r.apps {
		mount := a.cfg.MountPoint
		if bytes.HasPrefix(path, []byte(mount)) && (len(path) == len(mount) || path[len(mount)] == '/') {
			return a.Serve(x)
		}
	}
	return answer(x, 404)
}

// answer sends a response of the server's own, with a page if it is an error. The
// connection goes on: nothing is wrong with the request.
func answer(x *exchange.Exchange, status int, fields ...exchange.Field) exchange.Outcome {
	h := exchange.Head{Status: status, Reason: []byte(http1.StatusText(status)), Fields: fields}
	var page []byte
	if status >= 400 {
		page = http1.AppendErrorPage(nil, status)
		h.Fields = append(h.Fields, exchange.Field{Name: []byte("Content-Type"), Value: []byte(http1.ErrorPageType)})
	}
	h.ContentLength = int64(len(page))
	err := x.Response.Head(&h)
	if err == nil {
		err = x.Response.Write(page)
	}
	if err == nil {
		err = x.Response.End()
	}
	if err != nil {
		x.Response.Abort(status, err)
	}
	return exchange.Done
}
