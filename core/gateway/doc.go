// Package gateway is the WSGI side of the front: it turns a request into the
// environ of PEP 3333, and what an application answered into a response that
// the front may send.
//
// Both directions are rules and no transport: environ.go and fields.go say which
// key a request part becomes, response.go what of an application's status and
// headers may reach the wire. Whatever comes from a worker is checked here as if
// a client had sent it: the worker has checked the same before, to tell the
// application with an exception, but it runs the application's code.
package gateway
