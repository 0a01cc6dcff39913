"""wsgi.input against io.BytesIO.

GET  /reading/body?body=NAME             the bytes to send
POST /reading/PATTERN?body=NAME          reads what was sent by that pattern and
                                         does the same with an io.BytesIO

The answer to the second is "same", or where the two traces part.
"""

import io
import json
from urllib.parse import parse_qs

BODIES = {
    "empty": b"",
    "one": b"x",
    "newline": b"\n",
    "lines": b"".join(b"line %d\r\n" % n for n in range(500)),
    "no-final-newline": b"first\nsecond\n\nlast without end",
    "no-newline": b"\x00\xff" * 40000,
    "long-line": b"a" * 150000 + b"\n" + b"b" * 70000 + b"\nend",
    "bytes": bytes(range(256)) * 300,
}


def until_empty(step):
    trace = []
    while True:
        part = step()
        trace.append(part)
        if not part:
            trace.append(step())
            return trace


def read_whole(f):
    return [f.read(), f.read()]


def read_minus_one(f):
    return [f.read(-1), f.read(-1)]


def read_small(f):
    return until_empty(lambda: f.read(997))


def read_large(f):
    return until_empty(lambda: f.read(10 ** 6))


def read_zero(f):
    return [f.read(0), f.read(3), f.read(0), f.read(10 ** 7), f.read(1), f.read(0), f.read()]


def readline_plain(f):
    return until_empty(f.readline)


def readline_sizes(f):
    trace = []
    for size in [0, 1, 2, 3, 5, 80, 1000, 65536, 100000]:
        trace.append(f.readline(size))
    return trace + until_empty(lambda: f.readline(7000))


def readline_minus_one(f):
    return until_empty(lambda: f.readline(-1))


def readlines_plain(f):
    return [f.readlines(), f.readlines()]


def readlines_hint(f):
    return [f.readlines(1), f.readlines(100), f.readlines(0), f.readlines()]


def iterate(f):
    return list(f) + [f.read()]


def mixed(f):
    trace = [f.readline(), f.read(5), f.readline(3)]
    for line in f:
        trace.append(line)
        break
    trace += [f.read(1), f.readlines(10), f.read(70000), f.readline(), f.read()]
    return trace


PATTERNS = {
    "read": read_whole, "read-minus-one": read_minus_one, "read-small": read_small,
    "read-large": read_large, "read-zero": read_zero, "readline": readline_plain,
    "readline-sizes": readline_sizes, "readline-minus-one": readline_minus_one,
    "readlines": readlines_plain, "readlines-hint": readlines_hint,
    "iterate": iterate, "mixed": mixed,
}


def compare(got, want):
    if got == want:
        return "same"
    for n, (g, w) in enumerate(zip(got, want)):
        if g != w:
            return "step %d of %d: got %r (%s), io.BytesIO gives %r (%d bytes)" % (
                n, len(want), g[:60], "%d bytes" % len(g), w[:60], len(w))
    return "got %d steps, io.BytesIO gives %d" % (len(got), len(want))


def respond(environ, start_response):
    name = environ["PATH_INFO"][len("/reading/"):]
    body = BODIES.get(parse_qs(environ["QUERY_STRING"]).get("body", [""])[0])
    if name == "names":
        answer = json.dumps({"patterns": sorted(PATTERNS), "bodies": sorted(BODIES)}).encode()
    elif name == "body":
        answer = body
    else:
        pattern = PATTERNS[name]
        answer = compare(pattern(environ["wsgi.input"]), pattern(io.BytesIO(body))).encode()
    start_response("200 OK", [("Content-Type", "application/octet-stream"),
                              ("Content-Length", str(len(answer)))])
    return [answer]
