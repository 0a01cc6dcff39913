"""One request: the call of the application, its response, and close().

    start_response ──► block is set ──► first bytes: HEAD ──► DATA, FILE ──► close() ──► END

Nothing that an application raises gets out of handle(): the thread goes on.
"""

import os
import struct
import traceback
from marshal import loads

from .body import BodyError, Buffered, ClientGone, Streamed
from .errorlog import ErrorLog
from .failure import format_error, format_line
from .filewrapper import FileWrapper, file_range
from .lane import END, ERRORS, FLAG_END, FLAG_ERROR, FLAG_EXIT, MAX_PAYLOAD, SMALL
from .response import head_block

_u32 = struct.Struct("<I").unpack_from
MAX_TRACEBACK = 256 << 10
# In place of a head block: start_response raised, because of its arguments.
REFUSED = b""


def handle(lane, number, flags, payload, application):
    """Runs the request of a REQUEST frame."""
    body_at = 4 + _u32(payload)[0]
    environ = loads(payload[4:body_at])
    body = bytes(payload[body_at:])
    payload = None
    request = Request(lane, number)
    environ["wsgi.input"] = Buffered(body) if flags & FLAG_END else Streamed(lane, request, body)
    run(lane, application, environ, request)


def run(lane, application, environ, request):
    """Runs a request with the thread of a lane."""
    environ["wsgi.errors"] = request.log
    environ["wsgi.file_wrapper"] = FileWrapper
    lane.request = request
    try:
        _respond(application, environ, request)
    except BaseException:
        # Not the application's: memory is out, or this file is wrong. What the
        # lane's state is nobody can tell.
        traceback.print_exc()
        os._exit(1)
    finally:
        lane.request = None
    if lane.worker.stopping:
        lane.worker.notify()


def _respond(application, environ, request):
    result = failed = None
    try:
        try:
            result = application(environ, request.start_response)
            kind = type(result)
            if kind is list or kind is tuple:
                request.put_list(result)
            elif kind is FileWrapper:
                request.put_file(result)
            else:
                request.put_all(result)
        except BaseException as error:
            failed = error
        try:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            # A response that was complete stays so, whatever went wrong with the
            # cleaning up; only SystemExit says more than "log me".
            if isinstance(error, SystemExit) and not isinstance(failed, SystemExit):
                failed, error = error, failed
            if error is not None:
                request.log_error(error)
            error = None
        if request.over:
            return
        if failed is None:
            failed = request.finish()
        if failed is not None:
            request.fail(failed)
    finally:
        failed = None  # its traceback refers to this frame


