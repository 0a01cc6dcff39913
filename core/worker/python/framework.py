"""The framework an application is made with, for people to read.

Nothing is imported for it: what is not loaded is not used.
"""

import os
import re
import sys

# Package, name. The order is that in which they are asked when the application's
# own class says nothing: those that build on another one come first.
KNOWN = (
    ("django", "Django"), ("flask", "Flask"), ("pyramid", "Pyramid"), ("falcon", "Falcon"), ("bottle", "Bottle"),
    ("cherrypy", "CherryPy"), ("morepath", "Morepath"), ("trac", "Trac"), ("odoo", "Odoo"), ("moin", "MoinMoin"),
    ("pecan", "Pecan"), ("tg", "TurboGears"), ("nameko", "Nameko"), ("hug", "hug"),
    ("connexion", "Connexion"), ("dash", "Dash"), ("werkzeug", "Werkzeug"), ("webob", "WebOb"),
)
_NAMES = dict(KNOWN)
_FULL = tuple(package for package, _ in KNOWN if package not in ("werkzeug", "webob"))
# Where middleware keeps what it wraps.
_INNER = ("app", "application", "wsgi_app", "wrapped", "wrap_app", "_app")


def describe(application):
    """As "Flask 3.1.3"; "" if it is not known."""
    try:
        package = _of(application)
        if not package:
            return ""
        return (_NAMES[package] + " " + _version(package)).strip()
    except Exception:  # strange objects; the banner is not worth a failure
        return ""


def _of(application):
    weak = ""
    for _ in range(8):
        package = _of_class(application)
        if package in _FULL:
            return package
        weak = weak or package
        inner = _inner(application)
        if inner is None:
            break
        application = inner
    loaded = [package for package in _FULL if package in sys.modules]
    return loaded[0] if len(loaded) == 1 else weak


def _of_class(thing):
    modules = [getattr(thing, "__module__", None)] if not isinstance(thing, type) else []
    modules += [cls.__module__ for cls in (thing if isinstance(thing, type) else type(thing)).__mro__]
    for module in modules:
        package = str(module).partition(".")[0]
        if package in _NAMES:
            return package
    return ""


def _inner(thing):
    values = getattr(thing, "__dict__", None)
    if not isinstance(values, dict):
        return getattr(thing, "__self__", None)
    for name in _INNER:
        if callable(values.get(name)):
            return values[name]
    return getattr(thing, "__self__", None)


def _version(package):
    module = sys.modules.get(package)
    values = getattr(module, "__dict__", {})
    # Not getattr: Flask's __version__ is computed, and warns.
    for name in ("__version__", "VERSION", "version"):
        value = values.get(name)
        if isinstance(value, str) and value[:1].isdigit():
            return value
        if isinstance(value, tuple) and len(value) >= 2:
            return ".".join(str(part) for part in value[:3])
    where = values.get("__file__")
    if not where:
        return ""
    directory = os.path.dirname(where)
    if os.path.basename(where).startswith("__init__."):
        directory = os.path.dirname(directory)
    pattern = re.compile(r"%s-([0-9][^-]*)\.(dist|egg)-info\Z" % re.escape(package), re.IGNORECASE)
    for entry in os.listdir(directory):
        match = pattern.match(entry)
        if match:
            return match.group(1)
    return ""
