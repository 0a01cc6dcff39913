package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// frameworks are what the applications need.
var frameworks = []string{"Flask==3.1.3", "Django==5.2.19"}

const installLimit = 10 * time.Minute

// interpreter is the one that all servers use. Unless one is named it is the
// newest CPython up to 3.13 that has its headers: some of the peers have to be
// compiled, and not all of them know 3.14 yet.
func interpreter(ctx context.Context, named string) (string, error) {
	candidates := []string{named}
	if named == "" {
		candidates = nil
		versions, _ := filepath.Glob(filepath.Join(strings.TrimSpace(output(ctx, "pyenv", "root")), "versions", "*", "bin", "python3"))
		for _, name := range []string{"python3.13", "python3.12", "python3.11", "python3.10"} {
			candidates = append(candidates, name)
			for _, v := range versions {
				if strings.Contains(v, "/versions/"+strings.TrimPrefix(name, "python")+".") {
					candidates = append(candidates, v)
				}
			}
		}
		candidates = append(candidates, "python3")
	}
	const question = "import os, sys, sysconfig, venv, ensurepip; " +
		"os.stat(os.path.join(sysconfig.get_path('include'), 'Python.h')); print(sys.executable)"
	for _, c := range candidates {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		out, err := exec.CommandContext(ctx, c, "-c", question).Output()
		cancel()
		if err == nil {
			return strings.TrimSpace(string(out)), nil
		}
	}
	return "", fmt.Errorf("cannot find a CPython with venv, pip and headers among %s: install one, or name it with --python", strings.Join(candidates, ", "))
}

// install brings the virtualenv to what is asked for. A peer that cannot be
// installed is left out, with the reason.
func (m *machine) install(ctx context.Context, o options) error {
	if err := m.create(ctx); err != nil {
		return err
	}
	if err := m.pip(ctx, frameworks); err != nil {
		return fmt.Errorf("install the frameworks of the applications: %w", err)
	}
	for _, s := range chosen(o) {
		if err := m.installPeer(ctx, s); err != nil {
			m.absent[s.name] = err.Error()
			fmt.Fprintf(m.log, "%s is left out: %v\n", s.name, err)
		}
	}
	if _, err := os.Stat(o.binary); err != nil {
		m.absent[own] = "not built"
		fmt.Fprintf(m.log, "%s is left out: %v\n", own, err)
	}
	return ctx.Err()
}

// chosen are the servers of a run: ours always, and the peers asked for.
func chosen(o options) []server {
	var some []server
	for _, s := range servers {
		if s.name == own || len(o.peers) == 0 || slices.Contains(o.peers, s.name) {
			some = append(some, s)
		}
	}
	return some
}

// create makes the virtualenv, anew if it is another interpreter's.
func (m *machine) create(ctx context.Context) error {
	stamp := filepath.Join(m.venv, "interpreter.txt")
	if text, err := os.ReadFile(stamp); err == nil && strings.TrimSpace(string(text)) == m.python {
		return nil
	}
	if err := os.RemoveAll(m.venv); err != nil {
		return fmt.Errorf("remove the virtualenv of another interpreter: %w", err)
	}
	fmt.Fprintf(m.log, "making %s with %s\n", m.venv, m.python)
	if err := m.command(ctx, m.python, "-m", "venv", m.venv); err != nil {
		return fmt.Errorf("make the virtualenv: %w", err)
	}
	return writeFile(stamp, []byte(m.python+"\n"))
}

func (m *machine) installPeer(ctx context.Context, s server) error {
	if len(s.packages) == 0 || m.has(s.packages) {
		return nil
	}
	if err := m.debian(ctx, s.debian...); err != nil {
		return err
	}
	return m.pip(ctx, s.packages)
}

// has asks the file system, which takes no time, instead of pip, which takes a
// second: an installed distribution has a directory named for it.
func (m *machine) has(packages []string) bool {
	for _, p := range packages {
		name, version, _ := strings.Cut(p, "==")
		name = strings.NewReplacer("-", "_", ".", "_").Replace(name)
		pattern := filepath.Join(m.venv, "lib", "python*", "site-packages", "*-"+version+".dist-info")
		found, _ := filepath.Glob(pattern) // the pattern is well formed
		if !slices.ContainsFunc(found, func(f string) bool {
			return strings.EqualFold(filepath.Base(f), name+"-"+version+".dist-info")
		}) {
			return false
		}
	}
	return true
}

func (m *machine) pip(ctx context.Context, packages []string) error {
	if m.has(packages) {
		return nil
	}
	fmt.Fprintf(m.log, "installing %s\n", strings.Join(packages, " "))
	args := []string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"}
	return m.command(ctx, filepath.Join(m.venv, "bin", "python"), append(args, packages...)...)
}

// debian installs packages that are not there, if this is root on a Debian.
func (m *machine) debian(ctx context.Context, packages ...string) error {
	var missing []string
	for _, p := range packages {
		if !strings.Contains(output(ctx, "dpkg-query", "-W", "-f", "${Status}", p), "ok installed") {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	words := strings.Join(missing, " ")
	if _, err := exec.LookPath("apt-get"); err != nil || !m.root {
		return fmt.Errorf("the packages %s are missing: install them as root", words)
	}
	fmt.Fprintf(m.log, "installing %s\n", words)
	args := append([]string{"install", "--yes", "--quiet", "--no-install-recommends"}, missing...)
	if m.command(ctx, "apt-get", args...) == nil {
		return nil
	}
	// The lists of a fresh machine are often empty.
	return errors.Join(m.command(ctx, "apt-get", "update", "--quiet"), m.command(ctx, "apt-get", args...))
}

// command runs one that may take minutes; its error has the last line that it
// printed.
func (m *machine) command(ctx context.Context, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", filepath.Base(name), args[0], err, lastLine(out))
	}
	return nil
}
