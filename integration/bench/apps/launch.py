"""Start a server that has no command line of its own for what is measured:

launch.py SERVER MODULE:CALLABLE PORT PROCESSES [ACCESS-LOG]
"""

import importlib
import os
import signal
import socket
import sys

HOST = "127.0.0.1"
BODY_MOST = 64 << 20


def load(target):
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def listen(port, backlog=2048):
    """A listening socket that the other processes can have too."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((HOST, port))
    listener.listen(backlog)
    return listener


def bjoern(target, port, processes, log):
    import bjoern

    fork(processes)
    bjoern.run(load(target), HOST, port, reuse_port=True)


def fastpysgi(target, port, processes, log):
    import fastpysgi

    fastpysgi.server.max_content_length = BODY_MOST
    fastpysgi.run(load(target), HOST, port, workers=processes)


def gevent(target, port, processes, log):
    from gevent import monkey

    monkey.patch_all()
    fork(processes)
    from gevent.pywsgi import WSGIServer

    WSGIServer(listen(port), load(target), log=open(log, "a") if log else None).serve_forever()


def fork(processes):
    """This process and processes - 1 children, which end with it."""
    children = []
    for _ in range(processes - 1):
        pid = os.fork()
        if pid == 0:
            return
        children.append(pid)

    def stop(signum, frame):
        for pid in children:
            os.kill(pid, signal.SIGTERM)
        os._exit(0)

    if children:
        signal.signal(signal.SIGTERM, stop)


if __name__ == "__main__":
    server, target, port, processes = sys.argv[1:5]
    log = sys.argv[5] if len(sys.argv) > 5 else ""
    # Beside this file lie the applications; the servers' names are its own.
    globals()[server](target, int(port), int(processes), log)
