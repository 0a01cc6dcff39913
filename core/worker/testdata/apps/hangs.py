"""Its import does not end."""

import threading


def stuck_while_importing():
    threading.Event().wait()


stuck_while_importing()
