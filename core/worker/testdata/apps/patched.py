"""Does to the standard library what gevent.monkey.patch_all() does: from here on
threads, locks and sockets are others, which do not work in native threads."""

import _thread
import select
import socket
import threading
import time


def fail(*args, **kwargs):
    raise RuntimeError("a patched function was called")


for module, names in {
    threading: ("_start_new_thread", "_start_joinable_thread", "_allocate_lock", "Event", "Condition", "Lock", "RLock"),
    _thread: ("start_new_thread", "allocate_lock"),
    time: ("sleep",),
    socket: ("socket",),
}.items():
    for name in names:
        if hasattr(module, name):
            setattr(module, name, fail)
del select.poll
select.select = fail


def application(environ, start_response):
    start_response("200 OK", [])
    yield b"patched"
    yield b" and serving"
