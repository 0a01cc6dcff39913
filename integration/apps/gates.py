"""Order between requests and a test without clocks; see integration/harness/gates.go.

A gate is a file in the directory TEST_GATES: NAME.open lets through, and each
NAME.here.… says that somebody has come. LIMIT only keeps a failing test from
hanging: nothing depends on its length.
"""

import glob
import os
import tempfile
import time

LIMIT = 30.0


def _path(name):
    return os.path.join(os.environ["TEST_GATES"], name)


def _until(predicate, what):
    deadline = time.monotonic() + LIMIT
    while not predicate():
        if time.monotonic() > deadline:
            raise RuntimeError("gave up waiting: " + what)
        time.sleep(0.003)


def arrive(name):
    os.close(tempfile.mkstemp(prefix=os.path.basename(name) + ".here.",
                              dir=os.environ["TEST_GATES"])[0])


def wait(name):
    """Says that this request is here and waits until the gate is open."""
    arrive(name)
    _until(lambda: os.path.exists(_path(name + ".open")), "gate %s was never opened" % name)


def meet(name, count):
    """Waits until so many are here."""
    arrive(name)
    _until(lambda: len(glob.glob(_path(name + ".here.*"))) >= count, "too few came to " + name)
