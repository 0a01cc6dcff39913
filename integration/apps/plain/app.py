"""For every interpreter from Python 3.6 and for PyPy: the standard library only."""

import hashlib
import json
import platform
import sys
import threading
from wsgiref.validate import validator


def report(environ, start_response):
    body = json.dumps({
        "implementation": platform.python_implementation(),
        "version": list(sys.version_info[:2]),
        "threads": threading.active_count(),
        "terminated": environ.get("wsgi.input_terminated"),
    }, sort_keys=True).encode("ascii")
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]


def upload(environ, start_response):
    digest, size, stream = hashlib.sha256(), 0, environ["wsgi.input"]
    while True:
        part = stream.read(65536)
        if not part:
            break
        digest.update(part)
        size += len(part)
    body = ("%d %s\n" % (size, digest.hexdigest())).encode("ascii")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def download(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    for n in range(64):
        yield bytes(bytearray([n])) * 16384


def source(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/x-python")])
    return environ["wsgi.file_wrapper"](open(__file__, "rb"))


def fails(environ, start_response):
    raise ValueError("raised on purpose")


def missing(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return iter([b"no such path\n"])


ROUTES = {"/": report, "/upload": upload, "/download": download, "/source": source,
          "/fails": fails}


@validator
def application(environ, start_response):
    return ROUTES.get(environ["PATH_INFO"], missing)(environ, start_response)
