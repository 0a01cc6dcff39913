"""wsgi.input: the body of the request.

A body that came with the request is an io.BytesIO. Any other is fetched from the
front as it is read, in large steps: every step is a round trip between the
processes, and each of them has to get hold of the interpreter lock again.
"""

import io
from operator import index

from .lane import ABORT, BODY, FLAG_END, FLAG_ERROR, MAX_PAYLOAD, breach

STEP_MIN = 64 << 10
STEP = 256 << 10


class ClientGone(ConnectionAbortedError):
    """The client went away, or the server gave up on the request."""

    __module__ = "modwsgi_express"  # for tracebacks in the application's own log


class BodyError(OSError):
    """The body of the request cannot be delivered."""

    __module__ = "modwsgi_express"


class Buffered(io.BytesIO):
    """A body that is here. What the application does with close() must not take
    it away from who reads it next."""

    def close(self):
        pass


class Streamed:
    """A body that is fetched when it is read. Answers as io.BytesIO would."""

    __slots__ = ("lane", "request", "buffer", "at", "ended", "error")

    def __init__(self, lane, request, first):
        self.lane = lane
        self.request = request
        self.buffer = first  # what came; buffer[at:] has not been read
        self.at = 0
        self.ended = False
        self.error = None  # for every read after the one that failed

    def _fetch(self, wanted):
        """Waits for more and puts it behind what has not been read. False: that
        was all."""
        if self.error is not None:
            raise self.error
        if self.ended:
            return False
        lane, request = self.lane, self.request
        with lane.receive_lock:
            if request.over:
                raise self._fail(ValueError("the body was read after the end of its request"))
            if request.gone:
                raise self._fail(ClientGone("the client is gone"))
            if self.ended:
                return False
            lane.send_want(request.number, min(max(wanted, STEP_MIN), STEP))
            number, kind, flags, payload = lane.receive()
            if number != request.number or kind not in (BODY, ABORT):
                breach("frame %d of request %d in answer to WANT" % (kind, number))
            if kind == ABORT:
                request.gone = True
                raise self._fail(ClientGone("the client is gone"))
            if flags & FLAG_ERROR:
                raise self._fail(BodyError(bytes(payload).decode("utf-8", "replace")))
            self.ended = bool(flags & FLAG_END)
            if self.at == len(self.buffer):
                self.buffer = bytes(payload)
            else:
                self.buffer = self.buffer[self.at:] + payload
            self.at = 0
            return bool(payload) or not self.ended

    def _fail(self, error):
        self.error = error
        self.buffer, self.at = b"", 0
        return error

    def _take(self, n):
        """The next n bytes, which are here."""
        at = self.at
        self.at = at + n
        if not at and n == len(self.buffer):
            data, self.buffer, self.at = self.buffer, b"", 0
            return data
        return self.buffer[at:at + n]

    def _size(self, size):
        return -1 if size is None else index(size)

    def read(self, size=-1):
        size = self._size(size)
        if size < 0:
            return self._read_all()
        if size <= len(self.buffer) - self.at:
            return self._take(size)
        parts = []
        while size:
            n = min(size, len(self.buffer) - self.at)
            if n:
                parts.append(self._take(n))
                size -= n
            elif not self._fetch(size):
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_all(self):
        parts = []
        while True:
            if self.at < len(self.buffer):
                parts.append(self._take(len(self.buffer) - self.at))
            if not self._fetch(MAX_PAYLOAD):
                return parts[0] if len(parts) == 1 else b"".join(parts)

    def readline(self, size=-1):
        size = self._size(size)
        searched = 0  # bytes of the buffer without a newline in them
        while True:
            at, have = self.at, len(self.buffer) - self.at
            newline = self.buffer.find(b"\n", at + searched)
            if newline >= 0:
                n = newline + 1 - at
            elif 0 <= size <= have:
                n = size
            elif self._fetch(have):
                searched = have
                continue
            else:
                n = len(self.buffer) - self.at
            return self._take(n if size < 0 else min(n, size))

    def readlines(self, hint=-1):
        hint = self._size(hint)
        lines, total = [], 0
        for line in self:
            lines.append(line)
            total += len(line)
            if 0 < hint <= total:
                break
        return lines

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def read1(self, size=-1):
        """What is here, or comes next, up to size bytes."""
        size = self._size(size)
        while size and self.at == len(self.buffer):
            if not self._fetch(STEP if size < 0 else size):
                break
        have = len(self.buffer) - self.at
        return self._take(have if size < 0 else min(size, have))

    def readinto(self, target):
        view = memoryview(target).cast("B")
        data = self.read(len(view))
        view[:len(data)] = data
        return len(data)

    def readable(self):
        return True

    def writable(self):
        return False

    def seekable(self):
        return False

    @property
    def closed(self):
        return False

    def close(self):
        """Does nothing: who reads next still gets the rest."""
