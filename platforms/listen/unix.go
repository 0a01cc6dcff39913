package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"modwsgi-express/platforms/pathguard"
)

// UnixOptions are those of a socket file.
type UnixOptions struct {
	Options
	Mode fs.FileMode // who may connect needs write permission; 0 is DefaultUnixMode
	UID  int         // owner, when root creates it; 0 leaves it with root
	GID  int         // group, where the process may give it; 0 leaves it as it is
}

// DefaultUnixMode lets the owner and the group connect.
const DefaultUnixMode fs.FileMode = 0o660

// A UnixListener listens on a socket file, which Close removes.
type UnixListener struct {
	*net.UnixListener
	path string
	info fs.FileInfo // the socket file as it was created
	once sync.Once
	err  error
}

// Path is where the socket file is.
func (l *UnixListener) Path() string { return l.path }

// Leave makes Close leave the socket file, for a successor that goes on
// listening on the same socket.
func (l *UnixListener) Leave() { l.info = nil }

// Close stops listening and removes the socket file, if it still is the one
// that was created.
func (l *UnixListener) Close() error {
	l.once.Do(func() { l.err = errors.Join(l.removeOwn(), l.UnixListener.Close()) })
	return l.err
}

func (l *UnixListener) removeOwn() error {
	if l.info == nil {
		return nil
	}
	there, err := os.Lstat(l.path)
	if err == nil && os.SameFile(l.info, there) {
		err = os.Remove(l.path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// dialTimeout is for asking whether somebody listens on a socket file. A full
// queue is an answer too.
const dialTimeout = time.Second

var errLive = errors.New("another server is listening")

// Unix listens on a socket file. Until its mode and owner are set nobody but
// the creator can connect.
//
//	at the path there is      then
//	nothing                   it is created
//	a socket nobody serves    it is removed, if root, this user or o.UID owns it
//	a socket in use           [InUse]
//	anything else             [Occupied]: links, files and FIFOs stay untouched
//
// The directory has to be one in which others cannot replace the file
// ([UnsafeDir]); one like /tmp will do. The error is an [*Error].
func Unix(path string, o UnixOptions) (*UnixListener, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, explain(path, 0, err)
	}
	if o.Mode == 0 {
		o.Mode = DefaultUnixMode
	}
	if len(full) > maxPath {
		return nil, &Error{Address: path, Kind: PathTooLong, hint: "use a shorter one, for instance below /run",
			Err: fmt.Errorf("the path %s has %d bytes, of which a socket file can have %d", full, len(full), maxPath)}
	}
	l, err := listenUnix(full, o)
	if err == nil {
		return l, nil
	}
	e := explain(path, 0, err)
	if errors.Is(err, errLive) {
		e.Kind = InUse
	} else if u, ok := errors.AsType[*pathguard.Unsafe](err); ok && u.Path == full {
		e.Kind = Occupied
		e.hint = "remove it if nobody needs it (rm " + full + "), or use another path"
	}
	return nil, e
}

func listenUnix(path string, o UnixOptions) (*UnixListener, error) {
	policy := pathguard.Policy{Sticky: true}
	if o.UID > 0 {
		policy.Trusted = []int{o.UID}
	}
	dir := filepath.Dir(path)
	if err := pathguard.Directory(dir, policy); err != nil {
		return nil, err
	}
	unlock, err := pathguard.Lock(dir) // no other starter of ours between looking and replacing
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := removeStale(path, o.UID); err != nil {
		return nil, err
	}
	l, err := bindPrivate(path)
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // package net would remove whatever is at the path
	info, err := publish(path, o)
	if err == nil {
		err = setBacklog(l, o.backlog())
	}
	if err != nil {
		own := &UnixListener{UnixListener: l, path: path, info: info}
		return nil, errors.Join(err, own.Close())
	}
	return &UnixListener{UnixListener: l, path: path, info: info}, nil
}

// removeStale makes room if the path holds a socket that nobody serves.
func removeStale(path string, uid int) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := checkSocket(path, info, uid); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return errors.Join(errLive, conn.Close())
	case errors.Is(err, fs.ErrNotExist):
		return nil // its owner has just left
	case !errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w, or cannot be asked: %w", errLive, err)
	}
	now, err := os.Lstat(path)
	if err != nil || !os.SameFile(info, now) {
		return errors.Join(fmt.Errorf("%s was exchanged meanwhile", path), err)
	}
	return os.Remove(path)
}
