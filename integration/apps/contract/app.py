"""A well-behaved WSGI application with one path per rule of PEP 3333.

Everything here passes wsgiref.validate; what breaks rules on purpose is in
the application "misbehave". Steps that depend on each other are ordered by
gates (see gates.py), never by time.
"""

import hashlib
import json
import os
import sys
import threading
from urllib.parse import parse_qs

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import files  # noqa: E402
import gates  # noqa: E402
import reading  # noqa: E402

TEXT = [("Content-Type", "text/plain; charset=utf-8")]


def text(start_response, body, status="200 OK"):
    body = body.encode("utf-8")
    start_response(status, TEXT + [("Content-Length", str(len(body)))])
    return [body]


def as_json(start_response, value):
    body = json.dumps(value, sort_keys=True).encode("ascii")
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]


def query(environ, name, default=None):
    values = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True).get(name)
    return values[0] if values else default


def read_all(stream):
    parts = []
    while True:
        part = stream.read(65536)
        if not part:
            return b"".join(parts)
        parts.append(part)


def pattern_bytes(size, start=0):
    """Bytes of which every block of 8 tells where it belongs."""
    first, last = start // 8, (start + size + 7) // 8
    block = b"".join(b"%07x\n" % (n & 0xFFFFFFF) for n in range(first, last))
    return block[start - first * 8:][:size]


# ---------------------------------------------------------------- plain things


def index(environ, start_response):
    return text(start_response, "contract\n")


def plain(environ, start_response):
    return text(start_response, "plain\n")


def environ_dump(environ, start_response):
    dump = {}
    for key, value in environ.items():
        kind = type(value).__name__
        if kind not in ("str", "int", "float", "bool", "tuple", "NoneType"):
            value = ""
        dump[key] = {"type": kind, "value": value}
    leaked = sorted(set(os.environ) & set(environ))
    return as_json(start_response, {"environ": dump, "also_in_os_environ": leaked})


def process(environ, start_response):
    return as_json(start_response, {
        "pid": os.getpid(),
        "executable": sys.executable,
        "version": "%d.%d" % sys.version_info[:2],
        "stdin_empty": sys.stdin is None or not sys.stdin.readable() or sys.stdin.read() == "",
        "argv": sys.argv,
        "main_thread": threading.current_thread() is threading.main_thread(),
        "environ": dict(os.environ),
    })


def errors(environ, start_response):
    stream = environ["wsgi.errors"]
    stream.write("one line of wsgi.errors\n")
    stream.writelines(["split ", "over ", "three writes\n"])
    stream.write("two lines\nin one write\n")
    stream.write("no newline at its end: \u20ac")
    stream.flush()
    return text(start_response, environ.get("mod_wsgi.request_id", "no request id"))


def stdout(environ, start_response):
    print("printed to stdout")
    print("printed to stderr", file=sys.stderr)
    return text(start_response, "printed\n")


def cookies(environ, start_response):
    start_response("200 OK", TEXT + [("Set-Cookie", "a=1"), ("X-Between", "x"),
                                     ("Set-Cookie", "b=2; Path=/")])
    return [b"cookies\n"]


def thread_names(environ, start_response):
    """Meets as many others as the query says: only works if all run at once."""
    gates.meet(query(environ, "name"), int(query(environ, "count")))
    return text(start_response, threading.current_thread().name)


# ------------------------------------------------------------- ways to respond


def lazy(environ, start_response):
    """A generator: start_response is called by the first next()."""
    start_response("200 OK", TEXT)
    yield b"late "
    yield b"start\n"


def empty(environ, start_response):
    start_response("200 OK", TEXT)
    return iter(())


def empty_generator(environ, start_response):
    start_response("200 OK", TEXT)
    return
    yield


def blanks(environ, start_response):
    """Empty strings are legal items and must not end a chunked body."""
    start_response("200 OK", TEXT)
    return iter([b"", b"one", b"", b"", b"two", b""])


def legacy_write(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"written ")
    write(b"and ")
    return iter([b"returned\n"])


def exc_info_before(environ, start_response):
    start_response("200 OK", TEXT + [("X-First", "1")])
    try:
        raise ValueError("noticed in time")
    except ValueError:
        start_response("503 Replaced", TEXT + [("X-Second", "1")], sys.exc_info())
    return iter([b"replaced\n"])


