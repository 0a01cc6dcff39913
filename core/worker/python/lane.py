"""Frames, and the thread that serves them.

core/lane/doc.go describes every byte. The socket is used by the lane's thread,
but the application may read wsgi.input or write to wsgi.errors in threads of
its own: frames are sent under one lock and received, while a request runs,
under another.
"""

import os
import select
import socket
import struct
import sys
import threading
from _thread import allocate_lock
from array import array

REQUEST, BODY, ABORT = 1, 2, 3
WANT, HEAD, DATA, FILE, END, ERRORS = 16, 17, 18, 19, 20, 21
FLAG_END, FLAG_ERROR, FLAG_EXIT = 1, 2, 4

HEADER_SIZE = 12
MAX_PAYLOAD = 1 << 20
MAX_HEAD = 256 << 10
BUFFER = 64 << 10
# Up to here a frame is copied into one piece to be sent; beyond it the copy
# costs more than a list of pieces.
SMALL = 64 << 10

_HEADER = struct.Struct("<IIBBH")
_HEADER_U32 = struct.Struct("<IIBBHI")
_HEADER_FILE = struct.Struct("<IIBBHQQ")
pack_header = _HEADER.pack
pack_header_u32 = _HEADER_U32.pack
unpack_header = _HEADER.unpack_from


def lane_socket(fd):
    family = socket.AF_INET if os.name == "nt" else socket.AF_UNIX
    sock = socket.socket(family, socket.SOCK_STREAM, 0, fd)
    sock.set_inheritable(False)
    sock.settimeout(None)  # whatever socket.setdefaulttimeout said
    return sock


def watcher(sock, poll=getattr(select, "poll", None), wait=select.select):
    """A function that tells whether sock can be read from. It must not be called
    by two threads at once. The defaults are the functions of this moment, not
    those that a greenlet library puts into their place."""
    if poll is None:
        return lambda: bool(wait([sock], [], [], 0)[0])
    poller = poll()
    poller.register(sock, select.POLLIN)
    return lambda: bool(poller.poll(0))


def front_is_gone():
    """The end of a lane, or a frame that makes no sense: there is nobody left to
    serve, and nobody to tell."""
    os._exit(1)


def breach(what):
    sys.stderr.write("modwsgi-express: the server broke the lane protocol: %s\n" % what)
    os._exit(1)


