"""wsgi.errors: text for the log, with its request."""

import sys

from .lane import ERRORS

MAX_PENDING = 64 << 10  # characters of a line that does not end


class ErrorLog:
    """A text stream, sent line by line. After the end of the request, when its
    frames are no longer wanted, it writes to sys.stderr."""

    __slots__ = ("request", "pending")

    encoding = "utf-8"
    errors = "backslashreplace"
    closed = False

    def __init__(self, request):
        self.request = request
        self.pending = ""

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("wsgi.errors takes str, not %s" % type(text).__name__)
        pending = self.pending + text
        end = len(pending) if len(pending) > MAX_PENDING else pending.rfind("\n") + 1
        self.pending = pending[end:]
        if end:
            self._send(pending[:end])
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pending, self.pending = self.pending, ""
        if pending:
            self._send(pending)

    def _send(self, text):
        request = self.request
        lane = request.lane  # a request in a slot moves to its lane by this
        data = text.encode("utf-8", "backslashreplace")
        for at in range(0, len(data), MAX_PENDING):
            if not lane.send_while(request, ERRORS, 0, data[at:at + MAX_PENDING]):
                sys.stderr.write(data[at:].decode("utf-8", "replace"))
                return

    def isatty(self):
        return False

    def readable(self):
        return False

    def writable(self):
        return True

    def seekable(self):
        return False

    def close(self):
        """Only flushes: the log is not the application's to close."""
        self.flush()
