# modwsgi-express worker: the text of "python -c". It has to run on any Python, far enough to say that
# it is the wrong one: nothing here may be newer than Python 2.7.
import sys

# "-c" puts the working directory here: the application's files must not stand in
# for the standard library's while the worker imports what it needs.
if sys.path and sys.path[0] == "":
    del sys.path[0]

import json
import os
import socket


def _boot(fd):
    del globals()["_boot"]  # __main__ is the application's
    sys.argv[:] = [""]

    def receive(size):
        parts = []
        while size:
            part = control.recv(min(size, 65536))
            if not part:
                os._exit(1)  # the server is gone
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def send(message):
        control.sendall(json.dumps(message).encode("ascii") + b"\n")

    family = socket.AF_INET if os.name == "nt" else socket.AF_UNIX
    if sys.version_info >= (3, 4):
        control = socket.socket(family, socket.SOCK_STREAM, 0, fd)
        control.set_inheritable(False)
    else:
        control = socket.fromfd(fd, family, socket.SOCK_STREAM)

    size = b""
    while not size.endswith(b"\n"):
        size += receive(1)
    sources = json.loads(receive(int(size)).decode("utf-8"))

    if hasattr(sys, "implementation"):
        implementation = {"cpython": "CPython", "pypy": "PyPy"}.get(sys.implementation.name, sys.implementation.name)
    else:
        implementation = "CPython"
    send({
        "type": "hello", "protocol": 1, "pid": os.getpid(),
        "python": "%d.%d.%d" % sys.version_info[:3],
        "implementation": implementation,
        "executable": sys.executable or "", "prefix": sys.prefix,
        "free_threaded": not getattr(sys, "_is_gil_enabled", lambda: True)(),
    })
    if sys.version_info < (3, 6):  # 3.6 and 3.7 work, but are not promised
        send({
            "type": "failed", "reason": "version",
            "message": "Python %d.%d is too old, Python 3.8 or newer is needed" % sys.version_info[:2],
            "hint": "name another interpreter with --python, or a virtual environment with --virtualenv",
            "traceback": "",
        })
        return None

    from importlib.machinery import ModuleSpec

    class Sources(object):
        """Imports the worker's modules from memory."""

        def find_spec(self, name, path=None, target=None):
            package, _, module = name.partition(".")
            if package != "_modwsgi_express" or (module or "__init__") not in sources:
                return None
            return ModuleSpec(name, self, origin=self.get_filename(name), is_package=not module)

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            name = module.__name__
            exec(compile(self.get_source(name), self.get_filename(name), "exec", dont_inherit=True), module.__dict__)

        def get_filename(self, name):
            return "<modwsgi-express>/%s.py" % (name.partition(".")[2] or "__init__")

        def get_source(self, name):
            return sources[name.partition(".")[2] or "__init__"]

    sys.meta_path.append(Sources())
    from _modwsgi_express import main
    return main.run(control)


if __name__ == "__main__":
    sys.exit(_boot(int(sys.argv.pop())))
