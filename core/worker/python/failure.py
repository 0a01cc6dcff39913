"""Why there is no application, and tracebacks without the frames of the worker."""

import os
import sys
import traceback

OURS = "<modwsgi-express>"
MAX_LINE = 500


class LoadError(Exception):
    """The application could not be loaded. reason is one of the words of the
    "failed" message; cause the exception that did it, if there was one."""

    def __init__(self, reason, message, hint="", cause=None):
        Exception.__init__(self, message)
        self.reason = reason
        self.hint = hint
        self.cause = cause

    def message(self):
        return {
            "type": "failed",
            "reason": self.reason,
            "message": str(self),
            "hint": self.hint,
            "traceback": format_error(self.cause) if self.cause is not None else "",
        }


def is_ours(filename):
    """Whether a frame is the worker's or the import machinery's."""
    return (filename.startswith(OURS) or filename.startswith("<frozen importlib")
            or filename.startswith("<builtin>/frozen importlib") or filename == _importlib)


_importlib = os.path.join(os.path.dirname(os.__file__), "importlib", "__init__.py")


def application_frames(error):
    """The files of the traceback's frames that are the application's."""
    files, tb = [], error.__traceback__
    while tb is not None:
        filename = tb.tb_frame.f_code.co_filename
        if not is_ours(filename):
            files.append(filename)
        tb = tb.tb_next
    return files


def format_error(error):
    """The traceback as Python prints it, without the frames that the
    application's author did not write."""
    try:
        whole = traceback.TracebackException(type(error), error, error.__traceback__)
        _trim(whole, set())
        return "".join(_without_empty_headers(whole.format()))
    except Exception:  # an exception whose parts raise when looked at
        return format_line(error) + "\n"


def _trim(te, seen):
    if te is None or id(te) in seen:
        return
    seen.add(id(te))
    te.stack[:] = [frame for frame in te.stack if not is_ours(frame.filename)]
    _trim(te.__cause__, seen)
    _trim(te.__context__, seen)
    for inner in getattr(te, "exceptions", None) or ():
        _trim(inner, seen)


def _without_empty_headers(lines):
    """Leaves out "Traceback" lines that no frame follows, as Python does for an
    error that has none (a SyntaxError of the script itself)."""
    header = None
    for line in lines:
        if header is not None:
            if line.startswith("  File ") and "\n    " in line or line.startswith("  File ") and ", in " in line:
                yield header
            header = None
        if line == "Traceback (most recent call last):\n":
            header = line
        else:
            yield line
    if header is not None:
        yield header


def format_line(error):
    """One line, as "ValueError: bad"."""
    try:
        text = "".join(traceback.format_exception_only(type(error), error)).strip()
    except Exception:
        text = type(error).__name__
    if isinstance(error, SyntaxError):
        line = text.splitlines()[-1] if text else "SyntaxError"
    else:
        line = text.splitlines()[0] if text else type(error).__name__
    return line[:MAX_LINE]


def import_error(what, error):
    """The LoadError for an exception that the application raised while it was
    imported."""
    if isinstance(error, SystemExit):
        return LoadError("import", "%s ended the process while it was imported: %s" % (what, format_line(error)),
                         "keep calls such as sys.exit() and app.run() behind: if __name__ == \"__main__\"", error)
    if isinstance(error, ImportError) and getattr(error, "name", None) and type(error) is not ImportError:
        top = error.name.partition(".")[0]
        return LoadError("import", "%s cannot be imported: it needs the module %s, which this interpreter does not have"
                         % (what, error.name), _install_hint(top), error)
    return LoadError("import", "%s cannot be imported: %s" % (what, format_line(error)), "", error)


def _install_hint(top):
    python = sys.executable or "python"
    if top in sys.modules:
        return "%s is there, in a version or a file that has no such module: %s" % (
            top, getattr(sys.modules[top], "__file__", None) or "no file")
    return ("the interpreter is %s (prefix %s): install what provides %s with \"%s -m pip install ...\", "
            "or choose another interpreter with --python or --virtualenv" % (python, sys.prefix, top, python))
