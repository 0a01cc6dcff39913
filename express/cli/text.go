package cli

import (
	"strings"
	"unicode/utf8"
)

// width is how long a line of help may be.
const width = 80

// wrap breaks text at spaces into lines that, with the indent, fit the width.
// What is longer than a line stays whole.
func wrap(text string, room int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= room:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// pad fills text with spaces to n characters.
func pad(text string, n int) string {
	return text + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text)))
}

// hang writes a term and its explanation in two columns, the second one
// starting at column; a term that is too long for the first stands alone.
func hang(b *strings.Builder, indent, column int, term, text string) {
	head := strings.Repeat(" ", indent) + term
	lines := wrap(text, width-column)
	if utf8.RuneCountInString(head) > column-2 {
		b.WriteString(head + "\n")
		head = ""
	}
	for _, line := range lines {
		b.WriteString(strings.TrimRight(pad(head, column)+line, " ") + "\n")
		head = ""
	}
}
