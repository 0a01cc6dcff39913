"""Another application inside a checker of PEP 3333.

WRAP_TARGET   path of a script with a callable named "application"
WRAP_CHECKER  validate (wsgiref.validate) or lint (WebTest's)

A breach is an AssertionError in the log and a 500 for the client; what the
checkers only warn about is turned into an error as well. ALLOWED are warnings
about the application, not about the server.
"""

import importlib.util
import os
import sys
import warnings

ALLOWED = ("Unknown REQUEST_METHOD",)


class Sized:
    """Lets applications call read() without a size, which PEP 3333 allows and
    wsgiref.validate does not."""

    def __init__(self, stream):
        self.stream = stream
        self.readline = stream.readline
        self.readlines = stream.readlines

    def read(self, size=-1):
        if size is not None and size >= 0:
            return self.stream.read(size)
        parts = []
        while True:
            part = self.stream.read(65536)
            if not part:
                return b"".join(parts)
            parts.append(part)

    def __iter__(self):
        return iter(self.stream)

    def __next__(self):
        line = self.stream.readline()
        if not line:
            raise StopIteration
        return line


def sized_input(app):
    def wrapper(environ, start_response):
        environ["wsgi.input"] = Sized(environ["wsgi.input"])
        return app(environ, start_response)
    return wrapper


def load():
    spec = importlib.util.spec_from_file_location("wrapped_application", os.environ["WRAP_TARGET"])
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # applications import themselves, as Django's URLs
    spec.loader.exec_module(module)
    app = sized_input(module.application)
    if os.environ["WRAP_CHECKER"] == "lint":
        from webtest import lint
        category, checked = lint.WSGIWarning, lint.middleware(app)
    else:
        from wsgiref import validate
        category, checked = validate.WSGIWarning, validate.validator(app)
    warnings.simplefilter("error", category)
    for message in ALLOWED:
        warnings.filterwarnings("ignore", message)
    return checked


application = load()
