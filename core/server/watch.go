package server

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

// Bounds of the watcher: a change is acted on when nothing has followed it for
// settle (an editor writes several times), and template directories are followed
// down to so many directories.
const (
	settle         = 150 * time.Millisecond
	maxDirectories = 2000
)

// watcher calls back when a file changes that matters to the application: one
// that is loaded, a Python file beside one, or anything below a template
// directory. Directories are watched and not files, because editors replace files.
type watcher struct {
	log    *zap.Logger
	root   string // the working directory
	change func()

	fs   *fsnotify.Watcher
	done chan struct{}

	mu    sync.Mutex
	files map[string]bool // loaded files
	trees []string        // directories in which everything counts
	dirs  map[string]bool // watched
}

func newWatcher(log *zap.Logger, root string, change func()) *watcher {
	return &watcher{log: log, root: root, change: change, done: make(chan struct{}),
		files: map[string]bool{}, dirs: map[string]bool{}}
}

// start begins to watch the working directory; what the workers name follows.
func (w *watcher) start() (err error) {
	if w.fs, err = fsnotify.NewWatcher(); err != nil {
		return &ConfigError{What: "cannot watch files for changes (--reload-on-changes)", Err: err,
			Hint: "the limits fs.inotify.max_user_instances and max_user_watches may be used up"}
	}
	w.mu.Lock()
	w.watchDir(w.root)
	w.mu.Unlock()
	go w.run()
	return nil
}

func (w *watcher) stop() {
	if w.fs != nil {
		w.fs.Close()
		<-w.done
		w.fs = nil
	}
}

// add takes the files and directories that a worker has named.
func (w *watcher) add(paths []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			w.addTree(p)
			continue
		}
		w.files[p] = true
		w.watchDir(filepath.Dir(p))
	}
}

func (w *watcher) addTree(root string) {
	for _, t := range w.trees {
		if t == root {
			return
		}
	}
	w.trees = append(w.trees, root)
	w.watchTree(root)
}

// watchTree watches a directory and all below it. Needs mu.
func (w *watcher) watchTree(root string) {
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			w.watchDir(p)
		}
		return nil // what cannot be read cannot be loaded either
	})
}

// watchDir needs mu.
func (w *watcher) watchDir(dir string) {
	if w.dirs[dir] || len(w.dirs) >= maxDirectories {
		return
	}
	w.dirs[dir] = true
	if err := w.fs.Add(dir); err != nil {
		w.log.Warn("cannot watch a directory for changes", zap.String("directory", dir), zap.Error(err))
	}
	if len(w.dirs) == maxDirectories {
		w.log.Warn("too many directories to watch, changes in further ones are not seen", zap.Int("limit", maxDirectories))
	}
}

func (w *watcher) run() {
	defer close(w.done)
	var due <-chan time.Time
	var last string
	for {
		select {
		case e, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if e.Has(fsnotify.Create) {
				w.created(e.Name)
			}
			if e.Op != fsnotify.Chmod && w.matters(e.Name) {
				last, due = e.Name, time.After(settle)
			}
		case err, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			w.log.Warn("watching for changes", zap.Error(err))
		case <-due:
			due = nil
			w.log.Info("file changed, reloading", zap.String("file", last))
			w.change()
		}
	}
}

// created follows a new directory below a template directory.
func (w *watcher) created(name string) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inTree(name) {
		w.watchTree(name)
	}
}

func (w *watcher) matters(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.files[name] || strings.HasSuffix(name, ".py") {
		return true
	}
	return w.inTree(name)
}

// inTree tells whether name is something that counts below a template directory.
// Needs mu.
func (w *watcher) inTree(name string) bool {
	for _, t := range w.trees {
		if strings.HasPrefix(name, t+string(filepath.Separator)) {
			return !strings.Contains(name, "__pycache__")
		}
	}
	return false
}
