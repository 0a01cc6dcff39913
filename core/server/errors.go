package server

// Software is the product in SERVER_SOFTWARE and in the Server field.
const Software = "modwsgi-express"

// BindError says which address could not be listened on.
type BindError struct {
	Address string
	What    string // "cannot listen on …", with the reason
	Hint    string // what to do, may be empty
	Err     error
}

func (e *BindError) Error() string { return e.What }
func (e *BindError) Unwrap() error { return e.Err }

// PrivilegeError says why the server cannot become, or stay, who it should be.
type PrivilegeError struct {
	What string // "cannot …", whole sentence without the cause
	Hint string
	Err  error // may be nil
}

func (e *PrivilegeError) Error() string { return sentence(e.What, e.Err) }
func (e *PrivilegeError) Unwrap() error { return e.Err }

// ConfigError is a setting that turned out to be impossible: a log that cannot be
// opened, a limit of the system.
type ConfigError struct {
	What string
	Hint string
	Err  error // may be nil
}

func (e *ConfigError) Error() string { return sentence(e.What, e.Err) }
func (e *ConfigError) Unwrap() error { return e.Err }

func sentence(what string, err error) string {
	if err == nil {
		return what
	}
	return what + ": " + err.Error()
}
