package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// logged checks that the requests are in the access log: a log that leaves them
// out under load costs nothing.
func logged(requests int64, scratch, printed string) error {
	lines := countLines(printed)
	_ = filepath.WalkDir(scratch, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			lines += countLines(name)
		}
		return nil // a file that is gone has no lines
	})
	if lines < requests*99/100 {
		return fmt.Errorf("the access log has %d lines for %d requests and those of the warm-up", lines, requests)
	}
	return nil
}

func countLines(name string) int64 {
	f, err := os.Open(name)
	if err != nil {
		return 0
	}
	defer f.Close()
	lines := int64(0)
	for r := bufio.NewReaderSize(f, 1<<20); ; {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 && err == nil {
			lines++
		} else if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return lines
		}
	}
}
