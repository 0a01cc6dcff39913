package oracle_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"modwsgi-express/integration/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// allowed is a row of testdata/differences.toml.
type allowed struct {
	Peer   string
	Key    string // a regular expression for the environ key, (body) or (status)
	Kind   string // ours: only we have it; theirs: only they have it; value
	Class  string // a regular expression for the class of the request; "": all
	Reason string
}

func (a allowed) matches(d difference) bool {
	whole := func(pattern, s string) bool { return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(s) }
	return a.Peer == d.peer && a.Kind == d.kind && whole(a.Key, d.key) && (a.Class == "" || whole(a.Class, d.class))
}

// difference is one key of one request in which we and a peer differ.
type difference struct {
	peer, class, key, kind string
	ours, theirs           any
}

// answer is what the application tells.
type answer struct {
	status  int
	Environ map[string]any
	Body    string
	Failed  *string
}

func TestAgainstPeers(t *testing.T) {
	list := differences(t)
	table := requests()
	if len(table) != count {
		t.Fatalf("%d requests, expected %d", len(table), count)
	}
	s := harness.Start(t, harness.Options{Target: filepath.Join(harness.App("oracle"), "app.py"), Args: []string{"--threads", "4"}})
	ours := make([]answer, len(table))
	for i, r := range table {
		ours[i] = ask(t, s.Address(), r)
		if ours[i].status != 200 {
			t.Errorf("%s: status %d", r.class, ours[i].status)
		}
	}
	used := make([]bool, len(list))
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			address := p.start(t)
			for i, r := range table {
				for _, d := range compare(p.name, r.class, ours[i], ask(t, address, r)) {
					if !allow(list, used, d) {
						t.Errorf("%s, %s: %s (%s): ours %v, theirs %v", d.class, strings.SplitN(r.raw, "\r\n", 2)[0], d.key, d.kind, clip(d.ours), clip(d.theirs))
					}
				}
			}
			for i, a := range list {
				if a.Peer == p.name && !used[i] {
					t.Errorf("listed but gone: %+v", a)
				}
			}
		})
	}
}

func differences(t *testing.T) []allowed {
	t.Helper()
	var file struct{ Difference []allowed }
	meta, err := toml.DecodeFile("testdata/differences.toml", &file)
	if err != nil {
		t.Fatal(err)
	}
	if left := meta.Undecoded(); len(left) > 0 {
		t.Errorf("unknown keys in differences.toml: %v", left)
	}
	for _, a := range file.Difference {
		if a.Reason == "" || a.Peer == "" || !slices.Contains([]string{"ours", "theirs", "value"}, a.Kind) {
			t.Errorf("differences.toml: peer, kind or reason is missing or unknown: %+v", a)
		}
	}
	return file.Difference
}

// allow finds the first row that allows d and marks it as used.
func allow(list []allowed, used []bool, d difference) bool {
	for i, a := range list {
		if a.matches(d) {
			used[i] = true
			return true
		}
	}
	return false
}

func ask(t *testing.T, address string, r request) answer {
	t.Helper()
	c := harness.Dial(t, address)
	defer c.Close()
	res := c.Exchange(r.method, r.raw)
	a := answer{status: res.Status}
	if err := json.Unmarshal(res.Body, &a); err != nil && res.Status == 200 {
		t.Fatalf("%s at %s: %v in %.200q", r.class, address, err, res.Body)
	}
	return a
}

func compare(peer, class string, ours, theirs answer) []difference {
	var all []difference
	add := func(key, kind string, o, t any) {
		all = append(all, difference{peer, class, key, kind, o, t})
	}
	if ours.status != theirs.status {
		add("(status)", "value", ours.status, theirs.status)
		return all
	}
	if ours.Body != theirs.Body {
		add("(body)", "value", ours.Body, theirs.Body)
	}
	if fmt.Sprint(ours.Failed) != fmt.Sprint(theirs.Failed) {
		add("(failed)", "value", ours.Failed, theirs.Failed)
	}
	for _, key := range slices.Sorted(maps.Keys(ours.Environ)) {
		o := ours.Environ[key]
		switch t, ok := theirs.Environ[key]; {
		case !ok:
			add(key, "ours", o, nil)
		case fmt.Sprint(o) != fmt.Sprint(t):
			add(key, "value", o, t)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(theirs.Environ)) {
		if _, ok := ours.Environ[key]; !ok {
			add(key, "theirs", nil, theirs.Environ[key])
		}
	}
	return all
}

func clip(v any) string {
	s := fmt.Sprintf("%q", fmt.Sprint(v))
	return s[:min(len(s), 120)]
}