def statuses(environ, start_response):
    start_response(query(environ, "status"), TEXT)
    return iter([b"status\n"])


def no_body(environ, start_response):
    """Status 204 or 304 without a body and without Content-Type."""
    start_response(query(environ, "status"), [("X-Kept", "yes")])
    return iter(())


def latin1(environ, start_response):
    start_response("200 OK", TEXT + [("X-Latin", "caf\u00e9")])
    return iter([b"latin-1\n"])


def sized(environ, start_response):
    """A body of so many bytes, in blocks, with or without Content-Length."""
    size, block = int(query(environ, "size")), int(query(environ, "block", "65536"))
    headers = [("Content-Type", "application/octet-stream")]
    if query(environ, "length") == "yes":
        headers.append(("Content-Length", str(size)))
    start_response("200 OK", headers)
    return (pattern_bytes(min(block, size - at), at) for at in range(0, size, block))


def blocks(environ, start_response):
    """Sends block n only when the client has said that it saw block n - 1."""
    name, count = query(environ, "name"), int(query(environ, "count"))
    start_response("200 OK", TEXT)
    for n in range(count):
        if n:
            gates.wait("%s-%d" % (name, n))
        yield b"block %d\n" % n


def hold(environ, start_response):
    """Answers only after the test has opened the gate."""
    gates.wait(query(environ, "name"))
    return text(start_response, "released\n")


# ------------------------------------------------------------ ways to read


def sink(environ, start_response):
    body = read_all(environ["wsgi.input"])
    return as_json(start_response, {
        "length": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "content_length": environ.get("CONTENT_LENGTH"),
        "terminated": environ.get("wsgi.input_terminated"),
        "transfer_encoding": environ.get("HTTP_TRANSFER_ENCODING"),
    })


def echo(environ, start_response):
    body = read_all(environ["wsgi.input"])
    start_response("200 OK", [("Content-Type", "application/octet-stream"),
                              ("Content-Length", str(len(body)))])
    return [body]


def echo_stream(environ, start_response):
    """Answers each part of the body before it reads the next one."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    stream = environ["wsgi.input"]
    while True:
        part = stream.readline()
        if not part:
            return
        yield part


def unread(environ, start_response):
    return text(start_response, "not read\n")


def read_some(environ, start_response):
    part = environ["wsgi.input"].read(int(query(environ, "size")))
    return text(start_response, "read %d\n" % len(part))


def read_late(environ, start_response):
    """Reads only after the gate: when does 100 Continue go out?"""
    gates.wait(query(environ, "name"))
    body = read_all(environ["wsgi.input"])
    return text(start_response, "read %d\n" % len(body))


def read_fails(environ, start_response):
    """An application that swallows what read() raises."""
    try:
        body = read_all(environ["wsgi.input"])
    except OSError as err:
        return text(start_response, "swallowed %s\n" % type(err).__name__)
    return text(start_response, "read %d\n" % len(body))


def isolate(environ, start_response):
    """Everything of this request that could be mixed up with another one's."""
    local = threading.local()
    local.token = environ.get("HTTP_X_TOKEN")
    body = read_all(environ["wsgi.input"])
    return as_json(start_response, {
        "header": local.token,
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "body": body.decode("latin-1"),
    })


ROUTES = {
    "/": index,
    "/plain": plain, "/environ": environ_dump, "/process": process,
    "/errors": errors, "/stdout": stdout, "/cookies": cookies,
    "/threads": thread_names, "/lazy": lazy, "/empty": empty,
    "/empty-generator": empty_generator, "/blanks": blanks,
    "/write": legacy_write, "/exc-info": exc_info_before, "/status": statuses,
    "/no-body": no_body, "/latin-1": latin1, "/sized": sized,
    "/blocks": blocks, "/hold": hold,
    "/sink": sink, "/echo": echo, "/echo-stream": echo_stream,
    "/unread": unread, "/read-some": read_some, "/read-late": read_late,
    "/read-fails": read_fails,
}


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/isolate/"):
        return isolate(environ, start_response)
    if path.startswith("/reading/"):
        return reading.respond(environ, start_response)
    if path.startswith("/file/"):
        return files.respond(environ, start_response)
    handler = ROUTES.get(path)
    if handler is None:
        return text(start_response, "no such path: %r\n" % path, "404 Not Found")
    return handler(environ, start_response)
