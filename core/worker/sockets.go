package worker

import (
	"fmt"
	"io"
	"net"
	"os"

	"modwsgi-express/platforms/process"
)

// sockets are both ends of all that connects a process with us.
type sockets struct {
	control net.Conn
	lanes   []net.Conn
	output  [2]*os.File // our ends of stdout and stderr

	inherit  []*os.File // control, then the lanes
	childOut [2]*os.File
}

func newSockets(threads int) (*sockets, error) {
	s := &sockets{}
	if err := s.open(threads); err != nil {
		s.closeOwnEnds()
		s.closeChildEnds()
		return nil, err
	}
	return s, nil
}

func (s *sockets) open(threads int) error {
	for i := range 1 + threads {
		conn, file, err := process.SocketPair()
		if err != nil {
			return err
		}
		s.inherit = append(s.inherit, file)
		if i == 0 {
			s.control = conn
		} else {
			s.lanes = append(s.lanes, conn)
		}
	}
	for i := range s.output {
		var err error
		if s.output[i], s.childOut[i], err = os.Pipe(); err != nil {
			return fmt.Errorf("make a pipe: %w", err)
		}
	}
	return nil
}

func (s *sockets) closeChildEnds() {
	for _, f := range append(s.inherit, s.childOut[:]...) {
		if f != nil {
			f.Close()
		}
	}
}

func (s *sockets) closeOwnEnds() {
	var ends []io.Closer
	if s.control != nil {
		ends = append(ends, s.control)
	}
	for _, c := range s.lanes {
		ends = append(ends, c)
	}
	for _, f := range s.output {
		if f != nil {
			ends = append(ends, f)
		}
	}
	for _, c := range ends {
		c.Close()
	}
}
