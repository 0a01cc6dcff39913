"""Finding the WSGI application in a module, and telling whether an object is one."""

import ast
import functools
import inspect
import types

from .failure import LoadError, import_error, format_line

WSGI, ASGI, FACTORY, UNKNOWN, OTHER = "wsgi", "asgi", "factory", "unknown", "other"

NAMES = ("application", "app")
FACTORIES = ("create_app", "make_app")

TRIED = "%s, any other callable that takes (environ, start_response), %s" % (
    ", ".join(NAMES), ", ".join(name + "()" for name in FACTORIES))

ASGI_MESSAGE = "%s is an ASGI application, and this server serves WSGI"
ASGI_HINT = "serve it with an ASGI server, or wrap it into a WSGI application (a2wsgi.ASGIMiddleware does that)"


# ---------------------------------------------------------------- what an object is


def judge(thing):
    """What calling thing would mean: WSGI, ASGI, FACTORY (callable with nothing),
    UNKNOWN (callable, but it does not say with what) or OTHER."""
    if not callable(thing) or isinstance(thing, types.ModuleType):
        return OTHER
    if _is_async(thing):
        return ASGI
    if type(thing).__module__.partition(".")[0] == "aiohttp":
        return ASGI  # not even that; but it is async, and callable with nothing
    signatures = _signatures(thing)
    if not signatures:
        return UNKNOWN
    for signature in signatures:
        if _accepts(signature, 2):
            return WSGI
    for signature in signatures:
        names = list(signature.parameters)[:3]
        if names == ["scope", "receive", "send"]:
            return ASGI
    if any(_accepts(signature, 0) for signature in signatures):
        return FACTORY
    return OTHER


def _is_async(thing):
    while isinstance(thing, functools.partial):
        thing = thing.func
    call = thing if inspect.isroutine(thing) or inspect.isclass(thing) else type(thing).__call__
    return inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)


def _signatures(thing):
    """With and without what functools.wraps says: a decorated view has the
    parameters of the wrapper."""
    out = []
    for follow in (True, False):
        try:
            out.append(inspect.signature(thing, follow_wrapped=follow))
        except (ValueError, TypeError, AttributeError, NameError):
            pass
    return out


def _accepts(signature, count):
    try:
        signature.bind(*[None] * count)
        return True
    except TypeError:
        return False


def _says_wsgi(thing):
    """Whether the parameters are named as those of a WSGI application: two
    parameters alone make a function none."""
    if judge(thing) != WSGI:
        return False
    for signature in _signatures(thing):
        names = list(signature.parameters)
        if len(names) >= 2 and names[1].startswith("start_resp"):
            return True
    return False


# ---------------------------------------------------------------- names that were given


class Expression:
    """NAME, NAME.ATTRIBUTE or either with a call: create_app("config", debug=True)."""

    def __init__(self, text, origin):
        self.text = text = text.strip()
        self.call = None
        try:
            node = ast.parse(text, mode="eval").body
            if isinstance(node, ast.Call):
                self.call = ([_literal(arg) for arg in node.args],
                             {keyword.arg: _literal(keyword.value) for keyword in node.keywords})
                if None in self.call[1]:
                    raise ValueError("** is not a literal")
                node = node.func
            self.path = _path(node)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise LoadError("config", "cannot understand %r of %s" % (text, origin),
                            "it has to be a name (app), an attribute (site.app) or a call with literal "
                            "arguments (create_app('production', debug=False))")

    def resolve(self, module, label):
        """The application that the expression names in the module."""
        thing = module
        for i, name in enumerate(self.path):
            try:
                thing = getattr(thing, name)
            except AttributeError as error:
                if getattr(error, "__traceback__").tb_next is not None:
                    raise import_error(label, error)  # a property of the application's failed
                raise _no_attribute(module, thing, ".".join(self.path[:i]), name, label)
            except Exception as error:
                raise import_error(label, error)
        name = ".".join(self.path)
        if self.call is not None:
            return _made(thing, self.call, label, name), self.text
        kind = judge(thing)
        if kind == FACTORY or self.path[-1] in FACTORIES and any(_accepts(s, 0) for s in _signatures(thing)):
            return _made(thing, ([], {}), label, name), name + "()"
        if kind in (WSGI, UNKNOWN):
            return thing, name
        raise _not_wsgi(thing, kind, label, name)


def _literal(node):
    if isinstance(node, ast.Starred):
        raise ValueError("* is not a literal")
    return ast.literal_eval(node)


def _path(node):
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise ValueError("not a name")
    names.append(node.id)
    return names[::-1]


