"""Requests through shared memory (core/ring describes every byte of it).

A thread takes a request from the ring; if it and its response fit a slot, nothing
else is needed. Whatever sends a frame moves the request over to the lane of its
thread first: a body or a response in pieces, a file, a line for wsgi.errors, an
exception.

    take ──► complete                           all of it through the slot
         └─► over_lane ──► frames on the lane   from the first frame on
"""

import ctypes
import mmap
import os
from marshal import loads

from .body import Buffered
from .filewrapper import FileWrapper
from .lane import REQUEST, breach, front_is_gone
from .request import Request, handle, respond

FLAG_OVER_LANE = 1
REPLY_EXIT = 1


class Ring:
    """The worker's end. Raises what keeps it from being used."""

    def __init__(self, start):
        # Loaded from a descriptor: nothing is written to disk.
        library = ctypes.PyDLL("/proc/self/fd/%d" % start["library"])
        self.region = mmap.mmap(start["region"], start["size"])
        address = ctypes.addressof(ctypes.c_char.from_buffer(self.region))
        open_ring = library.modwsgi_ring
        open_ring.restype = ctypes.py_object
        open_ring.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int, ctypes.c_int]
        functions = open_ring(address, start["size"], start["work"], start["front"])
        if functions is None:
            raise OSError("the ring has a layout that the library does not know")
        self.library = library
        self.take, self.complete, self.over_lane, self.stop = functions
        for name in ("library", "region"):
            os.close(start[name])

    def serve(self, lane, application):
        """Serves with the thread of a lane until the ring stops."""
        take, index = self.take, lane.index
        while True:
            taken = take(index)
            if taken is None:
                if not lane.worker.stopping:
                    front_is_gone()
                return
            slot, number, flags, environ, body = taken
            taken = None
            if flags & FLAG_OVER_LANE:
                self.over_lane(slot)
                number, kind, flags, payload = lane.receive_request()
                if kind != REQUEST:
                    breach("frame %d instead of a request" % kind)
                handle(lane, number, flags, payload, application)
                payload = None
                continue
            environ = loads(environ)
            request = RingRequest(self, lane, number, slot)
            environ["wsgi.input"] = Buffered(body)
            environ["wsgi.errors"] = request.log
            environ["wsgi.file_wrapper"] = FileWrapper
            environ["mod_wsgi.thread_id"] = index
            lane.request = request
            try:
                respond(application, environ, request)
            finally:
                lane.request = environ = request = body = None


class RingRequest(Request):
    """A request in a slot. Reading its lane moves it there."""

    __slots__ = ("ring", "slot", "own_lane")

    def __init__(self, ring, lane, number, slot):
        self.ring = ring
        self.slot = slot
        self.own_lane = lane
        self.begin(number)

    @property
    def lane(self):
        slot = self.slot
        if slot is not None:
            self.slot = None
            self.ring.over_lane(slot)
        return self.own_lane

    def end_with_head(self, block, data):
        slot = self.slot
        if slot is not None:
            self.log.flush()
            slot = self.slot  # a line for the log has moved the request
        if slot is not None and self.ring.complete(slot, block, data, 0):
            self.slot = None
            self.over = self.sent = True
            return
        Request.end_with_head(self, block, data)
