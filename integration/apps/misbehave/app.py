"""Everything an application must not do, one path per way.

/inject and /die take parameters; the others are the rows of the table in
integration/wsgi/misbehaviour_test.go. /ok is what a test asks for afterwards.
"""

import ctypes
import os
import signal
import sys
from urllib.parse import parse_qs

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import gates  # noqa: E402

TEXT = ("Content-Type", "text/plain")


def query(environ, name, default=None):
    return parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True).get(name, [default])[0]


def answer(status="200 OK", headers=(TEXT,), body=(b"body\n",)):
    """An application that starts with these arguments, whatever they are."""
    def app(environ, start_response):
        start_response(status, list(headers) if isinstance(headers, tuple) else headers)
        return body
    return app


def with_header(name, value):
    return answer(headers=(TEXT, (name, value)))


# ---------------------------------------------------------- start_response


def never_starts(environ, start_response):
    return [b"body without a head\n"]


def never_starts_empty(environ, start_response):
    return []


def starts_on_first_next(environ, start_response):
    start_response("200 OK", [TEXT])
    yield b"lazy\n"


def starts_on_second_next(environ, start_response):
    yield b"too early\n"
    start_response("200 OK", [TEXT])
    yield b"late\n"


def starts_after_empty_item(environ, start_response):
    """start_response has to come before the first item, an empty one too."""
    yield b""
    start_response("200 OK", [TEXT])
    yield b"late\n"


def starts_twice(environ, start_response):
    start_response("200 OK", [TEXT, ("X-First", "1")])
    start_response("201 Created", [TEXT, ("X-Second", "1")])
    return [b"twice\n"]


def exc_info_before(environ, start_response):
    start_response("200 OK", [TEXT, ("X-First", "1")])
    try:
        raise ValueError("noticed in time")
    except ValueError:
        start_response("503 Replaced", [TEXT, ("X-Second", "1")], sys.exc_info())
    return [b"replaced\n"]


def exc_info_after(environ, start_response):
    start_response("200 OK", [TEXT])
    yield b"first block\n"
    try:
        raise ValueError("noticed too late")
    except ValueError:
        start_response("500 Too Late", [TEXT], sys.exc_info())
    yield b"never reached\n"


def exc_info_after_write(environ, start_response):
    write = start_response("200 OK", [TEXT])
    write(b"first block\n")
    try:
        raise ValueError("noticed too late")
    except ValueError:
        start_response("500 Too Late", [TEXT], sys.exc_info())
    return [b"never reached\n"]


def bad_exc_info(environ, start_response):
    start_response("200 OK", [TEXT], "not a tuple")
    return [b"body\n"]


def no_arguments(environ, start_response):
    start_response()
    return [b"body\n"]


# ------------------------------------------------------------ what it returns


def started_returning(value):
    def app(environ, start_response):
        start_response("200 OK", [TEXT])
        return value() if callable(value) else value
    return app


def yields(*items):
    def app(environ, start_response):
        start_response("200 OK", [TEXT])
        return iter(items)
    return app


def bad_second_item(environ, start_response):
    start_response("200 OK", [TEXT])
    yield b"first block\n"
    yield "a str\n"


def writes_str(environ, start_response):
    start_response("200 OK", [TEXT])("a str\n")
    return []


def writes_then_returns(environ, start_response):
    write = start_response("200 OK", [TEXT])
    write(b"written ")
    return [b"returned\n"]


def empty_generator(environ, start_response):
    start_response("200 OK", [TEXT])
    return
    yield


class Uncallable:
    """Not an iterable of any kind."""


# ------------------------------------------------------------------- framing


def body_of(length, *items):
    def app(environ, start_response):
        start_response("200 OK", [TEXT, ("Content-Length", str(length))])
        return iter(items)
    return app


def too_long_by_write(environ, start_response):
    write = start_response("200 OK", [TEXT, ("Content-Length", "5")])
    write(b"12345")
    write(b"67890")
    return []


def with_status_and_body(status):
    return answer(status, headers=(("X-Kept", "yes"),), body=[b"this must not be sent"])


def head_with_body(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "5")])
    return [b"12345"]


# ---------------------------------------------------------------- exceptions


def raises_at_once(environ, start_response):
    raise ValueError("raised before start_response")


def raises_after_start(environ, start_response):
    start_response("200 OK", [TEXT])
    raise ValueError("raised after start_response")


def raises_on_first_next(environ, start_response):
    start_response("200 OK", [TEXT])
    raise ValueError("raised on the first next")
    yield


def raises_midstream(headers):
    def app(environ, start_response):
        start_response("200 OK", [TEXT] + headers)
        yield b"first block\n"
        raise ValueError("raised midstream")
    return app


def raises_after_whole_body(environ, start_response):
    """All the bytes of Content-Length were given when it fails."""
    start_response("200 OK", [TEXT, ("Content-Length", "12")])
    yield b"first block\n"
    raise ValueError("raised after the last byte")


