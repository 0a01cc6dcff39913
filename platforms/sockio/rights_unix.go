//go:build unix

package sockio

import (
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

var rightsSpace = unix.CmsgSpace(MaxRights * 4)

func receiveRights(c *net.UnixConn, p []byte) (int, []*os.File, error) {
	oob := make([]byte, rightsSpace)
	// ReadMsgUnix asks for close-on-exec descriptors.
	n, oobn, _, _, err := c.ReadMsgUnix(p, oob)
	if err != nil {
		return max(n, 0), nil, err // it may say -1
	}
	if n == 0 && len(p) > 0 && oobn == 0 {
		return 0, nil, io.EOF
	}
	if oobn == 0 {
		return n, nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return n, nil, err
	}
	var files []*os.File
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			continue // another kind of message
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "received file"))
		}
	}
	return n, files, nil
}
