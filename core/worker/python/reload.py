"""Which files make up the application: those whose change asks for a reload."""

import os
import sys
from _thread import allocate_lock, start_new_thread

from .failure import OURS, application_frames

MAX_BYTES = 900 << 10  # of a message, whose line may be 1 MiB
INTERVAL = 1.0


def module_files():
    """The sources of all modules that are loaded."""
    paths = set()
    for module in list(sys.modules.values()):
        try:
            path = getattr(module, "__file__", None)
        except Exception:  # a lazy module that cannot be loaded
            continue
        if not isinstance(path, str) or path.startswith(OURS):
            continue
        if path.endswith(".pyc"):
            source = path[:-1]
            if os.path.basename(os.path.dirname(path)) != "__pycache__" and os.path.exists(source):
                path = source
        if os.path.isabs(path):
            paths.add(path)
        elif os.path.exists(path):
            paths.add(os.path.abspath(path))
    return paths


def template_directories(application, directory):
    """The directories of templates that the frameworks know of."""
    found = [os.path.join(directory, "templates")]
    for ask in (_django, _jinja):
        try:
            found.extend(ask(application))
        except Exception:  # a framework that is half set up
            pass
    return {os.path.abspath(str(path)) for path in found if path and os.path.isdir(str(path))}


def _django(application):
    conf, apps = sys.modules.get("django.conf"), sys.modules.get("django.apps")
    if conf is None or not conf.settings.configured:
        return []
    found = []
    for engine in getattr(conf.settings, "TEMPLATES", None) or ():
        found.extend(engine.get("DIRS") or ())
        if engine.get("APP_DIRS") and apps is not None:
            for config in apps.apps.get_app_configs():
                found.append(os.path.join(config.path, "templates"))
    return found


def _jinja(application):
    """Flask, its blueprints, and whoever else has a jinja_loader."""
    found = []
    for thing in [application] + list(getattr(application, "blueprints", {}).values()):
        loader = getattr(thing, "jinja_loader", None)
        found.extend(getattr(loader, "searchpath", None) or ())
    return found


def paths_of_failure(error, start):
    """What to watch when the application could not be loaded: the next change
    may mend it."""
    paths = module_files()
    cause, seen = error.cause, 0
    while cause is not None and seen < 20:
        paths.update(application_frames(cause))
        if isinstance(cause, SyntaxError) and cause.filename:
            paths.add(cause.filename)
        cause, seen = cause.__cause__ or cause.__context__, seen + 1
    path = os.path.abspath(start["target"].partition(":")[0]) if start["target"] else os.getcwd()
    for extra in (path, path + ".py", os.getcwd()):
        if os.path.exists(extra):
            paths.add(extra)
    return bounded(path for path in paths if os.path.isabs(path))


def bounded(paths):
    """The paths that fit a message, in order; those in the text of JSON."""
    out, size = [], 0
    for path in sorted(paths):
        try:
            size += 4 + len(path.encode("utf-8")) * 2
        except UnicodeEncodeError:
            continue  # not to be said in JSON
        if size > MAX_BYTES:
            sys.stderr.write("modwsgi-express: too many files, not all are watched for changes\n")
            break
        out.append(path)
    return out


class Reporter:
    """Sends the list, and again when it has grown: applications import more
    while they run."""

    def __init__(self, control, found, start):
        self.control = control
        self.application = found.application
        self.file = found.file
        self.directory = start["working_directory"] or os.getcwd()
        self.sent = set()
        self.modules = 0
        self.pause = allocate_lock()  # never released: to wait natively, not as patched
        self.pause.acquire()

    def start(self):
        self.report()
        start_new_thread(self.run, ())  # a native one, whatever the application patched

    def report(self):
        self.modules = len(sys.modules)
        paths = module_files() | template_directories(self.application, self.directory)
        if self.file:
            paths.add(os.path.abspath(self.file))
        if not paths <= self.sent:
            self.sent |= paths
            self.control.send({"type": "files", "paths": bounded(self.sent)})

    def run(self):
        while True:
            self.pause.acquire(True, INTERVAL)
            if len(sys.modules) != self.modules:
                self.report()