class Lane:
    def __init__(self, index, sock, files, worker, handle):
        self.index = index
        self.handle = handle
        self.sock = sock
        self.files = files and hasattr(socket, "SCM_RIGHTS")
        self.worker = worker
        self.application = None
        self.thread = None
        self.request = None  # the one that runs
        self.moved = None  # slot and state of the last one that came over from the ring
        self.send_lock = allocate_lock()
        self.receive_lock = allocate_lock()
        self.buffer = bytearray()  # made with the first frame: a lane beside a ring may get none
        self.start_at = self.end_at = 0  # what is received and not consumed
        self.readable = watcher(sock)

    # ------------------------------------------------------------------ the thread

    def start(self, gate):
        self.thread = threading.Thread(target=self.run, args=(gate,), name="modwsgi-%d" % self.index, daemon=True)
        self.thread.start()

    def run(self, gate):
        with gate:
            pass  # the application is loaded
        # What a debugger or a coverage tool set for new threads while the
        # application was imported.
        if getattr(threading, "_trace_hook", None):
            sys.settrace(threading._trace_hook)
        if getattr(threading, "_profile_hook", None):
            sys.setprofile(threading._profile_hook)
        if self.worker.ring is not None:
            self.worker.ring.serve(self)
        else:
            while True:
                self.serve_one(0)

    def serve_one(self, announced):
        """Runs the next request that comes as a frame. The front may give up on one
        that it has announced by its number (not 0)."""
        while True:
            number, kind, flags, payload = self.receive()
            if kind == REQUEST:
                self.handle(self, number, flags, payload, self.application)
                return
            if kind != ABORT:
                breach("frame %d while no request runs" % kind)
            if number == announced:
                self.send_frame(number, END, FLAG_ERROR, b"ClientGone: given up")
                return
            # It came too late for its request.

    def occupied(self):
        """Whether there is a request, perhaps one that the thread has not seen
        yet. For another thread."""
        if self.worker.ring is not None:
            return self.request is not None  # what lies on the lane came too late for its request
        return self.request is not None or self.start_at != self.end_at or watcher(self.sock)()

    # --------------------------------------------------------------------- receiving

    def receive(self):
        """The next frame: number, type, flags, and a view of the payload that is
        good until the next call."""
        start, end = self.start_at, self.end_at
        if start == end:
            start = 0
            if len(self.buffer) != BUFFER:
                self.buffer = bytearray(BUFFER)
            end = self.receive_into(self.buffer)
        buffer = self.buffer
        if end - start < HEADER_SIZE:
            start, end = self.fill(start, end, HEADER_SIZE)
            buffer = self.buffer
        length, number, kind, flags, zero = unpack_header(buffer, start)
        if length > MAX_PAYLOAD or zero or not number:
            breach("a frame header")
        stop = start + HEADER_SIZE + length
        if stop > end:
            start, end = self.fill(start, end, HEADER_SIZE + length)
            buffer = self.buffer
            stop = start + HEADER_SIZE + length
        self.start_at, self.end_at = stop, end
        return number, kind, flags, memoryview(buffer)[start + HEADER_SIZE:stop]

    def receive_into(self, view):
        try:
            n = self.sock.recv_into(view)
        except OSError:
            n = 0
        if not n:
            front_is_gone()
        return n

    def fill(self, start, end, need):
        """Receives until need bytes are there from start on, and returns where
        they are."""
        if start + need > len(self.buffer):
            buffer = bytearray(max(need, BUFFER))
            buffer[:end - start] = memoryview(self.buffer)[start:end]
            self.buffer = buffer
            start, end = 0, end - start
        view = memoryview(self.buffer)
        while end - start < need:
            end += self.receive_into(view[end:])
        return start, end

    def aborted(self, number):
        """Whether the front has given up on the request, without waiting. A
        thread that waits for a part of the body meets the ABORT itself."""
        if not self.receive_lock.acquire(False):
            return False
        try:
            while self.start_at != self.end_at or self.readable():
                other, kind, _, _ = self.receive()
                if kind != ABORT:
                    breach("frame %d of request %d while the application answers" % (kind, other))
                if other == number:
                    return True
            return False  # what was there came too late for a request before this one
        finally:
            self.receive_lock.release()

    # ----------------------------------------------------------------------- sending

    def send(self, data):
        """Sends one frame that is in one piece."""
        try:
            with self.send_lock:
                self.sock.sendall(data)
        except OSError:
            front_is_gone()

    def send_while(self, request, kind, flags, data):
        """Sends one small frame unless the request is over; tells whether it did.
        Under the lock that also the last frame needs, so it cannot come after it."""
        frame = pack_header(len(data), request.number, kind, flags, 0) + data
        try:
            with self.send_lock:
                if request.over:
                    return False
                self.sock.sendall(frame)
        except OSError:
            front_is_gone()
        return True

    def send_data(self, request, data):
        """Sends a DATA frame."""
        if len(data) > SMALL:
            if request.over:
                raise RuntimeError("the request is over")
            self.send_pieces(pack_header(len(data), request.number, DATA, 0, 0), data)
        elif not self.send_while(request, DATA, 0, data):
            raise RuntimeError("the request is over")

    def send_frame(self, number, kind, flags, data):
        """Sends one frame; data is at most MAX_PAYLOAD bytes."""
        header = pack_header(len(data), number, kind, flags, 0)
        if len(data) <= SMALL:
            self.send(header + data)
        else:
            self.send_pieces(header, data)

    def send_pieces(self, header, data):
        """Sends a frame without copying data."""
        try:
            with self.send_lock:
                if not hasattr(self.sock, "sendmsg"):
                    self.sock.sendall(header)
                    self.sock.sendall(data)
                    return
                sent = self.sock.sendmsg((header, data))
                if sent < len(header):
                    self.sock.sendall(header[sent:])
                    sent = len(header)
                if sent < len(header) + len(data):
                    self.sock.sendall(memoryview(data)[sent - len(header):])
        except OSError:
            front_is_gone()

    def send_head(self, number, flags, block, data):
        """Sends the HEAD frame; block and data together fit a payload."""
        header = pack_header_u32(4 + len(block) + len(data), number, HEAD, flags, 0, len(block))
        if len(data) <= SMALL:
            self.send(b"".join((header, block, data)))
        else:
            self.send_pieces(header + block, data)

    def send_want(self, number, size):
        self.send(pack_header_u32(4, number, WANT, 0, 0, size))

    def send_file(self, number, fd, offset, length):
        """Sends a FILE frame; the descriptor travels with its first byte."""
        frame = _HEADER_FILE.pack(16, number, FILE, 0, 0, offset, length)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [fd]))]
        try:
            with self.send_lock:
                sent = self.sock.sendmsg([frame], rights)
                if sent < len(frame):
                    self.sock.sendall(frame[sent:])
        except OSError:
            front_is_gone()
