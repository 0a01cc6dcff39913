"""The demonstration application of modwsgi-express.

One file, the standard library only, any Python from 3.8 on. Every page shows
one thing that a server has to get right for a WSGI application (PEP 3333):

    /                 what is running here
    /stream           blocks that arrive one by one
    /upload           a request body that is read in pieces
    /error            exceptions before, and in the middle of, a response
    /slow             requests that wait, and the threads that take them
    /environ          what the application is given with a request

It runs under every WSGI server, so that two can be compared:

    python3 -c "import demo; from wsgiref.simple_server import make_server as m; \
                m('127.0.0.1', 8000, demo.application).serve_forever()"
"""

import hashlib
import html
import itertools
import json
import os
import platform
import re
import secrets
import sys
import threading
import time
from urllib.parse import parse_qsl, quote

STARTED = time.time()
requests_taken = itertools.count(1)  # next() is atomic: no lock needed

STREAM_BLOCKS = 24
STREAM_PAUSE = 0.25  # seconds between blocks
SLOW_MOST = 30.0  # seconds, so that no link keeps a thread for long
READ_SIZE = 64 * 1024
PART_HEAD_MOST = 16 * 1024


# The application: routes, and what every response has in common.


def application(environ, start_response):
    """Serve one request."""
    request = Request(environ)
    methods = ROUTES.get(request.path)
    if methods is None:
        return request.answer(start_response, "404 Not Found", not_found_page(request))
    handler = methods.get("GET" if request.method == "HEAD" else request.method)
    if handler is None:
        allowed = sorted(methods) + (["HEAD"] if "GET" in methods else [])
        body = text_page(request, "Method not allowed", "This page takes " + ", ".join(allowed) + ".")
        return request.answer(start_response, "405 Method Not Allowed", body, ("Allow", ", ".join(allowed)))
    return handler(request, start_response)


