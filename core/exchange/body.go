package exchange

import "io"

type noBody struct{}

func (noBody) Size() int64              { return 0 }
func (noBody) Whole() ([]byte, bool)    { return nil, true }
func (noBody) Read([]byte) (int, error) { return 0, io.EOF }
