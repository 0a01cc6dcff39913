"""Writes to its standard streams."""

import os
import sys

print("to stdout")
print("to stderr", file=sys.stderr)
os.write(2, b"x" * 20000 + b"\n")
os.write(2, b"not UTF-8: \xff\r\n")
for n in range(100):
    print("line", n, file=sys.stderr)
os.write(2, b"no newline")


def application(environ, start_response):
    for n in range(20000):
        print("many")
    start_response("200 OK", [])
    return [b"done"]
