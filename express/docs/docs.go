// Package docs has the manual: a Markdown page a topic, embedded in the program
// and shown by "modwsgi-express help TOPIC". The page "options" is generated
// from the option table:
//
//	go generate ./express/docs
//
// and a test fails when it is stale.
package docs

import (
	"embed"
	"strings"
)

//go:generate go test -run TestOptionsPage -update .

//go:embed *.md
var pages embed.FS

// Topic is a page of the manual.
type Topic struct {
	Name    string // of the page, as in "help TOPIC"
	Summary string // a few words
}

// Topics lists the pages in the order of the manual.
func Topics() []Topic {
	return []Topic{
		{"options", "every option, its default and its name in the environment"},
		{"target", "what can be served, and how it is found"},
		{"interpreter", "which Python runs the application"},
		{"environment", "os.environ and the WSGI environ, and what sets which"},
		{"configuration-file", "modwsgi-express.toml, and which source wins"},
		{"limits", "what a client may send"},
		{"timeouts", "what is waited for, and for how long"},
		{"logging", "the server's log and the access log"},
		{"signals", "stopping, reloading, reopening logs"},
		{"exit-codes", "what the exit code says"},
		{"wsgi", "what the application is given"},
		{"deployment", "serving in production: user, port, service, proxy"},
		{"from-mod_wsgi", "coming from mod_wsgi-express"},
		{"from-gunicorn", "coming from gunicorn"},
		{"from-uwsgi", "coming from uWSGI"},
	}
}

// Page returns the Markdown of a topic.
func Page(name string) (markdown string, ok bool) {
	for _, topic := range Topics() {
		if strings.EqualFold(topic.Name, strings.ReplaceAll(name, " ", "-")) {
			text, err := pages.ReadFile(topic.Name + ".md")
			return string(text), err == nil
		}
	}
	return "", false
}