def system_exit(*args):
    def app(environ, start_response):
        sys.exit(*args)
    return app


def keyboard_interrupt(environ, start_response):
    raise KeyboardInterrupt


def generator_exit(environ, start_response):
    raise GeneratorExit("an odd BaseException")


def reads_everything(environ, start_response):
    """Reads beyond the end in every way; must neither block nor fail."""
    f = environ["wsgi.input"]
    parts = [f.read(10 ** 6), f.read(), f.read(1), f.readline(), f.readline(10)]
    parts += f.readlines() + list(f)
    body = b"|".join(parts)
    start_response("200 OK", [TEXT, ("Content-Length", str(len(body)))])
    return [body]


def closes_input(environ, start_response):
    environ["wsgi.errors"].flush()
    del environ["wsgi.input"]
    environ.clear()
    start_response("200 OK", [TEXT])
    return [b"cleared\n"]


def ok(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "3")])
    return [b"ok\n"]


def process(environ, start_response):
    body = b"%d\n" % os.getpid()
    start_response("200 OK", [TEXT, ("Content-Length", str(len(body)))])
    return [body]


def cookies(environ, start_response):
    start_response("200 OK", [("Set-Cookie", "a=1"), TEXT, ("Set-Cookie", "b=2")])
    return [b"cookies\n"]


ROUTES = {
    "/": ok, "/ok": ok, "/process": process,
    # header fields
    "/value-crlf": with_header("X-Bad", "a\r\nX-Injected: 1"),
    "/value-lf": with_header("X-Bad", "a\nX-Injected: 1"),
    "/value-cr": with_header("X-Bad", "a\rX-Injected: 1"),
    "/value-end-lf": with_header("X-Bad", "a\n"),
    "/name-crlf": with_header("X-Bad\r\nX-Injected", "1"),
    "/value-nul": with_header("X-Bad", "a\0b"),
    "/name-colon": with_header("X:Bad", "1"),
    "/name-colon-end": with_header("X-Bad:", "1"),
    "/name-space": with_header("X Bad", "1"),
    "/name-space-end": with_header("X-Bad ", "1"),
    "/name-empty": with_header("", "1"),
    "/name-euro": with_header("X-\u20ac", "1"),
    "/name-latin": with_header("X-\u00e9", "1"),
    "/name-bytes": with_header(b"X-Bad", "1"),
    "/value-int": with_header("X-Bad", 1),
    "/value-none": with_header("X-Bad", None),
    "/value-bytes": with_header("X-Bad", b"1"),
    "/value-euro": with_header("X-Bad", "\u20ac"),
    "/value-latin": with_header("X-Latin", "caf\u00e9"),
    "/value-empty": with_header("X-Empty", ""),
    "/headers-none": answer(headers=None),
    "/headers-dict": answer(headers={"Content-Type": "text/plain"}),
    "/header-triple": answer(headers=[("X-Bad", "1", "2")]),
    "/header-list": answer(headers=[["X-Bad", "1"]]),
    "/header-str": answer(headers=["ab"]),
    "/hop-te": with_header("Transfer-Encoding", "chunked"),
    "/hop-te-case": with_header("transfer-ENCODING", "chunked"),
    "/hop-keep-alive": with_header("Keep-Alive", "timeout=5"),
    "/hop-upgrade": with_header("Upgrade", "h2c"),
    "/hop-trailer": with_header("Trailer", "X-Later"),
    "/hop-proxy-authenticate": with_header("Proxy-Authenticate", "Basic"),
    "/hop-connection-close": with_header("Connection", "close"),
    "/hop-connection-keep": with_header("Connection", "keep-alive"),
    # status
    "/status-crlf": answer("200 OK\r\nX-Injected: 1"),
    "/status-lf": answer("200 OK\nX-Injected: 1"),
    "/status-end-lf": answer("200 OK\n"),
    "/status-no-reason": answer("200"),
    "/status-empty-reason": answer("200 "),
    "/status-abc": answer("abc"),
    "/status-empty": answer(""),
    "/status-two-digits": answer("99 x"),
    "/status-four-digits": answer("2000 x"),
    "/status-high": answer("600 x"),
    "/status-zero": answer("000 x"),
    "/status-negative": answer("-20 x"),
    "/status-tab": answer("200\tOK"),
    "/status-space": answer(" 200 OK"),
    "/status-int": answer(200),
    "/status-bytes": answer(b"200 OK"),
    "/status-none": answer(None),
    "/status-100": answer("100 Continue"),
    "/status-101": answer("101 Switching Protocols"),
    "/status-euro": answer("200 \u20ac"),
    "/status-latin": answer("200 caf\u00e9"),
    "/status-unknown": answer("299 Whatever This Is"),
    # start_response
    "/never-starts": never_starts, "/never-starts-empty": never_starts_empty,
    "/starts-on-first-next": starts_on_first_next,
    "/starts-on-second-next": starts_on_second_next,
    "/starts-after-empty-item": starts_after_empty_item,
    "/starts-twice": starts_twice, "/exc-info-before": exc_info_before,
    "/exc-info-after": exc_info_after, "/exc-info-after-write": exc_info_after_write,
    "/bad-exc-info": bad_exc_info, "/no-arguments": no_arguments,
    # return values
    "/returns-str": started_returning("a str\n"),
    "/returns-list-of-str": started_returning(["a str\n"]),
    "/returns-none": started_returning(None),
    "/returns-bytes": started_returning(b"bytes\n"),
    "/returns-int": started_returning(5),
    "/returns-object": started_returning(Uncallable),
    "/returns-bytearray": yields(bytearray(b"bytes\n")),
    "/yields-int": yields(5), "/yields-none": yields(None),
    "/yields-str-second": bad_second_item,
    "/writes-str": writes_str, "/writes-then-returns": writes_then_returns,
    "/empty-generator": empty_generator, "/empty-list": answer(body=[]),
    # framing
    "/length-short-list": answer(headers=(TEXT, ("Content-Length", "10")), body=[b"12345"]),
    "/length-short": body_of(10, b"12345"),
    "/length-short-empty": body_of(10),
    "/length-long-list": answer(headers=(TEXT, ("Content-Length", "5")), body=[b"1234567890"]),
    "/length-long": body_of(5, b"123", b"4567890"),
    "/length-long-later": body_of(5, b"12345", b"67890"),
    "/length-long-write": too_long_by_write,
    "/length-zero-long": body_of(0, b"12345"),
    "/length-abc": with_header("Content-Length", "abc"),
    "/length-negative": with_header("Content-Length", "-5"),
    "/length-plus": with_header("Content-Length", "+5"),
    "/length-space": with_header("Content-Length", " 5"),
    "/length-empty": with_header("Content-Length", ""),
    "/length-list": with_header("Content-Length", "5, 5"),
    "/length-huge": with_header("Content-Length", "9" * 30),
    "/length-two": answer(headers=(TEXT, ("Content-Length", "5"), ("Content-Length", "6"))),
    "/length-two-equal": answer(headers=(TEXT, ("Content-Length", "5"), ("content-length", "5"))),
    "/204-body": with_status_and_body("204 No Content"),
    "/304-body": with_status_and_body("304 Not Modified"),
    "/204-length": answer("204 No Content", headers=(("Content-Length", "5"),), body=[b"12345"]),
    "/head-body": head_with_body,
    # exceptions
    "/raises-at-once": raises_at_once, "/raises-after-start": raises_after_start,
    "/raises-on-first-next": raises_on_first_next,
    "/raises-midstream": raises_midstream([]),
    "/raises-midstream-length": raises_midstream([("Content-Length", "1000")]),
    "/raises-after-whole-body": raises_after_whole_body,
    "/system-exit": system_exit(3), "/system-exit-text": system_exit("bye"),
    "/system-exit-none": system_exit(), "/keyboard-interrupt": keyboard_interrupt,
    "/generator-exit": generator_exit,
    # odd but legal
    "/reads-everything": reads_everything, "/clears-environ": closes_input,
    "/cookies": cookies,
}


