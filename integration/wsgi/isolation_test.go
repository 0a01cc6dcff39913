package wsgi_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"modwsgi-express/integration/harness"
)

// TestIsolation: 64 connections send requests with random tokens in path,
// query, a field and the body; no answer holds anything of another's.
func TestIsolation(t *testing.T) {
	requests := 100
	if testing.Short() {
		requests = 10
	}
	harness.EachVariant(t, func(t *testing.T, v harness.Variant) {
		s := harness.Start(t, harness.Options{Target: script("contract"), Processes: 2, Variant: v,
			Args: []string{"--threads", "8", "--keep-alive-timeout", "60"}})
		var wg sync.WaitGroup
		for n := range 64 {
			c := s.Dial()
			random := rand.New(rand.NewPCG(7, uint64(n)))
			wg.Go(func() {
				for range requests {
					if err := isolated(c, random); err != nil {
						t.Errorf("connection %d: %v", n, err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

// isolated makes one request, of a random framing and size.
func isolated(c *harness.Conn, random *rand.Rand) error {
	token := fmt.Sprintf("%016x", random.Uint64())
	body := strings.Repeat(token, 1+random.IntN(40))
	if random.IntN(50) == 0 {
		body = strings.Repeat(token, 8000) // beyond the buffers
	}
	target := "/isolate/" + token + "?" + token
	raw := harness.Compose("POST", target, body, "X-Token: "+token)
	if random.IntN(3) == 0 {
		raw = harness.ComposeChunked("POST", target, body, 1+random.IntN(4000), "X-Token: "+token)
	}
	c.Send(raw)
	res, err := c.Read("POST")
	if err != nil {
		return err
	}
	var got struct{ Header, Path, Query, Body string }
	if err := json.Unmarshal(res.Body, &got); err != nil {
		return fmt.Errorf("%w in %.200q", err, res.Body)
	}
	if got.Header != token || got.Path != "/isolate/"+token || got.Query != token || got.Body != body {
		return fmt.Errorf("sent %s, got header %s, path %s, query %s, body %.40s… of %d (sent %d)", token, got.Header, got.Path, got.Query, got.Body, len(got.Body), len(body))
	}
	return nil
}
