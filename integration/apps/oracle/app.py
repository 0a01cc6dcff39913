"""Answers with what it got: environ and body as JSON. Written for several
servers, so it uses nothing but PEP 3333."""

import base64
import json


def application(environ, start_response):
    stream = environ["wsgi.input"]
    parts, failed = [], None
    try:
        # A server without wsgi.input_terminated may block beyond CONTENT_LENGTH.
        left = int(environ.get("CONTENT_LENGTH") or 0)
        if environ.get("wsgi.input_terminated"):
            left = 1 << 40
        while left > 0:
            part = stream.read(min(left, 65536))
            if not part:
                break
            parts.append(part)
            left -= len(part)
    except Exception as err:
        failed = type(err).__name__
    shown = {}
    for key, value in environ.items():
        if isinstance(value, (str, bool, int, float)):
            shown[key] = value
        elif isinstance(value, tuple):
            shown[key] = list(value)
        else:
            shown[key] = "<object>"
    answer = {"environ": shown, "body": base64.b64encode(b"".join(parts)).decode("ascii"),
              "failed": failed}
    body = json.dumps(answer, sort_keys=True, default=repr).encode("ascii")
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]
