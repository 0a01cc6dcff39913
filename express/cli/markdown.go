package cli

import (
	"strings"
	"unicode/utf8"
)

// render makes plain text for a terminal of the Markdown that express/docs is
// written in: headings, paragraphs, lists, code blocks and tables. Everything
// fits the width but code, which is as it is.
func render(markdown string) string {
	r := renderer{lines: strings.Split(strings.TrimSpace(markdown), "\n")}
	for len(r.lines) > 0 {
		r.block()
	}
	return strings.TrimRight(r.out.String(), "\n") + "\n"
}

type renderer struct {
	lines []string
	out   strings.Builder
}

// take removes lines from the front as long as more holds.
func (r *renderer) take(more func(string) bool) (taken []string) {
	for len(r.lines) > 0 && more(r.lines[0]) {
		taken, r.lines = append(taken, r.lines[0]), r.lines[1:]
	}
	return taken
}

// block renders what begins at the front, and the empty line after it.
func (r *renderer) block() {
	first := r.lines[0]
	switch {
	case strings.TrimSpace(first) == "":
		r.lines = r.lines[1:]
		return
	case strings.HasPrefix(first, "<!--"):
		r.lines = r.lines[1:]
		return
	case strings.HasPrefix(first, "#"):
		r.lines = r.lines[1:]
		r.heading(first)
	case strings.HasPrefix(first, "```"):
		r.code()
	case strings.HasPrefix(first, "|"):
		r.table(r.take(func(l string) bool { return strings.HasPrefix(l, "|") }))
	case isItem(first):
		r.list()
	default:
		r.paragraph("", r.take(isText))
	}
	r.out.WriteString("\n")
}

func isItem(line string) bool { return strings.HasPrefix(line, "- ") }

// isText tells whether the line goes on with a paragraph.
func isText(line string) bool {
	return strings.TrimSpace(line) != "" && !isItem(line) && !strings.HasPrefix(line, "#") &&
		!strings.HasPrefix(line, "```") && !strings.HasPrefix(line, "|")
}

func (r *renderer) heading(line string) {
	text := inline(strings.TrimLeft(line, "# "))
	if strings.HasPrefix(line, "# ") {
		text = strings.ToUpper(text)
	}
	r.out.WriteString(text + "\n")
}

func (r *renderer) code() {
	r.lines = r.lines[1:]
	for _, line := range r.take(func(l string) bool { return !strings.HasPrefix(l, "```") }) {
		r.out.WriteString(strings.TrimRight("    "+line, " ") + "\n")
	}
	if len(r.lines) > 0 {
		r.lines = r.lines[1:]
	}
}

func (r *renderer) list() {
	for len(r.lines) > 0 && isItem(r.lines[0]) {
		item := []string{strings.TrimPrefix(r.lines[0], "- ")}
		r.lines = r.lines[1:]
		item = append(item, r.take(isText)...)
		r.paragraph("  - ", item)
	}
}

// paragraph writes text after a first indent, further lines below its text.
func (r *renderer) paragraph(indent string, lines []string) {
	for _, line := range wrap(inline(strings.Join(lines, " ")), width-len(indent)) {
		r.out.WriteString(indent + line + "\n")
		indent = strings.Repeat(" ", len(indent))
	}
}

// table aligns the columns; the last one is wrapped to what is left.
func (r *renderer) table(lines []string) {
	var rows [][]string
	for _, line := range lines {
		cells := splitCells(line)
		if strings.Trim(strings.Join(cells, ""), "-: ") == "" {
			continue // the line below the heads of the columns
		}
		rows = append(rows, cells)
	}
	column := columnStarts(rows)
	for i, cells := range rows {
		last := len(cells) - 1
		left := ""
		for c := range last {
			left = pad(left, column[c]) + cells[c]
			if utf8.RuneCountInString(left) > column[c+1]-2 {
				r.out.WriteString(left + "\n")
				left = ""
			}
		}
		for _, line := range wrap(cells[last], max(12, width-column[last])) {
			if left+line != "" {
				r.out.WriteString(strings.TrimRight(pad(left, column[last])+line, " ") + "\n")
			}
			left = ""
		}
		if i == 0 && len(rows) > 1 {
			r.out.WriteString("  " + strings.Repeat("-", width-4) + "\n")
		}
	}
}

// columnStarts is where each column begins: after the longest cell before it,
// within reason.
func columnStarts(rows [][]string) []int {
	const longest = 30
	starts := []int{2}
	for c := 0; c < len(rows[0])-1; c++ {
		widest := 0
		for _, cells := range rows {
			if n := utf8.RuneCountInString(cells[c]); n <= longest {
				widest = max(widest, n)
			}
		}
		starts = append(starts, starts[c]+widest+2)
	}
	return starts
}

// splitCells takes a row of a table apart; \| is a bar in a cell.
func splitCells(line string) []string {
	line = strings.ReplaceAll(strings.TrimSpace(line), `\|`, "\x00")
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i, cell := range cells {
		cells[i] = inline(strings.ReplaceAll(strings.TrimSpace(cell), "\x00", "|"))
	}
	return cells
}

// inline takes the marks of code and emphasis away; within code nothing is a
// mark.
func inline(text string) string {
	parts := strings.Split(text, "`")
	for i := range parts {
		if i%2 == 0 {
			parts[i] = strings.ReplaceAll(parts[i], "**", "")
		}
	}
	return strings.Join(parts, "")
}
