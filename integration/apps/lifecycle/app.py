"""For tests of starting, stopping, reloading and dying.

The tests copy it together with gates.py and write marker.py beside it.
"""

import ctypes
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gates  # noqa: E402
import marker  # noqa: E402


def text(start_response, body):
    body = body.encode("utf-8")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def application(environ, start_response):
    path, arg = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/version":
        return text(start_response, marker.VERSION)
    if path == "/pid":
        return text(start_response, str(os.getpid()))
    if path == "/late":
        import late  # written by the test that asks
        return text(start_response, late.TEXT)
    if path == "/hold":
        gates.wait(arg)
        return text(start_response, "released " + marker.VERSION)
    if path == "/exit":
        print("exiting with", arg, file=sys.stderr, flush=True)
        os._exit(int(arg))
    if path == "/stderr":
        for n in range(40):
            print("stderr line", n, file=sys.stderr)
        sys.stderr.flush()
        os._exit(7)
    if path == "/keep-lock":
        # A C function that neither returns nor gives up the interpreter's lock.
        gates.arrive(arg)
        ctypes.PyDLL(None).sleep(int(gates.LIMIT))
    return text(start_response, "hello")
