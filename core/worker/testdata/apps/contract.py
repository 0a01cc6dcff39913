"""What an application may do and may not, one path per way; see contract_test.go."""

import gc
import io
import json
import os
import sys
import threading

TEXT = ("Content-Type", "text/plain")
closed = []  # one entry for each close()


class Closing:
    """An iterable that tells of its close()."""

    def __init__(self, items, fail=None):
        self.items, self.fail = items, fail

    def __iter__(self):
        return iter(self.items() if callable(self.items) else self.items)

    def close(self):
        closed.append(1)
        if self.fail:
            raise self.fail


def answer(status="200 OK", headers=(TEXT,), body=(b"body",)):
    def app(environ, start_response):
        start_response(status, list(headers) if isinstance(headers, tuple) else headers)
        return body
    return app


def header(name, value):
    return answer(headers=(TEXT, (name, value)))


class Text(str):
    """A subclass of str is a str."""


class Pair(tuple):
    pass


class Bytes(bytes):
    pass


def never(environ, start_response):
    return [b"body"]


def never_empty(environ, start_response):
    return iter(())


def late(environ, start_response):
    start_response("200 OK", [TEXT])
    yield b"late"


def after_empty(environ, start_response):
    yield b""
    start_response("200 OK", [TEXT])
    yield b"late"


def twice(environ, start_response):
    start_response("200 OK", [TEXT])
    start_response("200 OK", [TEXT])
    return [b"body"]


def exc_info_before(environ, start_response):
    start_response("200 OK", [TEXT, ("X-First", "1")])
    try:
        raise ValueError("in time")
    except ValueError:
        start_response("503 Replaced", [TEXT], sys.exc_info())
    return [b"replaced"]


def exc_info_after(environ, start_response):
    write = start_response("200 OK", [TEXT])
    write(b"first")
    try:
        raise ValueError("too late")
    except ValueError:
        start_response("500 Too Late", [TEXT], sys.exc_info())
    return [b"never"]


def recovers(environ, start_response):
    try:
        start_response("200 OK", [("X-Bad", "a\nb")])
    except ValueError:
        start_response("200 OK", [TEXT])
    return [b"body"]


def swallows(environ, start_response):
    try:
        start_response("200 OK", [("X-Bad", "a\nb")])
    except ValueError:
        pass
    return [b"body"]


def write(environ, start_response):
    w = start_response("200 OK", [TEXT])
    w(b"")
    w(b"one ")
    w(b"two ")
    return [b"three"]


def write_only(environ, start_response):
    start_response("200 OK", [TEXT])(b"written")
    return []


def write_text(environ, start_response):
    start_response("200 OK", [TEXT])("text")
    return []


def write_before(environ, start_response):
    keep = {}

    def steal(status, headers):
        keep["write"] = start_response(status, headers)
    steal("200 OK", [TEXT])
    keep["write"](b"stolen")
    return iter(())


def started(value):
    return answer(body=value)


def generator(*items):
    def app(environ, start_response):
        start_response("200 OK", [TEXT])
        return (item for item in items)
    return app


def raises(error):
    def app(environ, start_response):
        raise error
    return app


def raises_after_start(environ, start_response):
    start_response("200 OK", [TEXT])
    raise ValueError("after start_response")


def closing(items, fail=None, status="200 OK"):
    def app(environ, start_response):
        start_response(status, [TEXT])
        return Closing(items, fail)
    return app


def closing_never_starts(environ, start_response):
    return Closing([b"body"])


def fails_at(n, error):
    def items():
        for i in range(n):
            yield b"block %d;" % i
        raise error
    return items


def deep(environ, start_response):
    return deep(environ, start_response)


def exits(*args):
    def app(environ, start_response):
        sys.exit(*args)
    return app


def chained(environ, start_response):
    try:
        {}["missing"]
    except KeyError as error:
        raise ValueError("with a cause") from error


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def errors(environ, start_response):
    log = environ["wsgi.errors"]
    log.write("one line\n")
    log.write("in ")
    log.write("parts\n")
    log.writelines(["two\n", "lines\n"])
    print("printed \u20ac \udc80", file=log)
    log.write("flushed")
    log.flush()
    log.write("no newline")
    kept["log"] = log
    start_response("200 OK", [TEXT])
    return [b"logged"]


def errors_after(environ, start_response):
    kept["log"].write("after its request\n")
    start_response("200 OK", [TEXT])
    return [b"ok"]


