"""Which application is meant, and loading it.

    TARGET                          becomes
    app.ini, app.ini#section        paste: a Paste Deploy file
    site.wsgi, app.py, …:NAME       script: a file that is there
    project/                        the first of SCRIPTS in it, or its Django project
    myapp, my.app, …:NAME           module: what an import statement takes
    nothing                         as a directory: the working directory

NAME is a name, an attribute or a call; see search.Expression.
"""

import importlib
import os
import re
import site
import sys

from . import paste, project, script, search
from .failure import LoadError, application_frames, import_error

# What is looked for where no file is named; after them a Django project, then main.py.
SCRIPTS = ("wsgi.py", "app.py", "application.py")
LAST = "main.py"

_module_name = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z").match


class Found:
    """The application and how it was found."""

    def __init__(self, application, name, target, kind, file):
        self.application = application
        self.name = name
        self.target = target
        self.kind = kind
        self.file = file

    def message(self):
        return {"type": "loaded", "target": self.target, "kind": self.kind,
                "callable": self.name, "file": self.file or ""}


def load(start):
    """What the start message says; a LoadError says why not."""
    prepare(start)
    target, kind = start["target"], start["application_type"]
    if kind not in ("", "script", "module", "paste"):
        raise LoadError("config", "there is no application type %r" % kind, "script, module and paste are known")
    target, named = split(target, kind)
    given = start["callable_object"]
    if named and given and named.strip() != given.strip():
        raise LoadError("config", "the target names the callable %s, and --callable-object names %s" % (named, given),
                        "leave one of them out")
    expression = None
    if named or given:
        expression = search.Expression(named or given, "the target" if named else "--callable-object")
    sys.argv = [target or "modwsgi-express"]
    return choose(target, kind)(target, expression)


def prepare(start):
    """The process as the application expects it: working directory, sys.path."""
    directory = start["working_directory"] or os.getcwd()
    try:
        os.chdir(directory)
    except OSError as error:
        raise LoadError("config", "cannot use the working directory %s: %s" % (directory, error.strerror))
    if start["switch_interval"] > 0:
        sys.setswitchinterval(start["switch_interval"])
    front = []
    for entry in start["python_path"]:
        entry = os.path.abspath(entry)
        if entry in front:
            continue
        # As mod_wsgi does: .pth files in it count, so that it may be the
        # site-packages of an environment.
        before = list(sys.path)
        site.addsitedir(entry)
        front.append(entry)
        front.extend(p for p in sys.path if p not in before and p not in front)
    if directory not in front:
        front.append(directory)
    sys.path[:] = front + [p for p in sys.path if p not in front]


def split(target, kind):
    """The target and the callable named behind a colon."""
    if not target or os.path.exists(target):
        return target, ""
    colon = target.find(":", 2 if os.name == "nt" and target[1:2] == ":" else 0)
    if colon < 0 or kind == "paste":
        return target, ""
    left, named = target[:colon], target[colon + 1:]
    if not left or not named.strip():
        raise LoadError("config", "cannot understand the target %r" % target,
                        "as module:callable it needs a module before the colon and a name after it")
    return left, named


def choose(target, kind):
    """The function that loads such a target."""
    if kind:
        return {"script": load_script, "module": load_module, "paste": load_paste}[kind] if target else load_nothing
    if not target:
        return load_nothing
    if target.partition("#")[0].endswith(".ini"):
        return load_paste
    if os.path.isfile(target):
        return load_script
    if os.path.isdir(target):
        return load_named_directory
    if _module_name(target) and not target.endswith(".py"):
        return load_module
    return load_script


# ------------------------------------------------------------------------------ kinds


def load_script(target, expression):
    path = os.path.abspath(target)
    if os.path.isdir(path):
        return load_directory(path, target, expression)
    if not os.path.exists(path):
        raise LoadError("not-found", "there is no file %s" % path, _where_hint())
    sys.argv = [path]
    directory = os.path.dirname(path)
    # As for "python FILE"; but the modules of a package are not to be found
    # beside those of the standard library.
    if directory not in sys.path and not os.path.isfile(os.path.join(directory, "__init__.py")):
        sys.path.insert(_after_working_directory(), directory)
    return _from_module(script.load(path, target), expression, target, "script", path)


def _after_working_directory():
    try:
        return sys.path.index(os.getcwd()) + 1
    except ValueError:
        return 0


