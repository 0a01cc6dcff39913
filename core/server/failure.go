package server

import (
	"bytes"
	"html"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/http1"
	"modwsgi-express/core/worker"
)

// failurePage shows the developer why the changed code could not be loaded. It
// exists only with --reload-on-changes: it shows source code to whoever asks.
func failurePage(x *exchange.Exchange, f *worker.Failed) exchange.Outcome {
	var b bytes.Buffer
	b.WriteString(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Cannot load the application</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}
pre{overflow:auto;padding:1rem;border-left:4px solid #c33;background:#8881}small{opacity:.7}</style>
<h1>Cannot load the application</h1><p>`)
	b.WriteString(html.EscapeString(f.Message))
	b.WriteString("</p>")
	if f.Traceback != "" {
		b.WriteString("<pre>" + html.EscapeString(f.Traceback) + "</pre>")
	}
	if f.Hint != "" {
		b.WriteString("<p>" + html.EscapeString(f.Hint) + "</p>")
	}
	b.WriteString("<p><small>Shown because of --reload-on-changes. The page works again when a changed file loads.</small></p></html>\n")
	h := exchange.Head{Status: 500, Reason: []byte(http1.StatusText(500)), ContentLength: int64(b.Len()), Fields: []exchange.Field{
		{Name: []byte("Content-Type"), Value: []byte("text/html; charset=utf-8")},
		{Name: []byte("Cache-Control"), Value: []byte("no-store")},
	}}
	err := x.Response.Head(&h)
	if err == nil {
		err = x.Response.Write(b.Bytes())
	}
	if err == nil {
		err = x.Response.End()
	}
	if err != nil {
		x.Response.Abort(500, err)
	}
	return exchange.Done
}
