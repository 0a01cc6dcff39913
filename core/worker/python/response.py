"""What start_response accepts: PEP 3333, and what HTTP needs beyond it.

The head block of the HEAD frame is the status and all names and values, joined
by newlines. So the whole of it is checked at once: what remains of the block
when every legal byte is taken away must be just those newlines. Only a block
that fails is looked at in detail, to say what is wrong with it.
"""

import re

from .lane import MAX_HEAD

# No control character at all, not even the tab that HTTP would allow (PEP 3333).
_LEGAL = bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))
_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z").match
_is_number = re.compile(r"[0-9]+\Z").match
_is_status = re.compile(r"[2-5][0-9][0-9] [^\x00-\x1f\x7f]*\Z").match

# RFC 9110, 7.6.1: of one connection, which is the server's. "Connection" itself
# is let through: the server takes it for a wish to close.
_HOP_BY_HOP = frozenset((
    "transfer-encoding", "keep-alive", "te", "trailer", "trailers", "upgrade",
    "proxy-connection", "proxy-authenticate", "proxy-authorization",
))

_PLAIN, _LENGTH = 1, 2
# Names that were checked before. An application has few of them; one that makes
# them up does not fill the memory.
_known = {}
_MAX_KNOWN = 512


def head_block(status, headers):
    """The head block, and the Content-Length in it or None."""
    if type(status) is not str and not isinstance(status, str):
        raise TypeError("the status must be a str, not %s: %r" % (_type(status), status))
    if not _is_status(status):
        raise ValueError(_bad_status(status))
    if type(headers) is not list and not isinstance(headers, list):
        raise TypeError("the headers must be a list, not %s" % _type(headers))
    length = failed = None
    parts = [status]
    try:
        for field in headers:
            if type(field) is not tuple and not isinstance(field, tuple):
                raise TypeError("not a tuple")
            name, value = field
            kind = _known.get(name) or _learn(name)
            if kind is _LENGTH:
                length = _length(value, length)
            parts.append(name)
            parts.append(value)
        block = "\n".join(parts).encode("latin-1")
        if len(block.translate(None, _LEGAL)) != len(parts) - 1:
            raise ValueError("a header is not legal")
    except (TypeError, ValueError) as error:
        failed = error
    if failed is not None:
        try:
            _explain(status, headers)
            raise failed
        finally:
            failed = None  # its traceback refers to this frame
    if len(block) > MAX_HEAD:
        raise ValueError("the headers take %d bytes, more than the limit of %d" % (len(block), MAX_HEAD))
    return block, length


def _type(value):
    return type(value).__name__


def _bad_status(status):
    if any(c < " " or c == "\x7f" for c in status):
        return "the status contains a control character: %r" % status
    if re.match(r"1[0-9][0-9] ", status):
        return "the status must be a final one, not an interim 1xx: %r" % status
    return "the status must be three digits from 200 to 599, a space and a reason, as '200 OK': %r" % status


def _learn(name):
    """Checks a header name and remembers it."""
    if not isinstance(name, str):
        raise TypeError("a header name must be a str, not %s: %r" % (_type(name), name))
    if not _is_token(name):
        raise ValueError("a header name must be an HTTP token: %r" % name)
    lower = name.lower()
    if lower in _HOP_BY_HOP:
        raise ValueError("the header %s is hop-by-hop: it belongs to the server (PEP 3333)" % name)
    if lower == "status":
        raise ValueError("the header Status is not allowed: the status is the first argument (PEP 3333)")
    kind = _LENGTH if lower == "content-length" else _PLAIN
    if len(_known) < _MAX_KNOWN and type(name) is str:
        _known[name] = kind
    return kind


def _length(value, before):
    if not isinstance(value, str):
        raise TypeError("the value of the header Content-Length must be a str, not %s: %r" % (_type(value), value))
    if not _is_number(value):
        raise ValueError("the header Content-Length must be a number: %r" % value)
    if before is not None:
        raise ValueError("the header Content-Length is there twice")
    if len(value) > 18:
        raise ValueError("the header Content-Length is too large: %s" % value[:40])
    return int(value)


def _explain(status, headers):
    """Raises what is wrong with the status or the first bad header."""
    if any(c > "\xff" for c in status):
        raise ValueError("the status has characters outside of latin-1: %r" % status)
    for field in headers:
        if not isinstance(field, tuple):
            raise TypeError("a header must be a tuple (name, value), not %s: %r" % (_type(field), field))
        if len(field) != 2:
            raise ValueError("a header must be a tuple (name, value): %r" % (field,))
        name, value = field
        _learn(name)
        if not isinstance(value, str):
            raise TypeError("the value of the header %s must be a str, not %s: %r" % (name, _type(value), value))
        if any(c < " " or c == "\x7f" for c in value):
            raise ValueError("the value of the header %s contains a control character: %r" % (name, value))
        if any(c > "\xff" for c in value):
            raise ValueError("the value of the header %s has characters outside of latin-1: %r" % (name, value))
