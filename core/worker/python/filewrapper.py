"""wsgi.file_wrapper: a file as the body of a response.

If it is a plain file the front sends it, with sendfile. An object's own fileno()
does not tell: gzip.GzipFile has one, of the compressed file. So only the types
whose reads are the bytes of the file are trusted, and wrappers that hand their
reads through to one.
"""

import io
import os
import stat
import sys

BLOCK = 64 << 10

_PLAIN = (io.BufferedReader, io.BufferedRandom)


class FileWrapper:
    """Iterates over a file in blocks. The block size is a suggestion (PEP 3333):
    larger ones are read where that cannot make anyone wait."""

    def __init__(self, filelike, block_size=BLOCK):
        self.filelike = filelike
        self.block_size = block_size
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self):
        size = self.block_size if self._waits() else max(self.block_size, BLOCK)
        read = self.filelike.read
        while True:
            block = read(size)
            if not block:
                return
            yield block

    def _waits(self):
        """Whether it is a pipe, a socket or a terminal, whose reads wait until the
        whole block is there."""
        try:
            return not stat.S_ISREG(os.fstat(self.filelike.fileno()).st_mode)
        except (AttributeError, OSError, ValueError, TypeError):
            return False


def plain_file(filelike):
    """The io object whose bytes filelike reads, or None if that is not certain."""
    for _ in range(4):
        kind = type(filelike)
        if kind is io.FileIO:
            return filelike
        if kind in _PLAIN:
            return filelike if type(filelike.raw) is io.FileIO else None
        tempfile = sys.modules.get("tempfile")
        if tempfile and kind is getattr(tempfile, "SpooledTemporaryFile", None):
            filelike = filelike._file
            continue
        inner = getattr(filelike, "file", None)
        if inner is None or inner is filelike:
            return None
        if not (tempfile and kind is getattr(tempfile, "_TemporaryFileWrapper", None)):
            if getattr(filelike, "read", None) != getattr(inner, "read", 0):
                return None
        filelike = inner
    return None


def file_range(filelike):
    """(descriptor, offset, length) of what a regular file has left to read, or
    None."""
    try:
        plain = plain_file(filelike)
        if plain is None:
            return None
        fd = plain.fileno()
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            return None
        if plain.writable():
            plain.flush()
            info = os.fstat(fd)
        offset = plain.tell()
        return fd, offset, max(info.st_size - offset, 0)
    except (OSError, ValueError, AttributeError):
        return None  # closed, or not what it seems: reading it says so best
