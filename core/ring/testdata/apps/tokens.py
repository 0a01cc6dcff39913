"""Answers with the request's token, in every way a response can go."""

import time


def application(environ, start_response):
    token = environ["QUERY_STRING"].encode("latin-1")
    way = environ["PATH_INFO"]
    headers = [("Content-Type", "text/plain"), ("X-Token", token.decode("latin-1"))]
    if way == "/early":
        start_response("200 OK", headers + [("Content-Length", str(len(token)))])
        return Closing([token])
    if way == "/stream":
        start_response("200 OK", headers)
        return (token[i:i + 1] for i in range(len(token)))
    if way == "/log":
        environ["wsgi.errors"].write("token %s\n" % token.decode("latin-1"))
    elif way == "/late-log":
        start_response("200 OK", headers + [("Content-Length", str(len(token)))])
        return Closing([token], environ["wsgi.errors"])
    elif way == "/raise":
        raise ValueError(token.decode("latin-1"))
    elif way == "/late-raise":
        start_response("200 OK", headers + [("Content-Length", str(len(token)))])
        return Raising(token)
    elif way == "/longer":
        start_response("200 OK", headers + [("Content-Length", str(len(token)))])
        return Closing([token, b"more"])
    elif way == "/large":
        token += b"x" * 100000
    elif way == "/sleep":
        time.sleep(0.002)
    elif way == "/forever":
        time.sleep(3600)
    elif way == "/write":
        start_response("200 OK", headers + [("Content-Length", str(len(token)))])(token)
        return []
    elif way == "/echo":
        token += environ["wsgi.input"].read()
    start_response("200 OK", headers)
    return [token]


class Closing:
    def __init__(self, blocks, errors=None):
        self.blocks = iter(blocks)
        self.errors = errors

    def __iter__(self):
        return self.blocks

    def close(self):
        if self.errors is not None:
            self.errors.write("closed\n")


class Raising:
    def __init__(self, token):
        self.token = token

    def __iter__(self):
        yield self.token
        raise ValueError("late")
