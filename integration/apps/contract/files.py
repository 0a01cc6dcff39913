"""wsgi.file_wrapper: one path per way of using it.

/file/CASE?path=FILE. /file/closed tells how often each file was closed.
"""

import io
import json
import os
from urllib.parse import parse_qs

closed = {}


class Counted:
    """A file-like object around another one, that counts its closing."""

    def __init__(self, case, inner, fileno=True):
        self.case, self.inner = case, inner
        closed.setdefault(case, 0)
        if fileno:
            self.fileno = inner.fileno

    def read(self, size=-1):
        return self.inner.read(size)

    def tell(self):
        return self.inner.tell()

    def seek(self, *args):
        return self.inner.seek(*args)

    def close(self):
        closed[self.case] += 1
        self.inner.close()


class OnlyRead:
    """The least that PEP 3333 asks of a file-like object: no fileno, no close."""

    def __init__(self, data):
        self.data = data

    def read(self, size=-1):
        part, self.data = self.data[:size], self.data[size:]
        return part


def whole(case, path, size):
    return Counted(case, open(path, "rb")), size


def no_length(case, path, size):
    return Counted(case, open(path, "rb")), None


def offset(case, path, size):
    f = open(path, "rb")
    f.seek(1000)
    return Counted(case, f), size - 1000


def offset_no_length(case, path, size):
    f = open(path, "rb")
    f.seek(1000)
    return Counted(case, f), None


def shorter(case, path, size):
    return Counted(case, open(path, "rb")), 1000


def longer(case, path, size):
    return Counted(case, open(path, "rb")), size + 1000


def at_end(case, path, size):
    f = open(path, "rb")
    f.seek(0, os.SEEK_END)
    return Counted(case, f), None


def memory(case, path, size):
    with open(path, "rb") as f:
        return Counted(case, io.BytesIO(f.read()), fileno=False), size


def only_read(case, path, size):
    with open(path, "rb") as f:
        return OnlyRead(f.read()), size


def pipe(case, path, size):
    """A descriptor that is not a regular file."""
    r, w = os.pipe()
    os.write(w, b"through a pipe\n")
    os.close(w)
    return Counted(case, os.fdopen(r, "rb", 0)), 15


def buffered(case, path, size):
    """The descriptor's own position is beyond what was read from the object."""
    f = open(path, "rb")
    f.read(10)
    return Counted(case, f), size - 10


def plain_file(case, path, size):
    """The builtin file object itself, as most frameworks hand it over."""
    return open(path, "rb"), size


CASES = {
    "whole": whole, "no-length": no_length, "offset": offset,
    "offset-no-length": offset_no_length, "shorter": shorter, "longer": longer,
    "at-end": at_end, "memory": memory, "only-read": only_read, "pipe": pipe,
    "buffered": buffered, "plain": plain_file,
}


def respond(environ, start_response):
    case = environ["PATH_INFO"][len("/file/"):]
    if case == "closed":
        body = json.dumps(closed, sort_keys=True).encode()
        start_response("200 OK", [("Content-Type", "application/json"),
                                  ("Content-Length", str(len(body)))])
        return [body]
    path = parse_qs(environ["QUERY_STRING"])["path"][0]
    filelike, length = CASES[case](case, path, os.path.getsize(path))
    headers = [("Content-Type", "application/octet-stream")]
    if length is not None:
        headers.append(("Content-Length", str(length)))
    start_response("200 OK", headers)
    return environ["wsgi.file_wrapper"](filelike, 8192)