def inject(environ, start_response):
    """/inject?where=status|name|value&byte=0a: one byte where it does not belong."""
    where = query(environ, "where")
    bad = "x%s-Injected" % chr(int(query(environ, "byte"), 16))
    if where != "name":
        bad += ": 1"
    status = "200 " + bad if where == "status" else "200 OK"
    field = {"name": (bad, "1"), "value": ("X-Bad", bad)}.get(where, ("X-Good", "1"))
    start_response(status, [TEXT, field])
    return [b"body\n"]


# ----------------------------------------------------- dying in midstream

DEATHS = {
    "exception": lambda code: (_ for _ in ()).throw(ValueError("died midstream")),
    "sysexit": sys.exit,
    "os-exit": os._exit,
    "sigkill": lambda code: os.kill(os.getpid(), signal.SIGKILL),
    "sigsegv": lambda code: ctypes.string_at(1),
    "sigabrt": lambda code: os.abort(),
}


def die(environ, start_response):
    """/die?how=…&code=…&framing=length|chunked&when=head|midstream|read&gate=….

    Midstream waits at the gate, which the test opens when it has the first block.
    """
    when = query(environ, "when", "midstream")
    if when == "read":
        environ["wsgi.input"].read(10)
    if when == "midstream":
        length = [("Content-Length", "1000")] if query(environ, "framing") == "length" else []
        start_response("200 OK", [TEXT] + length)
        yield b"first block\n"
        gates.wait(query(environ, "gate"))
    print("last words before", query(environ, "how"), file=sys.stderr, flush=True)
    DEATHS[query(environ, "how")](int(query(environ, "code", "0")))
    yield b"survived\n"


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/inject":
        return inject(environ, start_response)
    if path.startswith("/die"):
        return die(environ, start_response)
    handler = ROUTES.get(path)
    if handler is None:
        start_response("404 Not Found", [TEXT])
        return [b"no such path\n"]
    return handler(environ, start_response)
