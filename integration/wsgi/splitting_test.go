package wsgi_test

import (
	"bytes"
	"fmt"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestResponseSplitting puts every control character into status, field name
// and field value: the answer is a 500 and holds nothing of what was injected.
func TestResponseSplitting(t *testing.T) {
	s, _ := serve(t, "misbehave")
	s.Allow(".")
	for _, where := range []string{"status", "name", "value"} {
		for b := range 0x80 {
			if b >= 0x20 && b != 0x7f && (where != "name" || !bytes.ContainsRune([]byte(" :(),/;<=>?@[]{}\"\\"), rune(b))) {
				continue
			}
			res := get(t, s, fmt.Sprintf("/inject?where=%s&byte=%02x", where, b))
			if res.Status != 500 {
				t.Errorf("byte %02x in the %s: status %d, expected 500", b, where, res.Status)
			}
			if wire := fmt.Sprintf("%q %q %q", res.Reason, res.Fields, res.Body); bytes.Contains([]byte(wire), []byte("Injected")) {
				t.Errorf("byte %02x in the %s: the response holds the injected text: %s", b, where, wire)
			}
		}
	}
}

// TestNoDesync sends the next request together with the one whose response has
// a wrong length: what comes back for the second is its own answer, or nothing.
func TestNoDesync(t *testing.T) {
	s, _ := serve(t, "misbehave")
	s.Allow(".")
	paths := []string{"/length-short", "/length-short-list", "/length-short-empty", "/length-long", "/length-long-list",
		"/length-long-later", "/length-long-write", "/length-zero-long", "/length-two", "/length-abc", "/204-body",
		"/204-length", "/304-body", "/head-body", "/raises-midstream-length", "/exc-info-after", "/hop-te"}
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			t.Run(method+path, func(t *testing.T) {
				c := harness.Dial(t, s.Address())
				c.Send(harness.Compose(method, path, "") + harness.Compose("GET", "/ok", ""))
				res, err := c.Read(method)
				if err != nil || res.Closes() {
					c.ExpectClosed()
					return
				}
				next, err := c.Read("GET")
				if err != nil {
					c.ExpectClosed()
					return
				}
				if next.Status != 200 || string(next.Body) != "ok\n" {
					t.Errorf("after %d %q comes %d %q", res.Status, res.Body, next.Status, next.Body)
				}
			})
		}
	}
}
