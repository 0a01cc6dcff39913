package lane

import (
	"bytes"

	"go.uber.org/zap"
)

// ApplicationError says how an application failed: the last line of the
// traceback, which is in the log.
type ApplicationError struct{ Line string }

func (e *ApplicationError) Error() string { return "application raised " + e.Line }

func (s *serving) takeErrors(h Header) error {
	text, err := s.c.whole(int(h.Length))
	if err != nil {
		return err
	}
	text = bytes.TrimRight(bytes.ToValidUTF8(text, []byte("\uFFFD")), "\n")
	if len(text) == 0 {
		return nil
	}
	if h.Flags&FlagError != 0 {
		s.job.Output.Error("application failed", append(s.about(), zap.ByteString("traceback", text))...)
	} else {
		s.job.Output.Info(string(text), s.about()...)
	}
	return nil
}

// about are the log fields that tell which request it is.
func (s *serving) about() []zap.Field {
	var id [40]byte
	return []zap.Field{
		zap.String("request_id", string(s.x.AppendID(id[:0]))),
		zap.ByteString("method", s.x.Request.Method),
		zap.ByteString("target", s.x.Request.Target),
	}
}
