"""The life of a worker process.

    hello ── start ──► load ──► loaded ──► serve ──► stop: stopping ──► finish ──► exit
                        └─► failed, exit

The application is imported in the main thread, as every library that looks for
it expects. Before that the lanes' threads are started, and wait: they stay
native threads even if the application patches the threading module. A further
thread listens on the control socket from the start, so that the front's death
and a question for the stacks are noticed while an import hangs.
"""

import os
import signal
import sys
import threading
import time
import traceback
from _thread import allocate_lock

from . import failure, framework, reload, stacks, target
from .control import Control
from .lane import Lane, lane_socket
from .request import handle


class Worker:
    def __init__(self, control):
        self.control = control
        self.start = None
        self.lanes = []
        self.ring = None  # what requests come through, if not the lanes
        self.why_lanes = None
        self.loaded = False
        self.stopping = False
        self.wake = allocate_lock()
        self.wake.acquire()

    # ------------------------------------------------------------ the main thread

    def run(self):
        self.start = start = self.control.receive()
        ignore_signals()
        gate = allocate_lock()
        gate.acquire()
        self.lanes = [Lane(i, lane_socket(fd), start["files"], self, handle) for i, fd in enumerate(start["lanes"])]
        close = [self.control.sock.close] + [lane.sock.close for lane in self.lanes]
        if start["ring"] is not None:
            from .ring import open_ring  # only now: it takes ctypes with it
            self.ring, self.why_lanes = open_ring(start["ring"])
            if self.ring is not None:
                close.append(self.ring.close_in_child)
        close_when_forked(close)
        for lane in self.lanes:
            lane.start(gate)
        threading.Thread(target=self.listen, name="modwsgi-control", daemon=True).start()

        if not self.load():
            leave(1)
        if not self.lanes:
            leave(0)
        gate.release()
        self.wait_for_stop()
        self.finish()
        return 0

    def load(self):
        start = self.start
        began = time.monotonic()
        try:
            if self.why_lanes is not None and start["ring"]["required"]:
                raise failure.LoadError("config", "the transport \"ring\" cannot be used: " + self.why_lanes,
                                        "the transport \"auto\" uses lanes then")
            found = target.load(start)
        except failure.LoadError as error:
            if start["reload_files"]:
                self.control.send({"type": "files", "paths": reload.paths_of_failure(error, start)})
            self.control.send(error.message())
            return False
        for lane in self.lanes:
            lane.application = found.application
        message = found.message()
        message["framework"] = framework.describe(found.application)
        message["transport"] = "ring" if self.ring is not None else "lanes"
        message["why_lanes"] = self.why_lanes or ""
        message["seconds"] = round(time.monotonic() - began, 4)
        self.loaded = True
        self.control.send(message)
        if start["reload_files"] and self.lanes:
            reload.Reporter(self.control, found, start).start()
        return True

    def wait_for_stop(self):
        while not self.stopping:
            self.wake.acquire()

    def finish(self):
        """Waits until no thread has a request, and there is none that no thread
        has seen yet. A thread that has received one and not said so is only
        instructions away from it: hence the second look."""
        quiet = 0
        while quiet < 2:
            quiet = 0 if self.occupied() else quiet + 1
            self.wake.acquire(True, 0.02 if quiet else 1.0)
        if self.ring is not None:
            self.ring.stop()

    def occupied(self):
        return self.ring is not None and self.ring.waiting() or any(lane.occupied() for lane in self.lanes)

    def notify(self):
        """Wakes the main thread; called by lanes when a request ends while stopping."""
        try:
            self.wake.release()
        except RuntimeError:
            pass  # it is awake

    # --------------------------------------------------------- the control thread

    def listen(self):
        while True:
            message = self.control.receive()
            kind = message["type"]
            if kind == "stacks":
                self.tell_stacks(message)
            elif kind == "stop":
                self.control.send({"type": "stopping"})
                if not self.loaded:
                    leave(0)  # there is no request, and nothing that an exit would complete
                self.stopping = True
                self.notify()

    def tell_stacks(self, message):
        try:
            text = stacks.describe(self.lanes, message["lane"])
        except Exception:  # a thread that ends at the wrong moment must not silence the process
            text = "cannot tell the stacks: " + traceback.format_exc()
        self.control.send({"type": "stacks", "id": message["id"], "text": text[:stacks.MAX_TEXT]})


def ignore_signals():
    """Service managers send SIGTERM to every process of a service at once; it is
    the front that decides when a worker ends. A handler that does nothing, and
    not SIG_IGN, because children of the application would inherit that."""
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda number, frame: None)


def close_when_forked(functions):
    """A child that the application forks must not keep the sockets open: their
    end is how the other side learns of a death. Nor may it answer through the
    ring."""
    def close():
        for function in functions:
            function()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=close)


def leave(code):
    """Ends a process that has not served, whatever threads its application began."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    os._exit(code)


def run(control):
    return Worker(Control(control)).run()
