package harness

import "testing"

// Variant is one way the program can do the same work. The tables of the wire
// tests hold for every variant alike.
type Variant struct {
	Name string
	Args []string // what selects it on the command line
}

// Variants are all pairs of a driver in the front and a transport to the
// workers. A new driver or transport is a new row here and nothing else.
var Variants = []Variant{
	{Name: "conn+lane"}, // a goroutine per connection, lanes: the default
}

// EachVariant runs a test once per variant.
func EachVariant(t *testing.T, test func(t *testing.T, v Variant)) {
	t.Helper()
	for _, v := range Variants {
		t.Run(v.Name, func(t *testing.T) { test(t, v) })
	}
}