def _no_attribute(module, owner, path, name, label):
    from difflib import get_close_matches  # only who fails pays for it

    where = "%s in %s" % (path, label) if path else label
    hint = ""
    near = get_close_matches(name, [n for n in dir(owner) if not n.startswith("_")], 1)
    if near:
        hint = "did you mean %s?" % ".".join(filter(None, (path, near[0])))
    elif owner is module:
        there = candidates(module)
        if there:
            hint = "it has: " + ", ".join(there)
    return LoadError("no-callable", "there is no %s in %s" % (name, where), hint)


def _not_wsgi(thing, kind, label, name):
    if kind == ASGI:
        return LoadError("not-callable", ASGI_MESSAGE % ("%s in %s" % (name, label)), ASGI_HINT)
    if not callable(thing):
        return LoadError("not-callable", "%s in %s is no WSGI application: it is %s and cannot be called"
                         % (name, label, describe(thing)))
    return LoadError("not-callable", "%s in %s is no WSGI application: it takes %s and would be called with "
                     "(environ, start_response)" % (name, label, _parameters(thing)),
                     "if it makes an application, give it its arguments: %s(...)" % name)


def describe(thing):
    if isinstance(thing, types.ModuleType):
        return "a module"
    name = type(thing).__name__
    return "%s %s" % ("an" if name[:1].lower() in "aeiou" else "a", name)


def _parameters(thing):
    signatures = _signatures(thing)
    return str(signatures[0]) if signatures else "other arguments"


def _made(factory, call, label, name):
    """What a factory returns, if that is an application."""
    text = "%s in %s" % (name, label)
    if not callable(factory):
        raise LoadError("not-callable", "%s cannot be called: it is %s" % (text, describe(factory)))
    args, keywords = call
    for signature in _signatures(factory)[:1]:
        try:
            signature.bind(*args, **keywords)
        except TypeError as error:
            raise LoadError("factory", "%s takes other arguments: %s" % (text, error),
                            "its parameters are %s: %s('value', name='value')" % (signature, name))
    try:
        made = factory(*args, **keywords)
    except BaseException as error:
        raise LoadError("factory", "%s raised %s" % (text, format_line(error)), "", error)
    kind = judge(made)
    if kind in (WSGI, UNKNOWN):
        return made
    if kind == ASGI:
        if inspect.iscoroutine(made):
            made.close()
        raise LoadError("factory", ASGI_MESSAGE % ("what %s returned" % text), ASGI_HINT)
    raise LoadError("factory", "%s returned %s, which is no WSGI application"
                    % (text, "None" if made is None else describe(made)),
                    "a factory has to return the application" if made is None else "")


# --------------------------------------------------------------- names that were not given


def candidates(module):
    """The names of what in a module looks like an application or a factory."""
    found = {}
    for name, thing in list(vars(module).items()):
        if name.startswith("_") or not _says_wsgi(thing):
            continue
        if inspect.isclass(thing) and thing.__module__ != module.__name__:
            continue  # a framework's, that was imported
        found.setdefault(id(thing), name)
    return sorted(found.values())


def find(module, label):
    """The application of a module that was given without a name: application,
    app, the only thing that is one, or a factory. Returns it and its name."""
    asynchronous = None
    for name in NAMES:
        thing = vars(module).get(name, None)
        kind = judge(thing)
        if kind in (WSGI, UNKNOWN):
            return thing, name
        if kind == ASGI:
            asynchronous = name
        elif kind == FACTORY and inspect.isroutine(thing):
            return _made(thing, ([], {}), label, name), name + "()"
    names = candidates(module)
    if len(names) == 1:
        return vars(module)[names[0]], names[0]
    if names:
        raise LoadError("no-callable", "there are several WSGI applications in %s: %s" % (label, ", ".join(names)),
                        "say which one: %s:%s" % (label, names[0]))
    factories = [name for name in FACTORIES if callable(vars(module).get(name))]
    if len(factories) == 1:
        name = factories[0]
        return _made(vars(module)[name], ([], {}), label, name), name + "()"
    if factories:
        raise LoadError("no-callable", "there are two factories in %s: %s" % (label, " and ".join(factories)),
                        "say which one: %s:%s()" % (label, factories[0]))
    if asynchronous:
        raise LoadError("not-callable", ASGI_MESSAGE % ("%s in %s" % (asynchronous, label)), ASGI_HINT)
    others = ["%s is %s" % (name, describe(vars(module)[name])) for name in NAMES if name in vars(module)]
    raise LoadError("no-callable", "there is no WSGI application in %s: tried %s%s"
                    % (label, TRIED, " (%s)" % "; ".join(others) if others else ""), "name it: %s:NAME" % label)
