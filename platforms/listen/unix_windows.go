package listen

import (
	"context"
	"io/fs"
	"net"
	"os"

	"modwsgi-express/platforms/pathguard"
)

const maxPath = 107

// checkSocket: Windows shows socket files as irregular ones.
func checkSocket(path string, info fs.FileInfo, _ int) error {
	if info.Mode()&(fs.ModeSocket|fs.ModeIrregular) == 0 {
		return &pathguard.Unsafe{Path: path, Mode: info.Mode(), Reason: "it is not a socket"}
	}
	return nil
}

func bindPrivate(path string) (*net.UnixListener, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	return l.(*net.UnixListener), nil // what this network gives
}

// publish: who may connect is the access list of the directory.
func publish(path string, _ UnixOptions) (fs.FileInfo, error) { return os.Lstat(path) }
