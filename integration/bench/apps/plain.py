"""Applications without a framework. Each is one callable."""

import time

HELLO = b"Hello, World!\n"
TEN_KB = b"0123456789abcdef" * 640
ONE_MB = b"0123456789abcdef" * 65536
BLOCK = b"0123456789abcdef" * 64


def answer(start_response, body):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def hello(environ, start_response):
    return answer(start_response, HELLO)


def ten_kb(environ, start_response):
    return answer(start_response, TEN_KB)


def one_mb(environ, start_response):
    return answer(start_response, ONE_MB)


def echo(environ, start_response):
    return answer(start_response, environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))


def stream(environ, start_response):
    """20 blocks of 1 KiB, without a length."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return (BLOCK for _ in range(20))


def sleep(environ, start_response):
    time.sleep(0.010)
    return answer(start_response, HELLO)


def compute(environ, start_response):
    """One millisecond of this thread's processor time, whatever else runs."""
    end = time.thread_time() + 0.001
    while time.thread_time() < end:
        sum(range(200))
    return answer(start_response, HELLO)


def mix(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.200)
    return answer(start_response, HELLO)


def upload(environ, start_response):
    left, size = int(environ["CONTENT_LENGTH"]), 0
    while left > 0:
        piece = environ["wsgi.input"].read(min(left, 65536))
        if not piece:
            break
        left -= len(piece)
        size += len(piece)
    return answer(start_response, b"%d\n" % size)
