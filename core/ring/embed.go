package ring

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"modwsgi-express/platforms/sharedmem"
)

// library has the worker library for each architecture, as far as build.sh has made
// it, besides its source.
//
//go:embed library
var library embed.FS

// ErrNoLibrary: the program was built without the worker library for this system.
var ErrNoLibrary = fmt.Errorf("no worker library for %s on %s in this program", runtime.GOOS, runtime.GOARCH)

// Library is the worker library as a file without a name, made once for all workers
// and to be inherited by them. ErrNoLibrary if there is none.
var Library = sync.OnceValues(func() (*os.File, error) {
	name := "ring-" + runtime.GOOS + "-" + runtime.GOARCH + ".so"
	content, err := library.ReadFile("library/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoLibrary
	}
	if err != nil {
		return nil, fmt.Errorf("read the worker library: %w", err)
	}
	f, err := sharedmem.NewSealedFile(name, content)
	if err != nil {
		return nil, fmt.Errorf("make the worker library a file: %w", err)
	}
	return f, nil
})
