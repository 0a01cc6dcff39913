"""Loading a file as a module.

A file that Python could import by a name is imported by it: so that another
module that imports it finds the same one, and pickle finds its classes. Any other
file, of whatever extension, becomes a module under a name of its own, the same
in every worker.
"""

import importlib.util
import os
import re
import sys
import zlib
from importlib.machinery import ModuleSpec

from .failure import LoadError, import_error


class ScriptLoader:
    """Executes a file. Not importlib's, whose cache of the compiled file would
    have the place of that of a .py of the same name."""

    def __init__(self, path):
        self.path = path

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name):
        return compile(self.get_data(self.path), self.path, "exec", dont_inherit=True)

    def get_source(self, name):
        return importlib.util.decode_source(self.get_data(self.path))

    def get_filename(self, name):
        return self.path

    def get_data(self, path):
        with open(path, "rb") as f:
            return f.read()

    def is_package(self, name):
        return False


def load(path, label):
    """The module of the file; what it raises becomes a LoadError."""
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise LoadError("not-found", "cannot read %s: %s" % (path, error.strerror))
    name = natural_name(path)
    if name is not None:
        try:
            return importlib.import_module(name)
        except BaseException as error:
            raise import_error(label, error)
    name = "%s_%08x" % (re.sub(r"\W", "_", os.path.basename(path)), zlib.crc32(os.fsencode(path)))
    spec = ModuleSpec(name, ScriptLoader(path), origin=path)
    spec.has_location = True
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        sys.modules.pop(name, None)
        raise import_error(label, error)
    return sys.modules.get(name, module)


def natural_name(path):
    """The dotted name by which an import statement finds this very file, or None."""
    stem, extension = os.path.splitext(os.path.basename(path))
    if extension != ".py" or not stem.isidentifier() or stem == "__init__":
        return None
    roots = {os.path.realpath(entry or ".") for entry in sys.path if isinstance(entry, str)}
    directory, names, found = os.path.dirname(os.path.realpath(path)), [stem], []
    if os.path.basename(os.path.realpath(path)) != stem + ".py":
        return None  # a link to a file of another name
    while True:
        if directory in roots:
            found.append((".".join(reversed(names)), directory))
        directory, package = os.path.split(directory)
        if not os.path.isfile(os.path.join(directory, package, "__init__.py")) or not package.isidentifier():
            break
        names.append(package)
    for name, root in reversed(found):  # with all its packages first
        if _finds(name, root):
            return name
    return None


def _finds(name, root):
    """Whether the first part of the name is found below root and nowhere else."""
    top = name.partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)  # a name without dots: imports nothing
    except (ImportError, ValueError, AttributeError):
        return False
    if spec is None or not isinstance(spec.origin, str):
        return False
    wanted = (os.path.join(root, top + ".py"), os.path.join(root, top, "__init__.py"))
    return os.path.realpath(spec.origin) in wanted
