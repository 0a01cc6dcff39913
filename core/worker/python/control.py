"""The control socket: JSON objects, one a line, in both directions."""

import json
import os
from _thread import allocate_lock

MAX_LINE = 1 << 20


class Control:
    def __init__(self, sock):
        self.sock = sock
        self.lock = allocate_lock()  # the native one, whatever an application patches
        self.pending = b""

    def send(self, message):
        """Sends a message; a dead front ends the process."""
        line = json.dumps(message).encode("ascii") + b"\n"
        try:
            with self.lock:
                self.sock.sendall(line)
        except OSError:
            os._exit(1)

    def receive(self):
        """The next message. The end of the socket is the end of the process, at
        once and whatever its threads do: the front is dead."""
        while True:
            line, newline, rest = self.pending.partition(b"\n")
            if newline:
                self.pending = rest
                return json.loads(line.decode("utf-8"))
            try:
                data = self.sock.recv(65536)
            except OSError:
                data = b""
            if not data or len(self.pending) > MAX_LINE:
                os._exit(1)
            self.pending += data
