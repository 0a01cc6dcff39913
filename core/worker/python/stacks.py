"""What the threads are doing."""

import sys
import threading
import traceback

from .failure import is_ours

MAX_TEXT = 256 << 10
MAX_FRAMES = 64


def describe(lanes, wanted):
    """The Python stacks of all threads (wanted is -1), or of one lane's."""
    frames = sys._current_frames()
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    own = {lane.thread.ident: lane for lane in lanes}
    if wanted >= 0:
        idents = [lane.thread.ident for lane in lanes if lane.index == wanted]
    else:
        idents = sorted(frames, key=lambda ident: (ident not in own, names.get(ident, ""), ident))
    parts = []
    for ident in idents:
        frame = frames.get(ident)
        if frame is None:
            continue
        lane = own.get(ident)
        if wanted < 0 and _is_worker(frame, lane):
            continue
        name = names.get(ident, "unknown")
        if lane is not None and lane.request is None:
            parts.append("Thread %s: no request\n" % name)
            continue
        parts.append("Thread %s (most recent call last):\n%s" % (name, _stack(frame)))
    return "\n".join(parts)


def _is_worker(frame, lane):
    """Whether a thread runs nothing but the worker's own code, as the one that
    listens on the control socket."""
    if lane is not None:
        return False
    while frame is not None:
        filename = frame.f_code.co_filename
        if not is_ours(filename) and filename not in (threading.__file__, "<string>"):
            return False
        frame = frame.f_back
    return True


def _stack(frame):
    """The frames from the application's first one on. Those of the worker below
    it say nothing; those above it say what the application waits for."""
    summary = [f for f in traceback.extract_stack(frame, limit=None)]
    first = 0
    for i, entry in enumerate(summary):
        if is_ours(entry.filename):
            first = i + 1
        elif entry.filename not in (threading.__file__, "<string>"):
            break
    summary = summary[first:] or summary
    left_out = len(summary) - MAX_FRAMES
    text = "".join(traceback.format_list(summary[-MAX_FRAMES:]))
    return "  [%d frames]\n%s" % (left_out, text) if left_out > 0 else text