class Request:
    """The parts of the environ that the pages use."""

    def __init__(self, environ):
        self.environ = environ
        self.number = next(requests_taken)
        self.method = environ["REQUEST_METHOD"]
        self.path = environ.get("PATH_INFO", "") or "/"
        # Links go through the mount point; its bytes travel as latin-1.
        self.base = quote(environ.get("SCRIPT_NAME", "").encode("latin-1")).rstrip("/")
        self.query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, errors="replace"))
        # Only what carries the nonce runs or styles: text that came with a
        # request stays text even if an escape were forgotten.
        self.nonce = secrets.token_urlsafe(12)

    def headers(self, content_type, *more):
        policy = (
            "default-src 'none'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'; style-src 'nonce-{0}'; script-src 'nonce-{0}'".format(self.nonce)
        )
        return [
            ("Content-Type", content_type),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", policy),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ] + list(more)

    def answer(self, start_response, status, text, *more, content_type="text/html; charset=utf-8"):
        body = text.encode("utf-8", "replace")
        length = ("Content-Length", str(len(body)))
        start_response(status, self.headers(content_type, length, *more))
        return [] if self.method == "HEAD" else [body]

    def json(self, start_response, status, value):
        return self.answer(start_response, status, json.dumps(value), content_type="application/json")


def who():
    """The process and thread that this request runs in."""
    thread = threading.current_thread()
    return {"pid": os.getpid(), "thread": thread.name}


# What is running: the first page.


def home(request, start_response):
    cards = "".join(card(title, rows) for title, rows in facts(request))
    links = "".join(
        '<li><a class="tile" href="%s%s"><b>%s</b><span>%s</span></a></li>' % (e(request.base), path, title, text)
        for path, title, text in PAGES[1:]
    )
    body = HOME.replace("@links@", links).replace("@cards@", cards)
    return request.answer(start_response, "200 OK", page(request, "It works", body))


def facts(request):
    environ = request.environ
    server = [("Software", environ.get("SERVER_SOFTWARE", "not said"))]
    version = environ.get("mod_wsgi.version")
    if isinstance(version, tuple):
        server.append(("mod_wsgi interface", ".".join(map(str, version))))
    server += [
        ("Address", "%s, port %s" % (environ["SERVER_NAME"], environ["SERVER_PORT"])),
        ("Protocol", "%s over %s" % (environ["SERVER_PROTOCOL"], environ["wsgi.url_scheme"])),
        ("Your address", environ.get("REMOTE_ADDR") or "not said"),
        ("Concurrency", concurrency(environ)),
        ("Uploads", "with or without a length" if environ.get("wsgi.input_terminated") else "with a length only"),
        ("File wrapper", "offered" if "wsgi.file_wrapper" in environ else "not offered"),
    ]
    thread = threading.current_thread()
    process = [
        ("Process", "%d, child of %d" % (os.getpid(), os.getppid())),
        ("Thread", "%s, one of %d" % (thread.name, threading.active_count())),
        ("User", user()),
        ("Loaded", duration(time.time() - STARTED) + " ago"),
        ("Requests", "%d in this process, this one included" % request.number),
        ("Memory", peak_memory() + " at most so far"),
        ("Directory", os.getcwd()),
    ]
    return [("Server", server), ("Process", process), ("Interpreter", interpreter())]


def concurrency(environ):
    threads = "many threads" if environ["wsgi.multithread"] else "one thread"
    processes = "many processes" if environ["wsgi.multiprocess"] else "one process"
    return processes + ", " + threads


def interpreter():
    virtualenv = sys.prefix != sys.base_prefix
    rows = [
        ("Python", "%s %s" % (platform.python_implementation(), platform.python_version())),
        ("Executable", sys.executable or "not known"),
        ("Prefix", sys.prefix + (" (virtual environment)" if virtualenv else "")),
    ]
    if virtualenv:
        rows.append(("Base prefix", sys.base_prefix))
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    rows += [
        ("Global lock", "on" if gil else "off: threads run in parallel"),
        ("Compiler", platform.python_compiler()),
        ("System", "%s %s, %s" % (platform.system(), platform.release(), platform.machine())),
    ]
    return rows


def user():
    if not hasattr(os, "getuid"):
        return os.environ.get("USERNAME", "not known")
    import pwd  # not on every system

    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = "no name"
    return "%s (uid %d, gid %d)" % (name, os.getuid(), os.getgid())


def peak_memory():
    try:
        import resource  # not on every system
    except ImportError:
        return "not known"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size(peak if sys.platform == "darwin" else peak * 1024)


def duration(seconds):
    if seconds < 60:
        return "%.1f s" % seconds
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return "%d h %d min" % (hours, minutes) if hours else "%d min %d s" % (minutes, seconds)


def size(count):
    if count < 1000:
        return "%d B" % count
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 1000 or unit == "GB":
            return "%.1f %s" % (count, unit)


# A stream: the response is produced while it is sent.


def stream(request, start_response):
    start_response("200 OK", request.headers("text/html; charset=utf-8"))
    return [] if request.method == "HEAD" else stream_blocks(request)


def stream_blocks(request):
    blocks = STREAM_BLOCKS
    intro = STREAM.replace("@blocks@", str(blocks)).replace("@pause@", "%d" % (STREAM_PAUSE * 1000))
    yield (page_head(request, "Stream") + intro + script(request, STREAM_SCRIPT) + '<ol class="blocks">').encode()
    begin = time.monotonic()
    for number in range(1, blocks + 1):
        if number > 1:
            time.sleep(STREAM_PAUSE)
        seconds = time.monotonic() - begin
        yield ("<li><span>%d</span><small>%.2f s</small></li>\n" % (number, seconds)).encode()
    done = STREAM_END.replace("@blocks@", str(blocks)).replace("@seconds@", "%.2f" % (time.monotonic() - begin))
    yield ("</ol>" + done.replace("@path@", e(request.base + "/stream")) + page_foot()).encode()


# An upload: the request body is read in pieces, and never held as a whole.


class BadUpload(Exception):
    """The body is not what its header fields say."""


class Upload:
    """What is known of a body when it has been read."""

    def __init__(self):
        self.name = ""
        self.size = 0
        self.pieces = 0
        self.digest = hashlib.sha256()
        self.begin = time.monotonic()

    def add(self, piece):
        self.size += len(piece)
        self.pieces += 1
        self.digest.update(piece)

    def result(self):
        seconds = max(time.monotonic() - self.begin, 1e-6)
        return dict(
            who(),
            name=self.name,
            size=self.size,
            sha256=self.digest.hexdigest(),
            seconds=round(seconds, 6),
            rate=round(self.size / seconds),
            reads=self.pieces,
        )


def upload_form(request, start_response):
    body = UPLOAD.replace("@path@", e(request.base + "/upload")) + script(request, UPLOAD_SCRIPT)
    return request.answer(start_response, "200 OK", page(request, "Upload", body))


def upload_raw(request, start_response):
    """PUT: the body is the file."""
    upload = Upload()
    try:
        for piece in body_pieces(request.environ):
            upload.add(piece)
    except BadUpload as error:
        return request.json(start_response, "400 Bad Request", {"error": str(error)})
    return request.json(start_response, "200 OK", upload.result())


def upload_multipart(request, start_response):
    """POST: a form of a browser without JavaScript, or curl -F file=@..."""
    upload = Upload()
    try:
        read_file_part(request.environ, upload)
    except BadUpload as error:
        body = text_page(request, "Not a file upload", str(error))
        return request.answer(start_response, "400 Bad Request", body)
    result = upload.result()
    rows = [
        ("Name", result["name"]),
        ("Size", "%s (%d bytes)" % (size(result["size"]), result["size"])),
        ("SHA-256", result["sha256"]),
        ("Read in", "%.3f s, %d pieces" % (result["seconds"], result["reads"])),
        ("Rate", size(result["rate"]) + "/s"),
        ("Taken by", "process %d, %s" % (result["pid"], result["thread"])),
    ]
    body = UPLOADED.replace("@path@", e(request.base + "/upload")).replace("@card@", card("Received", rows))
    return request.answer(start_response, "200 OK", page(request, "Upload", body))


def body_pieces(environ):
    """Read the body to its end: by its length, or, where the server promises
    that the input ends with the body, without one (a chunked request)."""
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        if not environ.get("wsgi.input_terminated"):
            return
        while True:
            piece = stream.read(READ_SIZE)
            if not piece:
                return
            yield piece
    left = int(length)
    while left > 0:
        piece = stream.read(min(READ_SIZE, left))
        if not piece:
            raise BadUpload("the body ended %d bytes early" % left)
        left -= len(piece)
        yield piece


def read_file_part(environ, upload):
    """Find the first file in a multipart/form-data body (RFC 7578)."""
    boundary = re.match(r'multipart/form-data\s*;.*?boundary="?([^";,\s]{1,70})', environ.get("CONTENT_TYPE", ""), re.I)
    if boundary is None:
        raise BadUpload("POST takes multipart/form-data; send a plain body with PUT")
    delimiter = b"\r\n--" + boundary.group(1).encode("latin-1")
    window = Window(body_pieces(environ))
    window.skip(delimiter)
    while not window.starts_with(b"--"):
        head = b""
        for piece in window.until(b"\r\n\r\n"):
            head += piece
            if len(head) > PART_HEAD_MOST:
                raise BadUpload("the head of a part is longer than %d bytes" % PART_HEAD_MOST)
        name = re.search(rb'filename="((?:[^"\\]|\\.)*)"', head)
        if name is None:
            window.skip(delimiter)
            continue
        upload.name = name.group(1).decode("utf-8", "replace")
        for piece in window.until(delimiter):
            upload.add(piece)
        window.drain()
        return
    raise BadUpload("there is no file in the form")


class Window:
    """A body of which only the piece being looked at is in memory."""

    def __init__(self, pieces):
        self.pieces = pieces
        self.buffer = b"\r\n"  # a delimiter begins with the end of a line, the first one too

    def until(self, mark):
        """Yield what comes before the mark, and go past it."""
        while True:
            at = self.buffer.find(mark)
            if at >= 0:
                found, self.buffer = self.buffer[:at], self.buffer[at + len(mark) :]
                if found:
                    yield found
                return
            keep = len(mark) - 1  # the mark may begin in this piece and end in the next
            if len(self.buffer) > keep:
                cut = len(self.buffer) - keep
                found, self.buffer = self.buffer[:cut], self.buffer[cut:]
                yield found
            self.more()

    def skip(self, mark):
        for _ in self.until(mark):
            pass

    def starts_with(self, prefix):
        while len(self.buffer) < len(prefix):
            self.more()
        return self.buffer.startswith(prefix)

    def more(self):
        piece = next(self.pieces, b"")
        if not piece:
            raise BadUpload("the form ends before its last boundary")
        self.buffer += piece

    def drain(self):
        for _ in self.pieces:
            pass


# Errors: what the client sees, and what the log has.


class DemoError(Exception):
    """Raised on purpose."""


def error_page(request, start_response):
    token = secrets.token_hex(4)
    items = "".join(
        '<li class="panel"><h2>%s</h2><p>%s</p><p><a class="button" data-try href="%s%s?token=%s">%s</a></p>'
        '<output aria-live="polite"></output></li>' % (title, text, e(request.base), path, token, label)
        for path, title, text, label in ERRORS
    )
    body = ERROR.replace("@items@", items).replace("@token@", token) + script(request, ERROR_SCRIPT)
    return request.answer(start_response, "200 OK", page(request, "Errors", body))


def marked(request, what):
    """An error that can be found in the log by the token of the page."""
    token = request.query.get("token", "")
    token = token if re.fullmatch(r"[0-9a-f]{1,16}", token) else "none"
    return DemoError("%s (token %s)" % (what, token))


def error_before(request, start_response):
    raise marked(request, "raised before the response began")


def error_midway(request, start_response):
    start_response("200 OK", request.headers("text/plain; charset=utf-8"))

    def blocks():
        yield b"The first half of a response.\n"
        time.sleep(STREAM_PAUSE)  # it is on its way now: too late for another status
        raise marked(request, "raised in the middle of a response")

    return blocks()


def error_short(request, start_response):
    body = b"This response promised 100 bytes more.\n"
    length = ("Content-Length", str(len(body) + 100))
    start_response("200 OK", request.headers("text/plain; charset=utf-8", length))

    def blocks():
        yield body
        time.sleep(STREAM_PAUSE)

    return [] if request.method == "HEAD" else blocks()


# Waiting: requests that take a thread for a while.


def slow_page(request, start_response):
    body = SLOW.replace("@path@", e(request.base + "/slow/wait")) + script(request, SLOW_SCRIPT)
    return request.answer(start_response, "200 OK", page(request, "Slow requests", body))


def slow_wait(request, start_response):
    try:
        seconds = float(request.query.get("seconds", "1"))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= SLOW_MOST:  # false for nan too
        message = "seconds has to be a number from 0 to %d" % SLOW_MOST
        return request.json(start_response, "400 Bad Request", {"error": message})
    begin = time.time()
    time.sleep(seconds)
    return request.json(start_response, "200 OK", dict(who(), begin=begin, end=time.time()))


# The environ.


def environ_page(request, start_response):
    groups = {"Request": [], "Header fields": [], "WSGI": [], "Server's own": []}
    for key, value in sorted(request.environ.items()):
        text = value if isinstance(value, str) else repr(value)
        groups[environ_group(key)].append((key, text))
    cards = "".join(card(title, rows, wide=True) for title, rows in groups.items() if rows)
    body = ENVIRON.replace("@count@", str(len(request.environ))).replace("@cards@", cards)
    return request.answer(start_response, "200 OK", page(request, "Environ", body))


def environ_group(key):
    if key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        return "Header fields"
    if key.startswith("wsgi."):
        return "WSGI"
    return "Request" if key.isupper() and "." not in key else "Server's own"


# Pages as HTML.


def e(text):
    """Escape, and make visible what a page cannot show."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return html.escape(text, quote=True)


def card(title, rows, wide=False):
    items = "".join(
        "<div><dt>%s</dt><dd>%s</dd></div>" % (e(key), e(value) or '<i class="muted">empty</i>') for key, value in rows
    )
    return '<section class="panel%s"><h2>%s</h2><dl>%s</dl></section>' % (" wide" if wide else "", e(title), items)


def script(request, source):
    return '<script nonce="%s">%s</script>' % (request.nonce, source)


def page_head(request, title):
    links = "".join(
        '<li><a href="%s%s"%s>%s</a></li>'
        % (e(request.base), path, ' aria-current="page"' if path == request.path else "", name)
        for path, name, _ in PAGES
    )
    head = HEAD.replace("@title@", e(title)).replace("@nonce@", request.nonce).replace("@style@", STYLE)
    return head.replace("@base@", e(request.base)).replace("@links@", links)


def page_foot():
    return FOOT


def page(request, title, body):
    return page_head(request, title) + body + page_foot()


def text_page(request, title, text):
    return page(request, title, "<h1>%s</h1><p class=\"lead\">%s</p>" % (e(title), e(text)))


def not_found_page(request):
    path = request.path.encode("latin-1").decode("utf-8", "replace")
    return text_page(request, "Page not found", "There is nothing at %s here." % path)


ROUTES = {
    "/": {"GET": home},
    "/stream": {"GET": stream},
    "/upload": {"GET": upload_form, "PUT": upload_raw, "POST": upload_multipart},
    "/error": {"GET": error_page},
    "/error/before": {"GET": error_before},
    "/error/midway": {"GET": error_midway},
    "/error/short": {"GET": error_short},
    "/slow": {"GET": slow_page},
    "/slow/wait": {"GET": slow_wait},
    "/environ": {"GET": environ_page},
}

PAGES = (
    ("/", "Home", ""),
    ("/stream", "Stream", "A page that arrives block by block while it is being made."),
    ("/upload", "Upload", "A body that is read in pieces: size, SHA-256, time and rate."),
    ("/error", "Errors", "Exceptions on purpose: what you see, and what the log has."),
    ("/slow", "Slow requests", "Requests that wait, and which process and thread takes each."),
    ("/environ", "Environ", "Everything that the application is given with a request."),
)

ERRORS = (
    (
        "/error/before",
        "Before the response",
        "The application raises before anything is sent. The answer is a plain 500, the traceback is in the log only.",
        "Raise an exception",
    ),
    (
        "/error/midway",
        "In the middle of one",
        "The application raises when half of a 200 is out. The status cannot be taken back, so a good server "
        "breaks the connection off: the half must not look like a whole.",
        "Break a response off",
    ),
    (
        "/error/short",
        "A body that is too short",
        "The application promises 100 bytes more than it sends. The client has to notice, and so does the log.",
        "Send too little",
    ),
)

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>@title@ · modwsgi-express demo</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230b7a75'/%3E%3Cpath d='M8 11l4 10 4-8 4 8 4-10' fill='none' stroke='white' stroke-width='2.6' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E">
<style nonce="@nonce@">@style@</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><div class="inner">
<a class="brand" href="@base@/"><svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><rect width="32" height="32" rx="8"/><path d="M8 11l4 10 4-8 4 8 4-10"/></svg>modwsgi-express</a>
<nav aria-label="Pages"><ul>@links@</ul></nav>
</div></header>
<main id="content" tabindex="-1">
"""

FOOT = """
</main>
<footer><div class="inner">The demonstration application: one file of Python, nothing from outside. Made to try a
server with, not to leave open to the world.</div></footer>
</body>
</html>
"""

STYLE = """
:root{color-scheme:light dark;--bg:#f6f7f7;--panel:#fff;--text:#17211f;--muted:#566360;--line:#dde3e1;--accent:#0b7a75;
--on-accent:#fff;--soft:#e2f1ef;--bad:#a8321f;--shadow:0 1px 2px #0f1f1c14,0 4px 16px #0f1f1c0a}
@media (prefers-color-scheme:dark){:root{--bg:#0f1514;--panel:#171f1e;--text:#e6eceb;--muted:#9aa8a5;--line:#2a3533;
--accent:#4fc4bb;--on-accent:#062220;--soft:#14312e;--bad:#ff9482;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--bg);color:var(--text);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
.inner,main{width:100%;max-width:68rem;margin:0 auto;padding:0 1.25rem}
main{flex:1;padding-top:2.25rem;padding-bottom:3rem;outline:0}
header{background:var(--panel);border-bottom:1px solid var(--line)}
header .inner{display:flex;align-items:center;gap:.25rem 2rem;flex-wrap:wrap;padding-top:.65rem;padding-bottom:.65rem}
.brand{display:flex;align-items:center;gap:.6rem;font-weight:650;color:inherit;text-decoration:none}
.brand rect{fill:var(--accent)}
.brand path{fill:none;stroke:var(--on-accent);stroke-width:2.6;stroke-linecap:round;stroke-linejoin:round}
nav ul{display:flex;flex-wrap:wrap;list-style:none;margin:0 0 0 -.7rem;padding:0}
nav a{display:block;padding:.45rem .7rem;border-radius:.5rem;color:var(--muted);text-decoration:none;font-size:.95rem}
nav a:hover{color:var(--text);background:var(--soft)}
nav a[aria-current]{color:var(--accent);font-weight:600}
h1{font-size:clamp(1.7rem,1.2rem + 2vw,2.4rem);line-height:1.15;letter-spacing:-.02em;margin:0 0 .6rem}
h2{font-size:1.05rem;margin:0 0 .6rem}
p{margin:0 0 1rem}
a{color:var(--accent)}
.lead{font-size:1.1rem;color:var(--muted);max-width:44rem;margin-bottom:1.75rem}
.muted,small{color:var(--muted)}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));list-style:none;margin:0 0 2rem;padding:0}
.panel{background:var(--panel);border:1px solid var(--line);border-radius:.8rem;padding:1.1rem 1.25rem;box-shadow:var(--shadow);min-width:0}
.panel.wide{margin-bottom:1rem}
.panel>:last-child{margin-bottom:0}
dl{margin:0;font-size:.95rem}
dl div{display:grid;grid-template-columns:minmax(6.5rem,32%) 1fr;gap:.1rem .9rem;padding:.36rem 0;border-top:1px solid var(--line)}
dl div:first-child{border-top:0}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.wide dd,.wide dt{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86rem;overflow-wrap:anywhere}
@media (max-width:34rem){.wide dl div{grid-template-columns:1fr}}
.tile{display:block;height:100%;padding:1.05rem 1.2rem;background:var(--panel);border:1px solid var(--line);border-radius:.8rem;
color:inherit;text-decoration:none;box-shadow:var(--shadow)}
.tile:hover{border-color:var(--accent)}
.tile b{display:block;color:var(--accent)}
.tile span{color:var(--muted);font-size:.95rem}
pre,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}
pre{background:var(--soft);border-radius:.6rem;padding:.85rem 1rem;margin:0 0 1rem;overflow-x:auto}
code{overflow-wrap:anywhere}
button,.button{display:inline-block;font:inherit;font-weight:600;padding:.5rem 1rem;border:1px solid var(--accent);border-radius:.55rem;
background:var(--accent);color:var(--on-accent);cursor:pointer;text-decoration:none}
button.plain{background:transparent;color:var(--accent)}
button:disabled{opacity:.55;cursor:default}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;z-index:1;background:var(--panel);padding:.5rem 1rem;border-radius:.5rem}
.row{display:flex;flex-wrap:wrap;gap:.75rem 1rem;align-items:end;margin-bottom:1rem}
.row>*{min-width:0;max-width:100%}
.row>span{align-self:center}
label{display:block;font-weight:600}
label small{display:block;font-weight:400}
input[type=number],input[type=file]{font:inherit;font-weight:400;margin-top:.25rem;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:.55rem;padding:.45rem .6rem;max-width:100%}
input[type=number]{width:6rem}
progress{width:100%;height:.7rem;accent-color:var(--accent)}
output{display:block;margin-bottom:.6rem}
.ok{color:var(--accent);font-weight:600}
.bad{color:var(--bad);font-weight:600}
.blocks{list-style:none;padding:0;margin:0 0 1.25rem;display:grid;gap:.5rem;grid-template-columns:repeat(auto-fill,minmax(4.6rem,1fr))}
.blocks li{background:var(--soft);border:1px solid var(--accent);border-radius:.55rem;padding:.4rem .6rem;animation:in .25s ease-out}
.blocks span{display:block;font-weight:650;color:var(--accent)}
@keyframes in{from{opacity:0;transform:translateY(.3rem)}}
@media (prefers-reduced-motion:reduce){*{animation:none!important}}
.lanes{list-style:none;margin:0 0 1rem;padding:0}
.lanes li{display:grid;grid-template-columns:minmax(7rem,13rem) 1fr;gap:.9rem;align-items:center;padding:.3rem 0;border-top:1px solid var(--line)}
.lanes span{overflow-wrap:anywhere;font-size:.9rem}
.lanes svg{width:100%;height:1.5rem;display:block}
.lanes rect{fill:var(--line)}
.lanes rect.work{fill:var(--accent)}
footer{border-top:1px solid var(--line);color:var(--muted);font-size:.9rem;padding:1.1rem 0}
"""

HOME = """<h1>It works.</h1>
<p class="lead">A Python application answered this request. Below is what it knows of where it runs.</p>
<div class="grid">@cards@</div>
<h2>Try the server</h2>
<ul class="grid">@links@</ul>
<h2>Serve an application of your own</h2>
<p>A file, a module, <code>module:callable</code>, or a directory with a Flask or Django project in it:</p>
<pre tabindex="0"><code>modwsgi-express start-server wsgi.py
modwsgi-express start-server mysite.wsgi:application --port 8080
modwsgi-express help</code></pre>
"""

STREAM = """<h1>Stream</h1>
<p class="lead">The application makes @blocks@ blocks, one every @pause@ ms, and each is sent when it is made. On each
is the time at which the application made it.</p>
<p role="status" id="arrival"><span class="muted">Without JavaScript: watch the blocks appear.</span></p>
"""

# Blocks that were made far apart but arrived together were held somewhere.
STREAM_SCRIPT = """
(() => {
  const status = document.getElementById("arrival");
  const times = [];
  let announced = 0;
  status.textContent = "Waiting for the first block.";
  const count = () => {
    const now = performance.now();
    const blocks = document.querySelectorAll(".blocks li").length;
    while (times.length < blocks) times.push(now);
    const done = document.getElementById("done");
    if (!done && now - announced > 1000) {
      announced = now;
      status.textContent = blocks + " blocks so far.";
    }
    return done;
  };
  const verdict = () => {
    const spread = times.length ? (times[times.length - 1] - times[0]) / 1000 : 0;
    const made = Number(document.getElementById("done").dataset.seconds);
    const streamed = spread > made / 2;
    status.className = streamed ? "ok" : "bad";
    status.textContent = streamed
      ? "Streamed: the blocks arrived here over " + spread.toFixed(2) + " s."
      : "Held back: all blocks arrived within " + spread.toFixed(2) + " s. Something on the way collects responses.";
  };
  const watch = new MutationObserver(() => { if (count()) { watch.disconnect(); verdict(); } });
  watch.observe(document.getElementById("content"), { childList: true, subtree: true });
  addEventListener("load", () => {
    if (!document.getElementById("done")) {
      status.className = "bad";
      status.textContent = "Broken off: the last block never came.";
    }
  });
})();
"""

STREAM_END = """<p id="done" data-seconds="@seconds@">Complete: @blocks@ blocks made in @seconds@ s.
<a href="@path@">Again</a></p>
<p class="muted">The same on the command line: <code>curl -N</code> with this address.</p>"""

UPLOAD = """<h1>Upload</h1>
<p class="lead">The application reads the body in pieces of 64 KiB and keeps none of it. The browser hashes the same
bytes, so a byte that went astray shows.</p>
<form class="panel" method="post" enctype="multipart/form-data" action="@path@" data-path="@path@">
<div class="row">
<label>A file<small>sent as it is, with PUT; without JavaScript as a form, with POST</small><br>
<input type="file" name="file" required></label>
<button type="submit">Send</button>
</div>
<div class="row" id="samples" hidden>
<span>Or bytes made up here:</span>
<button type="button" class="plain" data-bytes="1000000">1 MB</button>
<button type="button" class="plain" data-bytes="8000000">8 MB</button>
<button type="button" class="plain" data-bytes="64000000">64 MB</button>
</div>
<p><progress hidden aria-label="Sent" max="1" value="0"></progress></p>
<output aria-live="polite"></output>
</form>
<p></p>
<p class="muted">The same on the command line: <code>curl -T file</code> or <code>curl -F file=@file</code> with this
address. A body above the server's limit is answered with 413.</p>
"""

UPLOADED = """<h1>Upload</h1>@card@<p></p><p><a class="button" href="@path@">Another one</a></p>"""

UPLOAD_SCRIPT = """
(() => {
  const form = document.querySelector("form");
  const bar = form.querySelector("progress");
  const out = form.querySelector("output");
  const buttons = form.querySelectorAll("button");
  const mega = (n) => (n / 1e6).toFixed(2) + " MB";
  document.getElementById("samples").hidden = false;

  const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, "0")).join("");
  const hash = async (blob) => {
    // Hashing needs a secure context and the whole file in memory.
    if (!crypto.subtle || blob.size > 256e6) return "";
    return hex(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  };

  // fetch() tells nothing of an upload's progress; XMLHttpRequest does.
  const put = (blob) => new Promise((resolve) => {
    const xhr = new XMLHttpRequest();
    xhr.open("PUT", form.dataset.path);
    xhr.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
    xhr.onload = () => resolve({ status: xhr.status, text: xhr.responseText });
    xhr.onerror = () => resolve({ status: 0, text: "" });
    xhr.send(blob);
  });

  const show = (rows) => {
    const list = document.createElement("dl");
    for (const [key, value, style] of rows) {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      const text = document.createElement("dd");
      term.textContent = key;
      text.textContent = value;
      if (style) text.className = style;
      row.append(term, text);
      list.append(row);
    }
    out.replaceChildren(list);
  };

  const refuse = (answer) => {
    let text = "The server answered " + answer.status + ".";
    if (answer.status === 413) text = "The server answered 413: the body is above its limit (--limit-request-body).";
    if (answer.status === 0) text = "The connection was closed before an answer came.";
    show([["Not taken", text, "bad"]]);
  };

  const send = async (blob) => {
    for (const b of buttons) b.disabled = true;
    bar.hidden = false;
    bar.value = 0;
    out.textContent = "Sending " + mega(blob.size) + ".";
    const begin = performance.now();
    const answer = await put(blob);
    const seconds = (performance.now() - begin) / 1000;
    try {
      if (answer.status !== 200) { refuse(answer); return; }
      const got = JSON.parse(answer.text);
      const mine = await hash(blob);
      const same = mine === "" ? "not compared" : mine === got.sha256 ? "the same here and there" : "different here: " + mine;
      show([
        ["Size", mega(got.size) + " (" + got.size + " bytes)"],
        ["SHA-256", got.sha256],
        ["Compared", same, mine === "" || mine === got.sha256 ? "ok" : "bad"],
        ["Read in", got.seconds.toFixed(3) + " s, " + got.reads + " pieces, " + mega(got.rate) + "/s"],
        ["Whole upload", seconds.toFixed(3) + " s, " + mega(got.size / seconds) + "/s as the browser sees it"],
        ["Taken by", "process " + got.pid + ", " + got.thread],
      ]);
    } finally {
      for (const b of buttons) b.disabled = false;
      bar.hidden = true;
    }
  };

  const madeUp = (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
    return new Blob([bytes]);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form.elements.file.files[0]);
  });
  for (const b of form.querySelectorAll("[data-bytes]")) b.onclick = () => send(madeUp(Number(b.dataset.bytes)));
})();
"""

ERROR = """<h1>Errors</h1>
<p class="lead">Three ways to fail, on purpose. The reason belongs into the log, not to the client: look there for the
token <code>@token@</code>.</p>
<ul class="grid">@items@</ul>
"""

ERROR_SCRIPT = """
(() => {
  const attempt = async (link, out) => {
    out.className = "";
    out.textContent = "Asking.";
    let status = "";
    try {
      const response = await fetch(link.href);
      status = response.status + " " + response.statusText;
      const text = await response.text();
      out.className = response.ok ? "bad" : "ok";
      out.textContent = response.ok
        ? "The client saw a complete " + status + " of " + text.length + " characters: the failure was hidden from it."
        : "The client saw " + status + ", " + text.length + " characters.";
    } catch (error) {
      out.className = "ok";
      out.textContent = status
        ? "The client saw " + status + ", then the connection broke off: it knows that something is missing."
        : "The client saw no response.";
    }
  };
  for (const link of document.querySelectorAll("[data-try]")) {
    link.setAttribute("role", "button");
    const out = link.closest("li").querySelector("output");
    const go = (event) => { event.preventDefault(); attempt(link, out); };
    link.addEventListener("click", go);
    link.addEventListener("keydown", (event) => { if (event.key === " ") go(event); });
  }
})();
"""

SLOW = """<h1>Slow requests</h1>
<p class="lead">Each request sleeps, and keeps a thread meanwhile. Sent together they show how many run at once, and in
which process and thread. Browsers open about six connections to one server.</p>
<form class="panel" method="get" action="@path@" data-path="@path@">
<div class="row">
<label>Seconds<br><input type="number" name="seconds" value="1" min="0" max="30" step="0.1" required></label>
<label id="many" hidden>Requests<br><input type="number" name="requests" value="6" min="1" max="30" required></label>
<button type="submit">Send</button>
</div>
<output aria-live="polite"></output>
<ol class="lanes" hidden></ol>
</form>
<p></p>
<p class="muted">Without JavaScript: open this page in two tabs and send in both.</p>
"""

SLOW_SCRIPT = """
(() => {
  const form = document.querySelector("form");
  const out = form.querySelector("output");
  const list = form.querySelector(".lanes");
  const button = form.querySelector("button");
  const many = document.getElementById("many");
  many.hidden = false;

  // Browsers let requests for one address wait for each other, in case the first
  // answer can be kept; the number makes them different ones.
  const ask = async (seconds, number) => {
    const begin = performance.now();
    try {
      const response = await fetch(form.dataset.path + "?seconds=" + seconds + "&number=" + number, { cache: "no-store" });
      const answer = response.ok ? await response.json() : null;
      return { begin, end: performance.now(), answer, status: response.status };
    } catch (error) {
      return { begin, end: performance.now(), answer: null, status: 0 };
    }
  };

  const bar = (from, to, whole, style) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    rect.setAttribute("x", (100 * from) / whole + "%");
    rect.setAttribute("width", Math.max(0.5, (100 * (to - from)) / whole) + "%");
    rect.setAttribute("height", "100%");
    rect.setAttribute("rx", "4");
    if (style) rect.setAttribute("class", style);
    return rect;
  };

  const draw = (results, begin) => {
    const whole = Math.max(...results.map((r) => r.end)) - begin;
    const rows = results.map((r) => {
      const row = document.createElement("li");
      const name = document.createElement("span");
      const chart = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      chart.setAttribute("aria-hidden", "true");
      chart.append(bar(r.begin - begin, r.end - begin, whole, ""));
      const total = ((r.end - r.begin) / 1000).toFixed(2) + " s";
      if (r.answer) {
        const worked = (r.answer.end - r.answer.begin) * 1000;
        chart.append(bar(Math.max(0, r.end - begin - worked), r.end - begin, whole, "work"));
        name.textContent = r.answer.pid + " · " + r.answer.thread + " · " + total;
      } else {
        name.textContent = "answered " + r.status + " · " + total;
        name.className = "bad";
      }
      row.append(name, chart);
      return row;
    });
    list.replaceChildren(...rows);
    list.hidden = false;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const seconds = form.elements.seconds.value;
    const count = Number(form.elements.requests.value);
    button.disabled = true;
    list.hidden = true;
    out.textContent = "Waiting for " + count + " requests of " + seconds + " s.";
    const begin = performance.now();
    const results = await Promise.all(Array.from({ length: count }, (_, number) => ask(seconds, number)));
    const took = ((performance.now() - begin) / 1000).toFixed(2);
    const taken = results.filter((r) => r.answer);
    const threads = new Set(taken.map((r) => r.answer.pid + r.answer.thread)).size;
    const processes = new Set(taken.map((r) => r.answer.pid)).size;
    out.textContent = count + " requests took " + took + " s, in " + processes + " process" + (processes === 1 ? "" : "es") +
      " and " + threads + " thread" + (threads === 1 ? "" : "s") + ". Grey is waiting, colour is the application.";
    draw(results, begin);
    button.disabled = false;
  });
})();
"""

ENVIRON = """<h1>Environ</h1>
<p class="lead">The @count@ keys that came with this request. Servers that copy the environment of their process in,
secrets included, show it here; modwsgi-express does not.</p>
@cards@
"""
