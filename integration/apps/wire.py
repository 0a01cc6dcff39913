"""The application of the wire tests: it tells what arrived, and waits where a
test has to hold it. Standard library only, Python 3.8 and newer.

/                       200 "ok"
/calls                  how many requests have reached the echo handlers
/state                  JSON: requests that are running, opened and closed iterables
/gate/wait?name=N       answers when the gate N has been opened
/gate/read?name=N       the same, and reads the body after that
/gate/reached?name=N    answers when a request waits at the gate N
/gate/open?name=N       opens the gate N
/order                  how many requests have come here before
/ignore                 does not touch the body
/swallow                reads the body and hides every error of it
/unknown-length?n=N     N items of one byte each, without Content-Length
/big?n=N                N bytes in pieces of 64 KiB, with Content-Length
/endless                bytes until the client is gone
anything else           JSON: environ, the body and its length
"""

import json
import threading
from urllib.parse import parse_qs

LIMIT = 30  # seconds that a gate stays closed at most

lock = threading.Lock()
counts = {"calls": 0, "running": 0, "opened": 0, "closed": 0, "order": 0}
gates = {}


class Gate:
    def __init__(self):
        self.reached = threading.Event()
        self.opened = threading.Event()


def gate(name):
    with lock:
        return gates.setdefault(name, Gate())


def count(key, by=1):
    with lock:
        counts[key] += by


class Counted:
    """An iterable whose close() is counted."""

    def __init__(self, items):
        self.items = iter(items)
        count("opened")

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.items)

    def close(self):
        count("closed")


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path in CONTROL:
        return CONTROL[path](environ, start_response)
    count("calls")
    count("running")
    try:
        return HANDLERS.get(path, echo)(environ, start_response)
    finally:
        count("running", -1)


def text(start_response, body):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def argument(environ, name, default=""):
    return parse_qs(environ["QUERY_STRING"]).get(name, [default])[0]


def ok(environ, start_response):
    return text(start_response, b"ok")


def calls(environ, start_response):
    with lock:
        return text(start_response, b"%d" % counts["calls"])


def state(environ, start_response):
    with lock:
        return text(start_response, json.dumps(counts).encode())


def gate_reached(environ, start_response):
    reached = gate(argument(environ, "name")).reached.wait(LIMIT)
    return text(start_response, b"reached" if reached else b"never")


def gate_open(environ, start_response):
    gate(argument(environ, "name")).opened.set()
    return text(start_response, b"open")


def gate_wait(environ, start_response):
    g = gate(argument(environ, "name"))
    g.reached.set()
    g.opened.wait(LIMIT)
    return text(start_response, b"waited")


def gate_read(environ, start_response):
    g = gate(argument(environ, "name"))
    g.reached.set()
    g.opened.wait(LIMIT)
    return echo(environ, start_response)


def order(environ, start_response):
    with lock:
        number = counts["order"]
        counts["order"] += 1
    return text(start_response, b"%d" % number)


def ignore(environ, start_response):
    return text(start_response, b"ignored")


def swallow(environ, start_response):
    try:
        while environ["wsgi.input"].read(65536):
            pass
    except Exception:
        pass
    return text(start_response, b"swallowed")


def unknown_length(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Counted(b"x" for _ in range(int(argument(environ, "n", "3"))))


def big(environ, start_response):
    n = int(argument(environ, "n", "1048576"))
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(n))])
    return Counted(b"b" * min(65536, n - at) for at in range(0, n, 65536))


def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return Counted(iter(lambda: b"e" * 65536, None))


def echo(environ, start_response):
    body = environ["wsgi.input"].read()
    seen = {k: v for k, v in environ.items() if isinstance(v, (str, int, bool))}
    answer = {"environ": seen, "length": len(body), "body": body[:100000].decode("latin-1")}
    payload = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))])
    return [payload]


CONTROL = {
    "/": ok,
    "/calls": calls,
    "/state": state,
    "/gate/reached": gate_reached,
    "/gate/open": gate_open,
}
HANDLERS = {
    "/gate/wait": gate_wait,
    "/gate/read": gate_read,
    "/order": order,
    "/ignore": ignore,
    "/swallow": swallow,
    "/unknown-length": unknown_length,
    "/big": big,
    "/endless": endless,
}
