package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// launch is what this machine adds to the workload's wishes.
func (m *machine) launch(w workload) (launch, func(), error) {
	l := launchOf(w)
	port, err := m.ports.next()
	if err != nil {
		return l, nil, err
	}
	scratch, err := os.MkdirTemp(m.work, "start-")
	if err != nil {
		return l, nil, fmt.Errorf("make a directory for the server: %w", err)
	}
	cleanUp := func() { os.RemoveAll(scratch) }
	l.apache = filepath.Join(scratch, "apache")
	if err = os.Mkdir(l.apache, 0o755); err == nil && m.root {
		err = os.Chown(l.apache, m.apache.uid, m.apache.gid)
	}
	if err != nil {
		cleanUp()
		return l, nil, fmt.Errorf("make a directory for the server: %w", err)
	}
	l.venv, l.apps, l.scratch, l.port, l.root, l.account = m.venv, filepath.Join(m.source, "apps"), scratch, port, m.root, m.apache
	if w.accessLog {
		l.accessLog = filepath.Join(scratch, "access.log")
	}
	return l, cleanUp, nil
}

func (m *machine) logFile(w workload, s server) string {
	return filepath.Join(m.work, w.name+"-"+s.name+".log")
}

// environment: all servers find the applications the same way, and write
// nothing beside them.
func (m *machine) environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, "PYTHON") || strings.HasPrefix(e, "MODWSGI_") || strings.HasPrefix(e, "VIRTUAL_ENV=")
	})
	return append(env, "PYTHONPATH="+filepath.Join(m.source, "apps"), "PYTHONDONTWRITEBYTECODE=1")
}

// shown is a command line as a reader can use it.
func (m *machine) shown(command []string, l launch) string {
	text := strings.Join(command, " ")
	for _, place := range [][2]string{
		{filepath.Join(m.venv, "bin") + "/", ""}, {l.binary, own}, {l.apache, "SERVER-ROOT"}, {l.scratch, "SCRATCH"}, {l.apps, "APPS"},
		{strconv.Itoa(l.port), "PORT"},
	} {
		text = strings.ReplaceAll(text, place[0], place[1])
	}
	return text
}

func moduleOf(w workload) string {
	module, _ := splitTarget(w.app)
	return module
}

func splitTarget(target string) (module, callable string) {
	module, callable, _ = strings.Cut(target, ":")
	return module, callable
}

// bare is the memory of an interpreter that has the application's module and
// nothing else.
func (m *machine) bare(ctx context.Context, module string) int64 {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(m.venv, "bin", "python"), "-c", "import sys, "+module+"; print('up', flush=True); sys.stdin.read()")
	cmd.Env, cmd.Dir = m.environment(), filepath.Join(m.source, "apps")
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if inErr != nil || outErr != nil || cmd.Start() != nil {
		return 0
	}
	var pss int64
	if line, _ := bufio.NewReader(out).ReadString('\n'); line == "up\n" {
		pss, _ = kernel.memory(cmd.Process.Pid)
	}
	in.Close()
	_ = cmd.Wait() // it ends with its input
	return pss
}
