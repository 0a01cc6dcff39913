package settings_test

import (
	"net"
	"strings"
	"testing"

	"modwsgi-express/core/front"
	"modwsgi-express/express/settings"
)

func TestParseAddress(t *testing.T) {
	for in, want := range map[string]front.Address{
		"8000":                             {Network: "tcp", Address: ":8000"},
		":8000":                            {Network: "tcp", Address: ":8000"},
		"127.0.0.1:80":                     {Network: "tcp4", Address: "127.0.0.1:80"},
		"0.0.0.0:0":                        {Network: "tcp4", Address: "0.0.0.0:0"},
		"[::1]:80":                         {Network: "tcp6", Address: "[::1]:80"},
		"[::]:80":                          {Network: "tcp6", Address: "[::]:80"},
		"[fe80::1%eth0]:80":                {Network: "tcp6", Address: "[fe80::1%eth0]:80"},
		"localhost:80":                     {Network: "tcp", Address: "localhost:80"},
		"my_host-1.local:80":               {Network: "tcp", Address: "my_host-1.local:80"},
		"unix:/run/a.sock":                 {Network: "unix", Address: "/run/a.sock", Mode: 0o660},
		"unix:a:b,mode=0600":               {Network: "unix", Address: "a:b", Mode: 0o600},
		"unix:a,b":                         {Network: "unix", Address: "a,b", Mode: 0o660},
		"unix:a,mode=1,mode=":              {},
		"":                                 {},
		"localhost":                        {},
		"::1":                              {},
		"::1:80":                           {},
		"1.2.3:80":                         {},
		"1.2.3.4.5:80":                     {},
		":65536":                           {},
		":-1":                              {},
		":http":                            {},
		"a b:80":                           {},
		"http://a:80":                      {},
		"/run/a.sock":                      {},
		"unix:":                            {},
		"unix:@a":                          {},
		"unix:a,mode=rw":                   {},
		"unix:a,mode=1777":                 {},
		"unix:" + strings.Repeat("x", 104): {},
	} {
		got, err := settings.ParseAddress(in, 0o660)
		if want == (front.Address{}) {
			if err == nil {
				t.Errorf("%q is read as %+v", in, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q is read as %+v, %v, expected %+v", in, got, err, want)
		}
	}
}

// FuzzParseAddress: what is accepted is something that can be listened on, and
// is read the same when it is written again.
func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"8000", ":80", "[::1]:80", "unix:/a,mode=0600", "localhost:1", "::", "unix:,mode=", "%:1", "[1.2.3.4]:5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := settings.ParseAddress(s, 0o660)
		if err != nil {
			return
		}
		if a.Network == "unix" {
			if a.Address == "" || len(a.Address) > 103 || a.Mode > 0o777 {
				t.Fatalf("%q is read as %+v", s, a)
			}
			return
		}
		if _, _, err := net.SplitHostPort(a.Address); err != nil {
			t.Fatalf("%q is read as %+v: %v", s, a, err)
		}
		again, err := settings.ParseAddress(a.String(), 0o660)
		if err != nil || again != a {
			t.Fatalf("%q is read as %+v, and that as %+v, %v", s, a, again, err)
		}
	})
}