def errors_bytes(environ, start_response):
    environ["wsgi.errors"].write(b"bytes")


def errors_long(environ, start_response):
    environ["wsgi.errors"].write("x" * 200000 + "\n")
    start_response("200 OK", [TEXT])
    return [b"ok"]


def big(environ, start_response):
    start_response("200 OK", [TEXT])
    return [b"0123456789" * 300000]


def big_list(environ, start_response):
    start_response("200 OK", [TEXT])
    return [b"0123456789" * 10000, b"", b"abc" * 1000]


def big_head(environ, start_response):
    start_response("200 OK", [("X-%d" % i, "x" * 1000) for i in range(300)])
    return [b"body"]


def endless(environ, start_response):
    start_response("200 OK", [TEXT])

    def items():
        while True:
            yield b"again"
    return Closing(items)


def endless_quiet(environ, start_response):
    start_response("200 OK", [TEXT])

    def items():
        yield b"first"
        while True:
            yield b""
    return Closing(items)


def endless_write(environ, start_response):
    w = start_response("200 OK", [TEXT])
    try:
        while True:
            w(b"again")
    except OSError as error:
        closed.append(type(error).__name__)
        raise


def reads(environ, start_response):
    data = environ["wsgi.input"].read()
    start_response("200 OK", [TEXT])
    return [b"%d" % len(data)]


def reads_failing(environ, start_response):
    """A body that fails: how, and that it stays so."""
    f, said = environ["wsgi.input"], []
    for read in (f.read, f.readline, lambda: f.read(1), lambda: list(f), f.readlines):
        try:
            read()
            said.append("nothing")
        except OSError as error:
            said.append("%s: %s" % (type(error).__name__, error))
    start_response("200 OK", [TEXT])
    return [json.dumps(said).encode()]


def keeps_input(environ, start_response):
    kept["input"] = environ["wsgi.input"]
    start_response("200 OK", [TEXT])
    return [b"kept"]


def reads_kept(environ, start_response):
    try:
        kept["input"].read()
        said = "nothing"
    except ValueError as error:
        said = str(error)
    start_response("200 OK", [TEXT])
    return [said.encode()]


def echo_lines(environ, start_response):
    start_response("200 OK", [TEXT])
    for line in environ["wsgi.input"]:
        yield line


def reads_in_thread(environ, start_response):
    """Another thread reads while this one answers."""
    start_response("200 OK", [TEXT])
    got = []
    thread = threading.Thread(target=lambda: got.append(len(environ["wsgi.input"].read())))
    thread.start()
    while thread.is_alive():
        yield b"."
    thread.join()
    yield b"%d" % got[0]


def state(environ, start_response):
    """The process as the application finds it."""
    body = json.dumps({
        "argv": sys.argv, "path": sys.path, "cwd": os.getcwd(), "name": __name__,
        "thread": threading.current_thread().name, "daemon": threading.current_thread().daemon,
        "main": sorted(n for n in vars(sys.modules["__main__"]) if not n.startswith("__")),
        "environ": sorted(k for k in environ if k not in ("wsgi.input", "wsgi.errors", "wsgi.file_wrapper")),
        "values": {k: v for k, v in environ.items() if isinstance(v, (str, bool, tuple))},
        "pid": os.getpid(), "switch": round(sys.getswitchinterval(), 4),
    }).encode()
    start_response("200 OK", [TEXT])
    return [body]


def count_closed(environ, start_response):
    body = json.dumps(closed).encode()
    del closed[:]
    start_response("200 OK", [TEXT])
    return [body]


class Tracked:
    """Its death tells that nothing of the request is kept."""
    dead = 0

    def __del__(self):
        Tracked.dead += 1


def leaves_tracked(environ, start_response):
    environ["test.tracked"] = Tracked()
    start_response("200 OK", [TEXT])
    return Closing([b"body"])


def fails_tracked(environ, start_response):
    environ["test.tracked"] = Tracked()
    raise ValueError("with a tracked object")


def count_tracked(environ, start_response):
    if hasattr(sys, "pypy_version_info"):
        gc.collect()
    start_response("200 OK", [TEXT])
    return [b"%d" % Tracked.dead]


kept = {}
gate = threading.Event()


def waits_for_gate(environ, start_response):
    gate.wait()
    start_response("200 OK", [TEXT])
    return [b"waited"]


def opens_gate(environ, start_response):
    gate.set()
    start_response("200 OK", [TEXT])
    return [b"opened"]


