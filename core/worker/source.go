package worker

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

//go:embed python/*.py
var python embed.FS

// bootstrap is the text of "python -c".
var bootstrap = sync.OnceValue(func() string { return source("bootstrap.py") })

// modules is what the bootstrap reads first: the length of the JSON, a newline,
// and the JSON object of module names and sources.
var modules = sync.OnceValue(func() []byte {
	entries, err := python.ReadDir("python")
	if err != nil {
		panic(err) // embedded: it is there
	}
	sources := make(map[string]string)
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".py"); ok && name != "bootstrap" {
			sources[name] = source(e.Name())
		}
	}
	text, err := json.Marshal(sources)
	if err != nil {
		panic(fmt.Errorf("encode the worker's sources: %w", err)) // strings: cannot fail
	}
	return append(strconv.AppendInt(nil, int64(len(text)), 10), append([]byte{'\n'}, text...)...)
})

func source(name string) string {
	b, err := python.ReadFile("python/" + name)
	if err != nil {
		panic(err) // embedded: it is there
	}
	return string(b)
}
