package cli

import (
	"fmt"
	"net"
	"runtime"
	"strings"

	"go.uber.org/zap"

	"modwsgi-express/core/server"
)

// banner is what a person at a terminal is told when the server is ready.
func banner(info server.Info) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s %s\n\n", programName, Version)
	for _, app := range info.Applications {
		bannerLine(&b, "Serving", served(app))
	}
	for i, address := range info.Addresses {
		bannerLine(&b, label("Address", i), addressURL(address, mountPoint(info)))
	}
	for i, app := range info.Applications {
		bannerLine(&b, label("Python", i), python(app))
		bannerLine(&b, label("Workers", i), workers(app))
	}
	bannerLine(&b, "User", info.User)
	bannerLine(&b, "Process", fmt.Sprint(info.PID))
	if runtime.GOOS == "windows" {
		fmt.Fprintf(&b, "\n  Ctrl-C stops the server.\n\n")
	} else {
		fmt.Fprintf(&b, "\n  Ctrl-C stops the server, kill -HUP %d reloads the application.\n\n", info.PID)
	}
	return b.String()
}

func bannerLine(b *strings.Builder, name, value string) {
	if value != "" {
		fmt.Fprintf(b, "  %-9s %s\n", name, value)
	}
}

// label names the first of several lines only.
func label(name string, i int) string {
	if i > 0 {
		return ""
	}
	return name
}

func mountPoint(info server.Info) string {
	if len(info.Applications) == 1 {
		return info.Applications[0].MountPoint
	}
	return ""
}

// served is the application in a few words: where it was found and what it is.
func served(app server.ApplicationInfo) string {
	text := app.Target
	if app.Framework != "" {
		text += " (" + app.Framework + ")"
	}
	if app.MountPoint != "" {
		text += " at " + app.MountPoint
	}
	return text
}

// addressURL makes an address something to click on.
func addressURL(address, mountPoint string) string {
	if strings.HasPrefix(address, "unix:") {
		return address
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	note := ""
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host, note = "localhost", " (all interfaces)"
	}
	url := "http://" + net.JoinHostPort(host, port)
	if port == "80" {
		url = strings.TrimSuffix(url, ":80")
	}
	return url + mountPoint + "/" + note
}

func python(app server.ApplicationInfo) string {
	text := strings.TrimSpace(app.Implementation + " " + app.Python)
	if app.FreeThreaded {
		text += ", free-threaded"
	}
	if app.Interpreter != "" {
		text += ", " + app.Interpreter
	}
	if app.InterpreterOrigin != "" {
		text += " (from " + app.InterpreterOrigin + ")"
	}
	return text
}

func workers(app server.ApplicationInfo) string {
	return fmt.Sprintf("%s with %s%s", count(app.Processes, "process", "processes"), count(app.Threads, "thread", "threads"), each(app.Processes))
}

func each(n int) string {
	if n == 1 {
		return ""
	}
	return " each"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// readyFields are the facts of the banner for a log.
func readyFields(info server.Info) []zap.Field {
	fields := []zap.Field{
		zap.Strings("listen", info.Addresses), zap.Int("pid", info.PID), zap.String("user", info.User), zap.String("version", Version),
	}
	for _, app := range info.Applications {
		if app.Framework != "" {
			fields = append(fields, zap.String("framework", app.Framework))
		}
		fields = append(fields, zap.String("target", app.Target),
			zap.String("python", strings.TrimSpace(app.Implementation+" "+app.Python)), zap.String("interpreter", app.Interpreter),
			zap.String("interpreter_from", app.InterpreterOrigin), zap.Int("processes", app.Processes), zap.Int("threads", app.Threads))
	}
	return fields
}
