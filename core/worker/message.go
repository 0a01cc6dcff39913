package worker

// Start is the message that makes a worker load its application and serve.
type Start struct {
	Type     string `json:"type"` // "start"
	Protocol int    `json:"protocol"`

	// What to load; see express/docs: target.
	Target          string `json:"target"` // "" searches the working directory
	ApplicationType string `json:"application_type"`
	CallableObject  string `json:"callable_object"` // "" searches

	WorkingDirectory string   `json:"working_directory"`
	PythonPath       []string `json:"python_path"`
	SwitchInterval   float64  `json:"switch_interval"` // seconds, 0: the interpreter's own

	// Lanes are the descriptors of the lane sockets, one a thread. Empty: load
	// the application, report, and exit (check).
	Lanes []int `json:"lanes"`
	// Ring is the shared memory through which requests may come instead, nil: only
	// over lanes. The worker decides, and says so in Loaded.
	Ring         *Ring `json:"ring"`
	Files        bool  `json:"files"`        // descriptors can be passed (FILE frames)
	MultiProcess bool  `json:"multiprocess"` // wsgi.multiprocess
	ReloadFiles  bool  `json:"reload_files"` // send "files" messages
}

// Ring is what a worker needs for a ring (see core/ring): descriptors, and the
// size of the region in bytes.
type Ring struct {
	Region  int `json:"region"`
	Size    int `json:"size"`
	Front   int `json:"front"`   // the front's doorbell
	Library int `json:"library"` // the file of the worker library

	Required bool `json:"required"` // fail rather than use lanes
}

// Hello is a worker's first message: which interpreter runs it.
type Hello struct {
	Protocol       int    `json:"protocol"`
	PID            int    `json:"pid"`
	Python         string `json:"python"`
	Implementation string `json:"implementation"`
	Executable     string `json:"executable"`
	Prefix         string `json:"prefix"`
	FreeThreaded   bool   `json:"free_threaded"`
}

// Loaded tells that the application is there and requests may come.
type Loaded struct {
	Target    string  `json:"target"` // as found: "wsgi.py", "myapp:app"
	Kind      string  `json:"kind"`   // script, module, paste
	Framework string  `json:"framework"`
	Callable  string  `json:"callable"`
	File      string  `json:"file"`
	Seconds   float64 `json:"seconds"`

	// Transport is how requests are to come: TransportRing or TransportLanes.
	// WhyLanes says why not through the ring that was offered.
	Transport string `json:"transport"`
	WhyLanes  string `json:"why_lanes"`
}

// Transports of Loaded.
const (
	TransportRing  = "ring"
	TransportLanes = "lanes"
)

// Failed tells why the application could not be loaded.
type Failed struct {
	Reason    string `json:"reason"`
	Message   string `json:"message"`
	Hint      string `json:"hint"`
	Traceback string `json:"traceback"`
}

// Reasons of Failed.
const (
	ReasonNotFound    = "not-found"    // no such file or module
	ReasonImport      = "import"       // it raised while being imported
	ReasonNoCallable  = "no-callable"  // no WSGI application in it
	ReasonNotCallable = "not-callable" // what was named cannot be called
	ReasonFactory     = "factory"      // the factory raised or returned no application
	ReasonVersion     = "version"      // the interpreter is too old
	ReasonConfig      = "config"       // a setting that only Python can judge is wrong
)
