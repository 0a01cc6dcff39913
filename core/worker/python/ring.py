"""Requests through shared memory (core/ring describes every byte of it).

A thread takes a request from the ring; if it and its response fit a slot, nothing
else is needed. Whatever sends a frame moves the request over to the lane of its
thread first: a body or a response in pieces, a file, a line for wsgi.errors, an
exception.

    take ──► respond                        all of it through the slot
         ├─► respond, unfinished ─► finish  the same, the application goes on after it
         └─► over_lane ─► frames ─► settle  from the first frame on, before or after
                                            an unfinished response

Over the lane a thread is faster than the front, which may have to wait for the
client. It takes nothing more until the front has read the last frame: a request
behind it would wait for that client as well, while other threads are free.
"""

import os
import sys
from marshal import loads

from .body import Buffered
from .request import Request, run

FLAG_OVER_LANE = 1


class Ring:
    """The worker's end. Raises what keeps it from being used."""

    def __init__(self, start):
        if sys.implementation.name != "cpython":
            raise OSError("only CPython can use shared memory")
        if not hasattr(os, "register_at_fork"):
            raise OSError("shared memory needs Python 3.7 or newer")
        import ctypes  # not every interpreter has it
        os.set_inheritable(start["front"], False)
        # From a descriptor: nothing is written to disk.
        self.library = ctypes.PyDLL("/proc/self/fd/%d" % start["library"])
        open_ring = self.library.modwsgi_ring
        open_ring.restype = ctypes.py_object
        open_ring.argtypes = [ctypes.c_int, ctypes.c_uint64, ctypes.c_int]
        functions = open_ring(start["region"], start["size"], start["front"])
        if functions is None:
            raise OSError("the shared memory cannot be mapped, or has a layout that the library does not know")
        self.take = functions["take"]
        self.respond = functions["respond"]
        self.finish = functions["finish"]
        self.over_lane = functions["over_lane"]
        self.settle = functions["settle"]
        self.waiting = functions["waiting"]
        self.stop = functions["stop"]
        self.detach = functions["detach"]
        self.front = start["front"]

    def close_in_child(self):
        self.detach()
        os.close(self.front)

    def serve(self, lane):
        """Serves with the thread of a lane until the ring stops."""
        take, index, application = self.take, lane.index, lane.application
        while True:
            if lane.moved is not None:
                self.settle(*lane.moved)
                lane.moved = None
            taken = take(index)
            if taken is None:
                return
            slot, number, flags, environ, body = taken
            taken = None
            if flags & FLAG_OVER_LANE:
                lane.moved = slot, self.over_lane(slot, 0)
                lane.serve_one(number)
                continue
            environ = loads(environ)
            environ["wsgi.input"] = Buffered(body)
            environ["mod_wsgi.thread_id"] = index
            run(lane, application, environ, RingRequest(self, lane, number, slot))
            environ = body = None


def open_ring(start):
    """The ring of the start message and None, or None and why there is none."""
    ring = why = None
    if start is not None:
        try:
            ring = Ring(start)
        except Exception as error:
            why = str(error) or type(error).__name__
        for name in ("library", "region") if ring else ("library", "region", "front"):
            os.close(start[name])
    return ring, why


class RingRequest(Request):
    """A request in a slot. Reading its lane moves it there.

    slot is the request's until it is None, and so the right to answer: whoever
    gives it up holds the lane's send_lock."""

    __slots__ = ("ring", "slot", "own_lane")

    def __init__(self, ring, lane, number, slot):
        self.ring = ring
        self.slot = slot
        self.own_lane = lane
        self.begin(number)

    @property
    def lane(self):
        lane = self.own_lane
        if self.slot is not None:
            with lane.send_lock:
                slot, self.slot = self.slot, None
                if slot is not None:
                    lane.moved = slot, self.ring.over_lane(slot, self.sent)
        return lane

    def put(self, data):
        """A block as long as the Content-Length is all of the response, but its
        thread may not be done: the application wants to be asked for more."""
        if len(data) == self.length and not self.sent and self.slot is not None:
            block = self.ready_block()
            with self.own_lane.send_lock:
                if self.slot is not None and self.ring.respond(self.slot, 0, block, data):
                    self.sent = True
                    return
        Request.put(self, data)

    def end_with_head(self, block, data):
        if self.slot is not None:
            self.log.flush()  # a line moves the request
            with self.own_lane.send_lock:
                if self.slot is not None and self.ring.respond(self.slot, 1, block, data):
                    self.slot = None
                    self.over = self.sent = True
                    return
        Request.end_with_head(self, block, data)

    def end(self, flags, payload):
        if self.slot is not None and self.sent and not flags:
            self.log.flush()
            with self.own_lane.send_lock:
                slot, self.slot = self.slot, None
                if slot is not None:
                    self.over = True
                    self.ring.finish(slot)
                    return
        Request.end(self, flags, payload)