class Request:
    __slots__ = ("lane", "number", "log", "block", "length", "sent", "gone", "over")

    def __init__(self, lane, number):
        self.lane = lane
        self.begin(number)

    def begin(self, number):
        self.number = number
        self.log = ErrorLog(self)
        self.block = None  # the head, once start_response has accepted it
        self.length = None  # Content-Length in it
        self.sent = False  # the head is
        self.gone = False  # nobody wants the response any more
        self.over = False  # the last frame is sent, or about to be

    # ------------------------------------------------------ what the application calls

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if not isinstance(exc_info, tuple) or len(exc_info) != 3:
                    raise TypeError("exc_info must be the tuple of sys.exc_info(), not %r" % (exc_info,))
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # it refers to the caller's frame, and that to us
        elif self.block:
            raise AssertionError("start_response() was called again without exc_info")
        if self.over:
            raise RuntimeError("start_response() was called after the end of the request")
        self.block = REFUSED
        self.block, self.length = head_block(status, headers)
        return self.write

    def write(self, data):
        if not isinstance(data, bytes):
            raise TypeError("write() takes bytes, not %s" % type(data).__name__)
        if data:
            self.put(data)

    # -------------------------------------------------------------------------- sending

    def put(self, data):
        """Sends response bytes now, behind the head if that is still here."""
        lane, number = self.lane, self.number
        if self.sent:
            if self.gone or lane.aborted(number):
                self.gone = True
                raise ClientGone("the client is gone")
            if len(data) <= MAX_PAYLOAD:
                lane.send_data(self, data)
                return
            at = 0
        else:
            block = self.ready_block()
            self.sent = True
            at = min(len(data), MAX_PAYLOAD - 4 - len(block))
            lane.send_head(number, 0, block, data if at == len(data) else data[:at])
        view = memoryview(data)
        while at < len(data):
            lane.send_data(self, view[at:at + MAX_PAYLOAD])
            at += MAX_PAYLOAD

    def ready_block(self):
        if self.over:
            raise RuntimeError("the request is over")
        if not self.block:
            raise self.no_head("the application gave a body before it called start_response()")
        return self.block

    def no_head(self, text):
        if self.block is REFUSED:
            text = "the application went on after start_response() had refused its arguments"
        return AssertionError(text)

    def put_list(self, result):
        """Sends a list or tuple: all of it is here, so it may go out in one piece,
        with its length known."""
        total = 0
        for block in result:
            if not isinstance(block, bytes):
                raise TypeError(_bad_item(block))
            total += len(block)
        block = self.block
        if not block:
            raise self.no_head("the application never called start_response()")
        if self.sent or total > SMALL and len(result) > 1 or total + len(block) + 4 > MAX_PAYLOAD:
            for data in result:
                if data:
                    self.put(data)
            return
        data = result[0] if len(result) == 1 else b"".join(result)
        self.end_with_head(block, data)

    def put_all(self, result):
        """Sends what an iterable yields, each block when it comes."""
        if result is None or isinstance(result, (str, bytes, bytearray)):
            raise TypeError("the application returned %s, not an iterable of bytes%s" % (
                type(result).__name__, ": return [body]" if isinstance(result, (bytes, bytearray)) else ""))
        for block in result:
            if not isinstance(block, bytes):
                raise TypeError(_bad_item(block))
            if block:
                self.put(block)
            elif not self.sent:
                self.ready_block()  # it has to be there before the first item, even an empty one
            elif self.gone or self.lane.aborted(self.number):
                self.gone = True
                raise ClientGone("the client is gone")

    def put_file(self, result):
        found = None
        if not self.sent and self.block:
            found = file_range(result.filelike)
        if found is None:
            return self.put_all(result)
        fd, offset, available = found
        if self.length is None and self.block[:3] not in (b"204", b"304"):
            self.block += b"\nContent-Length\n%d" % available
            self.length = available
        if not self.lane.files:
            return self.put_all(result)
        length = available if self.length is None else min(available, self.length)
        if length:
            self.sent = True
            self.lane.send_head(self.number, 0, self.block, b"")
            self.lane.send_file(self.number, fd, offset, length)

    # --------------------------------------------------------------------------- ending

    def finish(self):
        """Ends a response that nothing went wrong with, or returns what did."""
        if not self.sent:
            if not self.block:
                return self.no_head("the application never called start_response()")
            self.end_with_head(self.block, b"")
        else:
            self.end(0, b"")
        return None

    def end_with_head(self, block, data):
        self.before_end()
        self.sent = True
        self.lane.send_head(self.number, FLAG_END, block, data)

    def end(self, flags, payload):
        self.before_end()
        self.lane.send_frame(self.number, END, flags, payload)

    def before_end(self):
        """From here on no other thread sends a frame of this request. One that
        waits for a part of the body is waited for: the answer belongs here."""
        self.log.flush()
        with self.lane.receive_lock:
            self.over = True

    def fail(self, error):
        if not self.gone and not _is_the_clients(error):
            self.log_error(error)
        flags = FLAG_ERROR | FLAG_EXIT if isinstance(error, SystemExit) else FLAG_ERROR
        self.end(flags, format_line(error).encode("utf-8", "backslashreplace"))

    def log_error(self, error):
        """Sends a traceback to the log."""
        self.log.flush()
        text = format_error(error).encode("utf-8", "backslashreplace")
        if len(text) > MAX_TRACEBACK:
            text = b"[...]\n" + text[-MAX_TRACEBACK:].partition(b"\n")[2]
        self.lane.send_frame(self.number, ERRORS, FLAG_ERROR, text)


def _bad_item(item):
    return "the application's iterable must yield bytes, not %s: %.100r" % (type(item).__name__, item)


def _is_the_clients(error):
    """Whether an exception comes from one that we raised because of the client:
    the front knows, and a traceback would blame the application."""
    for _ in range(20):
        if error is None:
            return False
        if isinstance(error, (ClientGone, BodyError)):
            return True
        error = error.__cause__ or error.__context__
    return False
