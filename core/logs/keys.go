package logs

// Keys of the fields, the same everywhere, so that a search finds all of it.
// Errors are logged with zap.Error, whose key is KeyError.
const (
	KeyTime    = "time"
	KeyLevel   = "level"
	KeyMessage = "message"
	KeyError   = "error"

	KeyRequestID  = "request_id" // as mod_wsgi.request_id in the environ
	KeyMethod     = "method"
	KeyTarget     = "target"
	KeyPath       = "path"
	KeyProtocol   = "protocol"
	KeyScheme     = "scheme"
	KeyHost       = "host"
	KeyStatus     = "status"
	KeyRemoteAddr = "remote_addr"
	KeyRemotePort = "remote_port"
	KeyRemoteUser = "remote_user"
	KeyReferer    = "referer"
	KeyUserAgent  = "user_agent"
	KeyBytesIn    = "bytes_in"
	KeyBytesOut   = "bytes_out"
	KeyDurationMS = "duration_ms"
	KeyQueueMS    = "queue_ms"
	KeyAborted    = "aborted"

	KeyApplication = "application" // mount point
	KeyWorker      = "worker"      // slot, counted from 1
	KeyPID         = "pid"
	KeyWorkerPID   = "worker_pid"
	KeyGeneration  = "generation"
	KeyState       = "state"
	KeyReason      = "reason"
	KeyTraceback   = "traceback"
	KeyStack       = "stack"
	KeyStderr      = "stderr"

	KeyAddress = "address"
	KeyLog     = "log"     // file name of a log
	KeyDropped = "dropped" // lines that were not written
)
