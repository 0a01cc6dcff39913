"""Counts the close() calls of the iterables it returns.

/CASE?token=T returns an iterable that is counted under T: each close() comes to
the gate T-closed, which is what tests count, whatever became of the process.
"""

import os
import sys
from urllib.parse import parse_qs

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import gates  # noqa: E402

TEXT = ("Content-Type", "text/plain")


def count(token):
    gates.arrive(token + "-closed")


class Items:
    """An iterable and its own iterator, with a close() that counts."""

    def __init__(self, token, items, close_raises=False):
        self.token, self.items, self.close_raises = token, iter(items), close_raises

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.items)

    def close(self):
        count(self.token)
        if self.close_raises:
            raise ValueError("raised in close")


class Uniterable(Items):
    def __iter__(self):
        raise ValueError("raised in __iter__")


class File:
    """A file-like object for wsgi.file_wrapper: closed once, by the wrapper."""

    def __init__(self, token, path):
        self.token, self.file = token, open(path, "rb")

    def read(self, size=-1):
        return self.file.read(size)

    def fileno(self):
        return self.file.fileno()

    def tell(self):
        return self.file.tell()

    def close(self):
        self.file.close()
        count(self.token)


class Memory(File):
    fileno = property()

    def __init__(self, token, data):
        self.token, self.data = token, data
        self.file = self

    def read(self, size=-1):
        part, self.data = self.data[:size], self.data[size:]
        return part

    def close(self):
        self.file = None
        count(self.token)


def raising(*items):
    for item in items:
        yield item
    raise ValueError("raised in the iterable")


def endless():
    while True:
        yield b"x" * 65536


def gated(token):
    yield b"first block\n"
    gates.wait(token)
    yield b"second block\n"


def exiting():
    yield b"first block\n"
    raise SystemExit(4)


CASES = {
    # path: (status, more header fields, items)
    "/normal": ("200 OK", [], lambda t: Items(t, [b"a", b"b"])),
    "/length": ("200 OK", [("Content-Length", "2")], lambda t: Items(t, [b"a", b"b"])),
    "/empty": ("200 OK", [], lambda t: Items(t, [])),
    "/204": ("204 No Content", None, lambda t: Items(t, [])),
    "/204-body": ("204 No Content", None, lambda t: Items(t, [b"a", b"b"])),
    "/304": ("304 Not Modified", None, lambda t: Items(t, [])),
    "/raises-first": ("200 OK", [], lambda t: Items(t, raising())),
    "/raises-later": ("200 OK", [], lambda t: Items(t, raising(b"a", b"b"))),
    "/raises-in-iter": ("200 OK", [], lambda t: Uniterable(t, [])),
    "/raises-in-close": ("200 OK", [("Content-Length", "1")], lambda t: Items(t, [b"a"], True)),
    "/raises-in-close-chunked": ("200 OK", [], lambda t: Items(t, [b"a"], True)),
    "/system-exit": ("200 OK", [], lambda t: Items(t, exiting())),
    "/str-item": ("200 OK", [], lambda t: Items(t, ["a"])),
    "/str-item-later": ("200 OK", [], lambda t: Items(t, [b"a", "b"])),
    "/too-long": ("200 OK", [("Content-Length", "1")], lambda t: Items(t, [b"a", b"b", b"c"])),
    "/too-short": ("200 OK", [("Content-Length", "9")], lambda t: Items(t, [b"a", b"b"])),
    "/endless": ("200 OK", [], lambda t: Items(t, endless())),
    "/gated": ("200 OK", [], lambda t: Items(t, gated(t))),
}


def text(start_response, body):
    start_response("200 OK", [TEXT, ("Content-Length", str(len(body)))])
    return [body]


def application(environ, start_response):
    path = environ["PATH_INFO"]
    args = parse_qs(environ["QUERY_STRING"])
    token = args.get("token", [""])[0]
    if path == "/":
        return text(start_response, b"closing")
    if path == "/write":
        write = start_response("200 OK", [TEXT])
        write(b"written ")
        return Items(token, [b"returned"])
    if path == "/starts-late":
        return Items(token, late(start_response))
    if path == "/never-starts":
        return Items(token, [b"a"])
    if path == "/file":
        start_response("200 OK", [TEXT])
        return environ["wsgi.file_wrapper"](File(token, __file__))
    if path == "/file-memory":
        start_response("200 OK", [TEXT])
        return environ["wsgi.file_wrapper"](Memory(token, b"x" * 100000))
    if path == "/file-unused":
        # Made but not returned: its closing is the application's own business.
        environ["wsgi.file_wrapper"](Memory(token, b"x"))
        return text(start_response, b"other")
    status, fields, make = CASES[path]
    start_response(status, [] if fields is None else [TEXT] + fields)
    return make(token)


def late(start_response):
    start_response("200 OK", [TEXT])
    yield b"late"
