// The modwsgi-express command serves Python WSGI applications. Everything it
// does is in express/cli; only here does the process end.
package main

import (
	"os"

	"modwsgi-express/express/cli"
)

func main() {
	os.Exit(cli.Main(cli.Current()))
}
