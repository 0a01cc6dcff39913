"""Kinds of objects that applications give to wsgi.file_wrapper."""

import bz2
import gzip
import io
import os
import tempfile

TEXT = ("Content-Type", "text/plain")


def opened(path, mode="rb", *args):
    return open(path, mode, *args)


def at(position):
    def case(path):
        f = open(path, "rb")
        f.read(position)  # moves the object, and the descriptor further still
        return f, [TEXT]
    return case


def with_length(length):
    return lambda path: (open(path, "rb"), [TEXT, ("Content-Length", str(length))])


def temporary(path):
    f = tempfile.NamedTemporaryFile()
    f.write(b"temporary content")
    f.seek(10)
    return f, [TEXT]


def spooled(path):
    f = tempfile.SpooledTemporaryFile(max_size=1)
    f.write(b"spooled content")
    f.seek(8)
    return f, [TEXT]


def unflushed(path):
    f = open(path, "r+b")
    f.seek(0, os.SEEK_END)
    f.write(b"+unflushed")
    f.seek(0)
    f.write(b"C")
    return f, [TEXT]


def compressed(path):
    with gzip.open(path + ".gz", "wb") as f:
        f.write(b"what was compressed")
    return gzip.open(path + ".gz", "rb"), [TEXT]


def bzipped(path):
    with bz2.BZ2File(path + ".bz2", "wb") as f:
        f.write(b"what was compressed")
    return bz2.BZ2File(path + ".bz2", "rb"), [TEXT]


class Django:
    """As django.core.files.File: reads are handed through to .file."""

    def __init__(self, file):
        self.file = file

    read = property(lambda self: self.file.read)
    fileno = property(lambda self: self.file.fileno)
    tell = property(lambda self: self.file.tell)
    close = property(lambda self: self.file.close)


class Upper(Django):
    """A wrapper that changes what it reads."""

    def read(self, size=-1):
        return self.file.read(size).upper()


def pipe(path):
    r, w = os.pipe()
    os.write(w, b"through a pipe")
    os.close(w)
    return os.fdopen(r, "rb"), [TEXT]


def closed(path):
    f = open(path, "rb")
    f.close()
    return f, [TEXT]


class OnlyRead:
    def __init__(self):
        self.left = [b"only ", b"read"]

    def read(self, size):
        return self.left.pop(0) if self.left else b""


CASES = {
    "plain": lambda path: (open(path, "rb"), [TEXT]),
    "unbuffered": lambda path: (open(path, "rb", 0), [TEXT]),
    "at": at(5), "at-end": at(1 << 20), "shorter": with_length(4), "longer": with_length(100),
    "zero": with_length(0),
    "temporary": temporary, "spooled": spooled, "unflushed": unflushed,
    "django": lambda path: (Django(open(path, "rb")), [TEXT]),
    "upper": lambda path: (Upper(open(path, "rb")), [TEXT]),
    "gzip": compressed, "bz2": bzipped, "pipe": pipe, "closed": closed,
    "memory": lambda path: (io.BytesIO(b"in memory"), [TEXT]),
    "text": lambda path: (open(path, "r"), [TEXT]),
    "only-read": lambda path: (OnlyRead(), [TEXT]),
}
