package docs_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"modwsgi-express/express/docs"
	"modwsgi-express/express/option"
)

var update = flag.Bool("update", false, "write the generated page")

// TestOptionsPage: the page is what the table says now.
func TestOptionsPage(t *testing.T) {
	const file = "options.md"
	want := docs.OptionsPage()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is stale, run go generate ./express/docs:\n%s", file, diff)
	}
}

// TestTopics: every topic has a page, every page is a topic, and each begins
// with a heading.
func TestTopics(t *testing.T) {
	listed := map[string]bool{}
	for _, topic := range docs.Topics() {
		listed[topic.Name+".md"] = true
		page, ok := docs.Page(topic.Name)
		if !ok {
			t.Errorf("topic %s has no page", topic.Name)
		}
		if !strings.HasPrefix(page, "# ") {
			t.Errorf("page %s does not begin with a heading", topic.Name)
		}
		if topic.Summary == "" {
			t.Errorf("topic %s has no summary", topic.Name)
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".md") && !listed[e.Name()] {
			t.Errorf("%s is not among the topics", e.Name())
		}
	}
	if _, ok := docs.Page("no-such-topic"); ok {
		t.Error("there is a page for a topic that does not exist")
	}
}

var (
	flagP = regexp.MustCompile("--[a-z][a-z-]*[a-z0-9]")
	envP  = regexp.MustCompile(`MODWSGI_[A-Z_]*[A-Z]`)
	helpP = regexp.MustCompile("modwsgi-express help ([a-z_-]+)")
)

// TestMentions: the pages name only options, variables and topics that exist;
// the pages about other servers name theirs in the first column of a table.
func TestMentions(t *testing.T) {
	for _, topic := range docs.Topics() {
		page, _ := docs.Page(topic.Name)
		for _, line := range strings.Split(strings.ReplaceAll(page, "\\\n", ""), "\n") {
			if strings.HasPrefix(line, "| ") && (strings.HasPrefix(topic.Name, "from-") || topic.Name == "environment") {
				cells := strings.SplitN(line, "|", 3)
				if len(cells) == 3 {
					line = cells[2]
				}
			}
			if strings.HasPrefix(line, "gunicorn ") || strings.Contains(line, "systemctl ") || strings.HasPrefix(line, "uwsgi ") || strings.HasPrefix(line, "- Server hooks") {
				continue
			}
			for _, name := range flagP.FindAllString(line, -1) {
				if n := name[2:]; option.Find(n) == nil && (topic.Name != "options" || option.FindReplaced(n) == nil) {
					t.Errorf("page %s mentions %s, which does not exist: %s", topic.Name, name, line)
				}
			}
		}
		for _, name := range envP.FindAllString(page, -1) {
			n := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, option.EnvPrefix), "_", "-"))
			if option.Find(n) == nil && n != "express" && n != "test" {
				t.Errorf("page %s mentions %s, which does not exist", topic.Name, name)
			}
		}
		for _, m := range helpP.FindAllStringSubmatch(page, -1) {
			if _, ok := docs.Page(m[1]); !ok {
				t.Errorf("page %s refers to the topic %s, which does not exist", topic.Name, m[1])
			}
		}
	}
}
