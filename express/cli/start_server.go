package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"modwsgi-express/core/server"
	"modwsgi-express/core/supervise"
)

func newStartServer(p *Process) *cobra.Command {
	g := &given{}
	cmd := &cobra.Command{
		Use:   "start-server [TARGET] [OPTIONS]",
		Short: "serve an application",
		Long:  "Serves the WSGI application TARGET until it is told to stop.",
		RunE: func(_ *cobra.Command, args []string) error {
			_, cfg, err := p.configure(g, args)
			if err != nil {
				return err
			}
			return p.serve(cfg)
		},
	}
	addOptions(cmd, g)
	return cmd
}

// serve runs a server until it ends.
func (p *Process) serve(cfg server.Config) error {
	// Subscribed before anything is started: a signal during the start must not
	// leave workers behind.
	signals, unsubscribe := notify()
	defer unsubscribe()
	srv, err := server.Open(cfg, p.Stdout, p.Stderr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var end ending
	var watching sync.WaitGroup
	watching.Go(func() { end = handleSignals(ctx, signals, srv) })
	watching.Go(func() { p.announce(ctx, srv, cfg.Logs) })
	err = srv.Run(context.Background())
	cancel()
	watching.Wait()
	var load *supervise.LoadError
	switch {
	case end.cut != 0:
		return signalled{number: int(end.cut)}
	case end.early && !errors.As(err, &load):
		return nil
	case err != nil && isReady(srv):
		return fmt.Errorf("cannot let every request end in time: %w", err)
	}
	return err
}

// slow is after how long a person is told that the application is still loading.
const slow = 2 * time.Second

// announce tells when the server is ready: by a banner to a person who sees
// console logs, by a record to a log that somebody may search.
func (p *Process) announce(ctx context.Context, srv *server.Server, logs server.LogConfig) {
	person := p.Terminal && logs.Format != "json"
	timer := time.NewTimer(slow)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			if person {
				fmt.Fprintf(p.Stderr, "%s: loading the application takes more than %v; Ctrl-C gives up\n", programName, slow)
			}
		case <-srv.Ready():
			info := srv.Info()
			if person {
				fmt.Fprint(p.Stderr, banner(info))
			}
			if !person || logs.Directory != "" {
				srv.Log().Info("ready", readyFields(info)...)
			}
			return
		}
	}
}
