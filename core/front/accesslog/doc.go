// Package accesslog writes the access log: one line of text for each request, in
// a format that the operator chose, without ever letting a request wait.
//
//	Exchange ─► Format.Append ─► line in a pooled buffer ─► logs.Writer ─► file | stdout
//	            (caller's goroutine, no allocation)         (its goroutine, one write
//	                                                         for the lines of 50 ms)
//
// While the disk is full or hangs, lines wait up to a bound (4 MiB); further ones
// are dropped, counted, and the count is logged.
//
// # Formats
//
// A format is "off", "common", "combined", "json" or an Apache LogFormat string,
// with the meaning of mod_log_config, mod_logio and mod_ssl's %x:
//
//	%%              a percent sign
//	%a %{c}a %h     client address; names are not looked up. "-" on a unix socket
//	%A              server address
//	%b %B           body bytes of the response without framing; %b is "-" for none
//	%{NAME}C        cookie of the request
//	%D              time of the request in microseconds
//	%H              protocol, as HTTP/1.1
//	%{NAME}i        field of the request, all of the name joined by ", "
//	%I              bytes of the request: head, without optional white space, and body
//	%k              requests that the connection had before this one
//	%l              "-" (identd)
//	%L %{c}L        identity of the request, as mod_wsgi.request_id; of the connection
//	%m              method
//	%{NAME}o        field of the response, the first of the name, as the handler gave it
//	%O              bytes of the response: body without head and framing, as %B
//	%p              port in Host, else of the server
//	%{local}p %{remote}p %{canonical}p   port of the server, of the client, as %p
//	%P %{pid}P      process id of the Python worker, "-" if none was asked
//	%q              "?" and the query, or nothing
//	%r              request line
//	%s %>s          status of the response, "-" if none was sent
//	%t              time the request began, as [10/Oct/2026:13:55:36 +0200]
//	%{FORMAT}t      the same by strftime; after "begin:" (as without) or "end:", when
//	                the response was done. Instead of a format: sec, msec, usec since
//	                the epoch, msec_frac, usec_frac within the second
//	%T %{UNIT}T     time of the request in s, or in UNIT: s, ms, us
//	%u              authenticated user; an empty name is written as ""
//	%U              path, decoded, without the query
//	%v %V           host that the client meant, without the port
//	%X              X aborted before it was complete, + connection may stay open, - closed
//	%{NAME}x        queue      wait for a worker thread in microseconds
//	                queue_ms   the same in milliseconds
//	                bytes_in   body bytes taken from the client
//	                aborted    why the response did not end well
//	                scheme     http or https
//
// Conditions as in Apache: %400,501{User-Agent}i only with these statuses,
// %!200,304{Referer}i only with others; else "-". The modifiers < and > are
// accepted and make no difference: there are no internal redirects. In literal
// text \" \\ and \t are escapes; a line feed is refused. strftime knows all
// conversions of C in the C locale but %n, %t, and the modifiers E and O.
//
// What a client or the application sent comes escaped as Apache does it: \" \\
// \b \n \r \t \v, and \xhh for each other byte that is not printing ASCII. A value
// that is not there is "-".
//
// A request that was refused before its head was understood has a line too: "-"
// in the place of the request, the status and the peer.
//
// # JSON
//
// One object a line; always these keys, in this order; null for what is not known:
//
//	time            string  when the request began, RFC 3339 with microseconds
//	request_id      string
//	remote_addr     string  null on a unix socket
//	remote_port     number  null on a unix socket
//	remote_user     string
//	scheme          string  http, https
//	method          string
//	target          string  request-target as sent
//	path            string  decoded path
//	protocol        string
//	host            string  with its port, if the client sent it
//	referer         string
//	user_agent      string
//	status          number  null: none was sent
//	bytes_in        number  body
//	bytes_out       number  body
//	duration_ms     number  with microseconds as the fraction
//	queue_ms        number  wait for a worker thread, likewise
//	worker_pid      number  null: no worker was asked
//	aborted         string  why the response did not end well, else null
//
// Bytes that are not UTF-8 become U+FFFD; characters that do not print are \uXXXX.
package accesslog