def forks(environ, start_response):
    """A child that outlives its parent must not hold the parent's sockets."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(r)
        names = names_of_open()
        os.write(w, json.dumps([n for n in names if n.startswith("socket:")]).encode())
        os._exit(0)
    os.close(w)
    with os.fdopen(r, "rb") as f:
        body = f.read()
    os.waitpid(pid, 0)
    start_response("200 OK", [TEXT])
    return [body]


def names_of_open():
    for fd in range(3, 64):
        try:
            yield os.readlink("/proc/self/fd/%d" % fd)
        except OSError:
            yield ""


def subprocess_fds(environ, start_response):
    """What a child that does not close descriptors inherits."""
    os.system("ls -l /proc/self/fd > %s" % environ["test.path"])
    with open(environ["test.path"]) as f:
        body = json.dumps([line for line in f.read().splitlines() if "socket:" in line]).encode()
    start_response("200 OK", [TEXT])
    return [body]


def file_like(environ, start_response):
    from filecases import CASES
    f, headers = CASES[environ["QUERY_STRING"]](environ["test.path"])
    start_response(environ.get("test.status", "200 OK"), headers)
    return environ["wsgi.file_wrapper"](f, 10)


def oracle(environ, start_response):
    """Runs a list of operations on wsgi.input and on an io.BytesIO."""
    known = io.BytesIO(environ["test.data"].encode("latin-1"))
    body = environ["wsgi.input"]
    for i, (name, args) in enumerate(json.loads(environ["test.ops"])):
        wanted, got = apply(known, name, args), apply(body, name, args)
        if wanted != got:
            said = "operation %d, %s%r: %r, expected %r" % (i, name, tuple(args), got, wanted)
            break
    else:
        said = "same"
    start_response("200 OK", [TEXT])
    return [said.encode()]


def readlines(f, hint):
    """PyPy's io.BytesIO reads a line more than CPython's."""
    if not hasattr(sys, "pypy_version_info") or not isinstance(f, io.BytesIO):
        return f.readlines(hint)
    lines = []
    while sum(map(len, lines)) < hint:
        line = f.readline()
        if not line:
            break
        lines.append(line)
    return lines


def apply(f, name, args):
    try:
        if name == "iterate":
            return [line for _, line in zip(range(args[0]), f)]
        if name == "readinto":
            target = bytearray(args[0])
            return f.readinto(target), bytes(target)
        if name == "readlines" and args[0] and args[0] > 0:
            return readlines(f, args[0])
        return getattr(f, name)(*args)
    except TypeError:
        return "TypeError"


ROUTES = {
    "/ok": answer(), "/tuple": started((b"body",)), "/list": started([b"one ", b"", b"two"]),
    "/empty": started([]), "/empty-item": started([b""]), "/generator": generator(b"", b"one ", b"", b"two"),
    "/empty-generator": generator(), "/bytes-subclass": started([Bytes(b"body")]), "/late": late,
    "/after-empty": after_empty, "/never": never, "/never-empty": never_empty,
    "/twice": twice, "/exc-info-before": exc_info_before, "/exc-info-after": exc_info_after,
    "/recovers": recovers, "/swallows": swallows,
    "/write": write, "/write-only": write_only, "/write-text": write_text, "/write-kept": write_before,
    "/returns-none": started(None), "/returns-str": started("text"), "/returns-bytes": started(b"bytes"),
    "/returns-int": started(5), "/returns-list-of-str": started(["text"]), "/second-is-str": started([b"a", "b"]),
    "/yields-str": generator("text"), "/yields-none": generator(None), "/yields-bytearray": generator(bytearray(b"x")),
    "/yields-memoryview": generator(memoryview(b"x")), "/yields-str-second": generator(b"first", "text"),
    "/status-int": answer(200), "/status-bytes": answer(b"200 OK"), "/status-none": answer(None),
    "/status-no-reason": answer("200"), "/status-empty-reason": answer("200 "), "/status-word": answer("abc"),
    "/status-empty": answer(""), "/status-short": answer("99 x"), "/status-high": answer("600 x"),
    "/status-100": answer("100 Continue"), "/status-crlf": answer("200 OK\r\nX: 1"), "/status-lf": answer("200 OK\n"),
    "/status-nul": answer("200 O\0K"), "/status-tab": answer("200\tOK"), "/status-tab-later": answer("200 a\tb"), "/status-euro": answer("200 \u20ac"),
    "/status-latin": answer("200 caf\u00e9"), "/status-subclass": answer(Text("299 Mine")),
    "/headers-none": answer(headers=None), "/headers-dict": answer(headers={}),
    "/header-list": answer(headers=[["X", "1"]]), "/header-triple": answer(headers=[("X", "1", "2")]),
    "/header-str": answer(headers=["ab"]), "/header-subclasses": answer(headers=[Pair((Text("X-A"), Text("b")))]),
    "/value-crlf": header("X-Bad", "a\r\nb"), "/value-lf": header("X-Bad", "a\n"), "/value-nul": header("X-Bad", "a\0"),
    "/value-del": header("X-Bad", "a\x7f"), "/value-tab": header("X-Bad", "a\tb"), "/value-int": header("X-Bad", 1),
    "/value-bytes": header("X-Bad", b"1"), "/value-none": header("X-Bad", None), "/value-euro": header("X-Bad", "\u20ac"),
    "/value-latin": header("X-Latin", "caf\u00e9"), "/value-empty": header("X-Empty", ""),
    "/name-space": header("X Bad", "1"), "/name-colon": header("X:Bad", "1"), "/name-empty": header("", "1"),
    "/name-lf": header("X\nY", "1"), "/name-bytes": header(b"X", "1"), "/name-latin": header("X-\u00e9", "1"),
    "/name-unhashable": header([], "1"),
    "/hop-te": header("transfer-ENCODING", "chunked"), "/hop-keep-alive": header("Keep-Alive", "5"),
    "/hop-upgrade": header("Upgrade", "h2c"), "/hop-trailer": header("Trailer", "X"), "/hop-status": header("Status", "200"),
    "/connection-close": header("Connection", "close"),
    "/length": header("Content-Length", "4"), "/length-word": header("content-length", "abc"),
    "/length-plus": header("Content-Length", "+4"), "/length-empty": header("Content-Length", ""),
    "/length-huge": header("Content-Length", "9" * 30), "/length-int": header("Content-Length", 4),
    "/length-digits": header("Content-Length", "\u0664"),
    "/length-twice": answer(headers=(("Content-Length", "4"), ("content-length", "4"))),
    "/cookies": answer(headers=(("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))), "/big-head": big_head,
    "/raises": raises(ValueError("at once")), "/raises-lines": raises(ValueError("two\nlines")),
    "/raises-after-start": raises_after_start, "/raises-unprintable": raises(Unprintable()),
    "/chained": chained, "/keyboard-interrupt": raises(KeyboardInterrupt()), "/generator-exit": raises(GeneratorExit("odd")),
    "/memory": raises(MemoryError()), "/deep": deep, "/stop-iteration": raises(StopIteration()),
    "/exit": exits(3), "/exit-none": exits(), "/exit-text": exits("bye"),
    "/closing": closing([b"body"]), "/closing-empty": closing([]), "/closing-204": closing([b"body"], status="204 No Content"),
    "/closing-first": closing(fails_at(0, ValueError("first"))), "/closing-later": closing(fails_at(2, ValueError("later"))),
    "/closing-exit": closing(fails_at(1, SystemExit(1))), "/closing-str": closing(["text"]),
    "/closing-fails": closing([b"body"], ValueError("in close")), "/closing-exits": closing([b"body"], SystemExit(4)),
    "/closing-both": closing(fails_at(1, ValueError("in the body")), KeyError("in close")),
    "/closing-never": closing_never_starts, "/closed": count_closed,
    "/errors": errors, "/errors-after": errors_after, "/errors-bytes": errors_bytes, "/errors-long": errors_long,
    "/big": big, "/big-list": big_list, "/endless": endless, "/endless-quiet": endless_quiet, "/endless-write": endless_write,
    "/reads": reads, "/reads-failing": reads_failing, "/keeps-input": keeps_input, "/reads-kept": reads_kept,
    "/echo-lines": echo_lines, "/reads-in-thread": reads_in_thread, "/oracle": oracle,
    "/state": state, "/tracked": leaves_tracked, "/tracked-fails": fails_tracked, "/count-tracked": count_tracked,
    "/waits": waits_for_gate, "/opens": opens_gate, "/forks": forks, "/subprocess": subprocess_fds, "/file": file_like,
}


def application(environ, start_response):
    return ROUTES[environ["PATH_INFO"]](environ, start_response)