def load_module(target, expression):
    if not _module_name(target):
        raise LoadError("config", "%r is not the name of a module" % target,
                        "for a file say --application-type script" if os.path.exists(target) else "")
    module = import_module(target)
    return _from_module(module, expression, target, "module", getattr(module, "__file__", None))


def load_paste(target, expression):
    path, _, section = target.partition("#")
    if expression is not None:
        raise LoadError("config", "a Paste file has sections and no callable %s" % expression.text,
                        "name the section: %s#%s" % (path, expression.text))
    path = os.path.abspath(path)
    sys.argv = [path]
    application = paste.load(path, section, target)
    return Found(application, section or "main", target, "paste", path)


def load_nothing(target, expression):
    return load_directory(os.getcwd(), "", expression)


def load_named_directory(target, expression):
    """A directory, which may be a package: then it is asked as a module first."""
    if _module_name(target) and os.path.isfile(os.path.join(target, "__init__.py")):
        module = import_module(target)
        try:
            return _from_module(module, expression, target, "module", module.__file__)
        except LoadError as error:
            if expression is not None or error.reason != "no-callable" or not _scripts_in(target):
                raise
    return load_directory(os.path.abspath(target), target, expression)


def _scripts_in(directory):
    return [n for n in SCRIPTS + ("manage.py", LAST) if os.path.isfile(os.path.join(directory, n))]


def load_directory(directory, target, expression):
    """Looks for the files that by custom hold an application."""
    if not os.path.isfile(os.path.join(directory, "__init__.py")) and directory not in sys.path:
        sys.path.insert(0, directory)
    shown = target.rstrip("/" + os.sep)
    errors = []
    for name in SCRIPTS + ("manage.py", LAST):
        path = os.path.join(directory, name)
        if not os.path.isfile(path):
            continue
        label = os.path.join(shown, name)
        try:
            if name == "manage.py":
                found = _from_project(directory, expression)
                if found is not None:
                    return found
                errors.append(LoadError("no-callable", "%s names no DJANGO_SETTINGS_MODULE" % label))
            else:
                sys.argv = [path]
                return _from_module(script.load(path, label), expression, label, "script", path)
        except LoadError as error:
            if error.reason != "no-callable":
                raise
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise LoadError("no-callable", "there is no WSGI application in the files of %s, %s: tried %s"
                        % (directory, ", ".join(_scripts_in(directory)), search.TRIED), "name it: module:callable")
    raise LoadError("not-found", "there is no application in %s: tried %s, a Django project (manage.py), %s"
                    % (directory, ", ".join(SCRIPTS), LAST),
                    "name it: modwsgi-express start-server TARGET, with a script, a module or module:callable")


# ------------------------------------------------------------------------------ modules


def import_module(name):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if (name == missing or name.startswith(missing + ".")) and missing and not application_frames(error):
            raise _no_module(name, missing)
        raise import_error(name, error)
    except BaseException as error:
        raise import_error(name, error)


def _no_module(name, missing):
    hint = _where_hint()
    parent, _, attribute = name.rpartition(".")
    if parent and parent in sys.modules and hasattr(sys.modules[parent], attribute):
        hint = "did you mean %s:%s?" % (parent, attribute)
    elif os.path.isfile(name + ".py"):
        hint = "there is a file %s.py, but Python looks for modules elsewhere first" % name
    text = "there is no module %s" % name
    if missing != name:
        text += " (no %s)" % missing
    return LoadError("not-found", "%s: tried the file %s and a module on the path %s"
                     % (text, os.path.abspath(name), os.pathsep.join(sys.path)), hint)


def _where_hint():
    """Where was looked, and what is there."""
    hint = "the working directory is %s (--working-directory)" % os.getcwd()
    try:
        there = sorted(n for n in os.listdir(".") if n.endswith((".py", ".wsgi")))
    except OSError:
        return hint
    return hint + ("; it has %s%s" % (", ".join(there[:5]), ", ..." if there[5:] else "") if there else "")


def _from_module(module, expression, label, kind, file):
    if expression is None:
        application, name = search.find(module, label)
    else:
        application, name = expression.resolve(module, label)
    return Found(application, name, label if expression is None else "%s:%s" % (label, expression.text), kind, file)


def _from_project(directory, expression):
    found = project.load(directory)
    if found is None:
        return None
    module, application, name, file, label = found
    if module is not None:
        return _from_module(module, expression, label, "module", file)
    return Found(application, name, label, "module", file)
