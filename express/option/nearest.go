package option

// Nearest returns the candidate that name was probably meant to be, "" if
// none is near enough to be worth a guess. Equal distances go to the earlier
// candidate.
func Nearest(name string, candidates []string) string {
	// One slip in three characters is a typing error, more is another word.
	best, limit := "", max(1, len(name)/3)
	for _, c := range candidates {
		if d := Distance(name, c); d <= limit {
			best, limit = c, d-1
		}
	}
	return best
}

// Distance is the Damerau-Levenshtein distance in its restricted form: how many
// characters have to be inserted, deleted, replaced or swapped with their
// neighbour to make b of a.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	// Three rows of the usual table: the one being made and the two above it.
	above2, above, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		above[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], above2[j-2]+1)
			}
		}
		above2, above, row = above, row, above2
	}
	return above[len(y)]
}
