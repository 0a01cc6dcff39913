package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"modwsgi-express/core/lane"
)

// maxLine bounds a message, in bytes.
const maxLine = 1 << 20

// maxPaths bounds a "files" message.
const maxPaths = 1 << 16

// stacksReply is the answer to a question of [Process.Stacks].
type stacksReply struct {
	ID   uint64 `json:"id"`
	Text string `json:"text"`
}

// conversation is what a worker has said so far. It knows which message may come
// next; anything else is not from the worker we wrote.
//
//	         hello           loaded, failed
//	silent ────────► loading ───────────────► settled ── stopping, once, if asked ─► stopping
//	                 files, stacks: in every state but silent
type conversation struct {
	greeted, settled, stopping bool
}

// take reads one message, without its newline. It returns the event or the
// reply that it is, or why the worker must not be trusted any more. asked tells
// whether the worker has been told to stop.
func (c *conversation) take(line []byte, asked bool) (Event, *stacksReply, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return Event{}, nil, fmt.Errorf("read control message: %w", err)
	}
	if !c.greeted && head.Type != "hello" {
		return Event{}, nil, fmt.Errorf("control message %.40q before the hello", head.Type)
	}
	switch head.Type {
	case "hello":
		return c.hello(line)
	case "loaded":
		l := new(Loaded)
		return Event{Loaded: l}, nil, c.settle(line, l)
	case "failed":
		f := new(Failed)
		err := c.settle(line, f)
		if err == nil && !knownReason(f.Reason) {
			err = fmt.Errorf("failure of unknown reason %.40q", f.Reason)
		}
		return Event{Failed: f}, nil, err
	case "files":
		var f struct {
			Paths []string `json:"paths"`
		}
		if err := json.Unmarshal(line, &f); err != nil {
			return Event{}, nil, fmt.Errorf("read files message: %w", err)
		}
		if len(f.Paths) > maxPaths {
			return Event{}, nil, fmt.Errorf("files message with %d paths", len(f.Paths))
		}
		return Event{Files: append([]string{}, f.Paths...)}, nil, nil // never nil
	case "stacks":
		r := new(stacksReply)
		if err := json.Unmarshal(line, r); err != nil {
			return Event{}, nil, fmt.Errorf("read stacks message: %w", err)
		}
		return Event{}, r, nil
	case "stopping":
		if !asked || c.stopping {
			return Event{}, nil, errors.New("control message \"stopping\" that nobody asked for")
		}
		c.stopping = true
		return Event{Stopping: true}, nil, nil
	}
	return Event{}, nil, fmt.Errorf("control message of unknown type %.40q", head.Type)
}

func (c *conversation) hello(line []byte) (Event, *stacksReply, error) {
	h := new(Hello)
	if err := json.Unmarshal(line, h); err != nil {
		return Event{}, nil, fmt.Errorf("read hello message: %w", err)
	}
	if c.greeted {
		return Event{}, nil, errors.New("a second hello")
	}
	if h.Protocol != lane.Version {
		return Event{}, nil, fmt.Errorf("hello of protocol %d, this is %d", h.Protocol, lane.Version)
	}
	c.greeted = true
	return Event{Hello: h}, nil, nil
}

// settle reads the message that ends the loading.
func (c *conversation) settle(line []byte, message any) error {
	if err := json.Unmarshal(line, message); err != nil {
		return fmt.Errorf("read control message: %w", err)
	}
	if c.settled {
		return errors.New("the outcome of loading is told twice")
	}
	c.settled = true
	return nil
}

func knownReason(reason string) bool {
	switch reason {
	case ReasonNotFound, ReasonImport, ReasonNoCallable, ReasonNotCallable, ReasonFactory, ReasonVersion, ReasonConfig:
		return true
	}
	return false
}

// errLineTooLong: a message has no end within the limit.
var errLineTooLong = fmt.Errorf("control message of more than %d bytes", maxLine)

// lines calls take for every line of r, without its newline, and returns the
// first error: of r (io.EOF too), of take, or errLineTooLong. What is behind
// the last newline is dropped: a message is whole or it is none.
func lines(r io.Reader, take func(line []byte) error) error {
	buf := make([]byte, 0, 4096)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		searched := len(buf)
		buf = buf[:len(buf)+n]
		for {
			i := bytes.IndexByte(buf[searched:], '\n')
			if i < 0 {
				break
			}
			end := searched + i
			if end > maxLine {
				return errLineTooLong
			}
			if err := take(buf[:end]); err != nil {
				return err
			}
			buf = buf[:copy(buf, buf[end+1:])]
			searched = 0
		}
		if len(buf) > maxLine {
			return errLineTooLong
		}
		if err != nil {
			return err
		}
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
	}
}
