package gateway_test

import (
	"strings"
	"testing"

	"modwsgi-express/core/exchange"
	"modwsgi-express/core/gateway"
)

func TestParseHead(t *testing.T) {
	accepted := []struct {
		name, block string
		status      int
		reason      string
		fields      string // "name=value;…"
		length      int64
		close       bool
	}{
		{"status only", "200 OK", 200, "OK", "", -1, false},
		{"empty reason", "204 ", 204, "", "", -1, false},
		{"fields in order, repeated ones too", "200 OK\nSet-Cookie\na=1\nX\ny\nSet-Cookie\nb=2", 200, "OK", "Set-Cookie=a=1;X=y;Set-Cookie=b=2;", -1, false},
		{"length is taken out", "200 OK\ncontent-LENGTH\n 12 ", 200, "OK", "", 12, false},
		{"connection is taken out", "200 OK\nConnection\nkeep-alive", 200, "OK", "", -1, false},
		{"close is obeyed", "200 OK\nConnection\nfoo , CLOSE", 200, "OK", "", -1, true},
		{"latin-1 in a value", "200 OK\nX\ncaf\xe9 x", 200, "OK", "X=caf\xe9 x;", -1, false},
		{"empty value", "200 OK\nX\n", 200, "OK", "X=;", -1, false},
		{"value is trimmed", "200 OK\nX\n a ", 200, "OK", "X=a;", -1, false},
	}
	for _, c := range accepted {
		t.Run(c.name, func(t *testing.T) {
			var h exchange.Head
			if err := gateway.ParseHead([]byte(c.block), &h); err != nil {
				t.Fatal(err)
			}
			var fields strings.Builder
			for _, f := range h.Fields {
				fields.WriteString(string(f.Name) + "=" + string(f.Value) + ";")
			}
			if h.Status != c.status || string(h.Reason) != c.reason || fields.String() != c.fields || h.ContentLength != c.length || h.Close != c.close {
				t.Errorf("got %d %q %q length %d close %v", h.Status, h.Reason, fields.String(), h.ContentLength, h.Close)
			}
		})
	}
	refused := map[string]string{
		"empty":                   "",
		"no reason":               "200",
		"letters":                 "abc OK",
		"two digits":              "99 x",
		"four digits":             "2000 x",
		"interim":                 "100 Continue",
		"switching protocols":     "101 Switching",
		"beyond the classes":      "600 x",
		"control in reason":       "200 OK\x01",
		"CR in reason":            "200 OK\r",
		"name without value":      "200 OK\nX",
		"empty name":              "200 OK\n\nx",
		"colon in name":           "200 OK\nX:\nx",
		"space in name":           "200 OK\nX Y\nx",
		"CR in value":             "200 OK\nX\na\rb",
		"NUL in value":            "200 OK\nX\na\x00b",
		"tab in value":            "200 OK\nX\na\tb",
		"tab in reason":           "200 O\tK",
		"DEL in value":            "200 OK\nX\na\x7fb",
		"length is no number":     "200 OK\nContent-Length\nabc",
		"length is signed":        "200 OK\nContent-Length\n+5",
		"length is empty":         "200 OK\nContent-Length\n",
		"length is too long":      "200 OK\nContent-Length\n1234567890123456789",
		"two equal lengths":       "200 OK\nContent-Length\n5\ncontent-length\n5",
		"transfer-encoding":       "200 OK\nTransfer-Encoding\nchunked",
		"transfer-encoding case":  "200 OK\ntransfer-ENCODING\nidentity",
		"keep-alive":              "200 OK\nKeep-Alive\ntimeout=5",
		"upgrade":                 "200 OK\nUpgrade\nh2c",
		"trailer":                 "200 OK\nTrailer\nX",
		"a LF that splits a name": "200 OK\nX\na\nb",
	}
	for name, block := range refused {
		t.Run(name, func(t *testing.T) {
			var h exchange.Head
			if err := gateway.ParseHead([]byte(block), &h); err == nil {
				t.Errorf("accepted as %d %q with %d fields", h.Status, h.Reason, len(h.Fields))
			}
		})
	}
}

// FuzzParseHead: whatever is accepted cannot split a response.
func FuzzParseHead(f *testing.F) {
	f.Add([]byte("200 OK\nContent-Type\ntext/plain\nContent-Length\n5"))
	f.Add([]byte("404 \nX\n\x80"))
	f.Fuzz(func(t *testing.T, block []byte) {
		var h exchange.Head
		if gateway.ParseHead(block, &h) != nil {
			return
		}
		for _, fd := range append(h.Fields, exchange.Field{Name: []byte("x"), Value: h.Reason}) {
			for _, b := range [][]byte{fd.Name, fd.Value} {
				if strings.ContainsAny(string(b), "\r\n\x00") {
					t.Fatalf("control character in %q: %q", fd.Name, fd.Value)
				}
			}
			if len(fd.Name) == 0 || strings.ContainsAny(string(fd.Name), ": \t") {
				t.Fatalf("name %q", fd.Name)
			}
		}
		if h.Status < 200 || h.Status > 599 || h.ContentLength < -1 {
			t.Fatalf("status %d, length %d", h.Status, h.ContentLength)
		}
	})
}
