package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"modwsgi-express/core/server"
	"modwsgi-express/core/supervise"
	"modwsgi-express/core/worker"
)

func newCheck(p *Process) *cobra.Command {
	g := &given{}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [TARGET] [OPTIONS]",
		Short: "load an application, report, and exit",
		Long: "Reads all settings, loads the application in a worker as start-server would,\n" +
			"reports what was found, and exits. Nothing is listened on.",
		RunE: func(_ *cobra.Command, args []string) error {
			_, cfg, err := p.configure(g, args)
			if err != nil {
				return err
			}
			return p.check(cfg, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	addOptions(cmd, g)
	return cmd
}

// check loads each application and tells what it is.
func (p *Process) check(cfg server.Config, asJSON bool) error {
	ctx, stop := untilSignal()
	defer stop()
	var results []checkReport
	for i := range cfg.Applications {
		hello, loaded, err := server.Check(ctx, cfg, i, p.checkLog())
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return checkFailure(err)
		}
		results = append(results, checked(cfg.Applications[i], hello, loaded))
	}
	if asJSON {
		return writeJSON(p.Stdout, results)
	}
	for _, app := range results {
		if err := write(p.Stdout, checkText(app)); err != nil {
			return err
		}
	}
	return nil
}

// checkFailure makes of a process that could not be started what start-server
// makes of it.
func checkFailure(err error) error {
	if codeOf(err) != exitFailure {
		return err
	}
	return &supervise.LoadError{Failed: worker.Failed{Reason: supervise.ReasonStart, Message: err.Error()}}
}

// checkLog shows what the application itself writes while it is loaded, and
// warnings of ours.
func (p *Process) checkLog() *zap.Logger {
	encoder := zapcore.NewConsoleEncoder(zapcore.EncoderConfig{MessageKey: "msg", LevelKey: "level", EncodeLevel: zapcore.LowercaseLevelEncoder})
	return zap.New(zapcore.NewCore(encoder, zapcore.AddSync(p.Stderr), zapcore.WarnLevel))
}

// checkReport is what check finds out about an application.
type checkReport struct {
	Target      string            `json:"target"`
	Kind        string            `json:"kind"`
	Callable    string            `json:"callable"`
	File        string            `json:"file"`
	Framework   string            `json:"framework,omitempty"`
	MountPoint  string            `json:"mount_point,omitempty"`
	Seconds     float64           `json:"seconds"`
	Interpreter interpreterReport `json:"interpreter"`
	Python      string            `json:"python"` // version
	Prefix      string            `json:"prefix"`

	text string // the interpreter as the banner has it
}

func checked(app server.Application, hello worker.Hello, loaded worker.Loaded) checkReport {
	info := server.ApplicationInfo{
		Interpreter: app.Interpreter, InterpreterOrigin: app.InterpreterOrigin,
		Python: hello.Python, Implementation: hello.Implementation, FreeThreaded: hello.FreeThreaded,
	}
	return checkReport{
		Target: loaded.Target, Kind: loaded.Kind, Callable: loaded.Callable, File: loaded.File, Framework: loaded.Framework,
		MountPoint: app.MountPoint, Seconds: loaded.Seconds,
		Interpreter: interpreterReport{Path: app.Interpreter, Origin: app.InterpreterOrigin},
		Python:      hello.Python, Prefix: hello.Prefix, text: python(info),
	}
}

func checkText(app checkReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The application can be served.\n\n")
	bannerLine(&b, "Target", app.Target)
	bannerLine(&b, "Callable", app.Callable)
	bannerLine(&b, "File", app.File)
	bannerLine(&b, "Framework", app.Framework)
	bannerLine(&b, "Python", app.text)
	bannerLine(&b, "Loaded in", fmt.Sprintf("%.2f s", app.Seconds))
	return b.String()
}
