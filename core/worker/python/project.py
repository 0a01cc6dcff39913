"""Finding the application of a Django project."""

import ast
import os

from .failure import LoadError, import_error
from . import script

SETTINGS = "DJANGO_SETTINGS_MODULE"


def settings_module(manage):
    """The settings module that manage.py names, found without running it."""
    try:
        with open(manage, "rb") as f:
            tree = ast.parse(f.read(), manage)
    except (OSError, SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):  # os.environ.setdefault(NAME, value)
            values = [_text(arg) for arg in node.args]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            index = node.targets[0].slice  # os.environ[NAME] = value
            values = [_text(getattr(index, "value", index)) or _text(index), _text(node.value)]
        else:
            continue
        if len(values) == 2 and values[0] == SETTINGS and values[1]:
            return values[1]
    return None


def _text(node):
    value = getattr(node, "value", getattr(node, "s", None))
    return value if isinstance(value, str) else None


def load(directory):
    """(module, application, callable, file, target) of the Django project in a
    directory: its wsgi module, or what Django makes of its settings. The module
    is None in the second case, the application in the first. None if it is no
    Django project."""
    manage = os.path.join(directory, "manage.py")
    if not os.path.isfile(manage):
        return None
    settings = os.environ.get(SETTINGS) or settings_module(manage)
    if not settings:
        return None
    package = settings
    while "." in package:
        package = package.rpartition(".")[0]
        path = os.path.join(directory, *package.split(".") + ["wsgi.py"])
        if os.path.isfile(path):
            return script.load(path, package + ".wsgi"), None, "", path, package + ".wsgi"
    os.environ.setdefault(SETTINGS, settings)
    try:
        from django.core.wsgi import get_wsgi_application
        application = get_wsgi_application()
    except BaseException as error:
        raise import_error("the Django project of " + manage, error)
    return None, application, "get_wsgi_application()", manage, settings
