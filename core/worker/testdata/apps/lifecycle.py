"""An application that tells of its beginning and its end, on stderr."""

import atexit
import os
import sys
import threading
import time

atexit.register(lambda: print("atexit ran", file=sys.stderr))
threading.Thread(target=lambda: (time.sleep(0.05), print("a thread of its own ended", file=sys.stderr))).start()

gates = {"/wait": threading.Event(), "/wait-too": threading.Event()}


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path in gates:
        wait_here(gates[path])
    elif path == "/open":
        for gate in gates.values():
            gate.set()
    elif path == "/control":
        os.write(3, environ["QUERY_STRING"].encode() + b"\n")
        gates["/wait"].wait()
    elif path == "/long-line":
        while True:
            os.write(3, b"x" * 65536)
    elif path == "/die":
        os._exit(7)
    elif path == "/segfault":
        print("last words", file=sys.stderr)
        os.kill(os.getpid(), 11)
    elif path == "/child":
        os.system("sleep 1000 & echo $! > %s" % environ["test.path"])
    elif path == "/import":
        import late_module
        assert late_module
    elif path == "/signal":
        import signal
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        gates["/wait"].wait(0.3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]


def wait_here(gate):
    gate.wait()
