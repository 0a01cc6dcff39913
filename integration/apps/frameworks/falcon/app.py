import hashlib
import os

import falcon


class Index:
    def on_get(self, req, resp):
        resp.text = "hello from Falcon"


class Session:
    """Falcon has no sessions: a cookie is what its users reach for."""

    def on_get_set(self, req, resp, value):
        resp.set_cookie("value", value, path="/", secure=False)
        resp.text = "set"

    def on_get_get(self, req, resp):
        resp.text = (req.get_cookie_values("value") or ["nothing"])[0]


class Form:
    def on_post(self, req, resp):
        resp.text = req.get_media()["text"]


class Upload:
    def on_post(self, req, resp):
        title = filename = data = None
        for part in req.get_media():
            if part.name == "title":
                title = part.text
            elif part.name == "upload":
                filename, data = part.filename, part.stream.read()
        resp.media = {"title": title, "filename": filename, "size": len(data),
                      "sha256": hashlib.sha256(data).hexdigest()}


class Echo:
    def on_post(self, req, resp):
        resp.content_type = "application/octet-stream"
        resp.data = req.bounded_stream.read()


class Download:
    def on_get(self, req, resp, blocks):
        resp.content_type = "application/octet-stream"
        resp.stream = (bytes([n % 256]) * 65536 for n in range(blocks))


class File:
    def on_get(self, req, resp):
        resp.content_type = "text/x-python"
        resp.set_stream(open(__file__, "rb"), os.path.getsize(__file__))


class Name:
    def on_get(self, req, resp, name):
        resp.text = name


class Redirect:
    def on_get(self, req, resp):
        raise falcon.HTTPFound("/")


class Error:
    def on_get(self, req, resp):
        raise ValueError("raised on purpose")


def make_application():
    app = falcon.App()
    # A part of a form may be as long as the largest upload of the tests.
    multipart = app.req_options.media_handlers[falcon.MEDIA_MULTIPART]
    multipart.parse_options.max_body_part_buffer_size = 16 << 20
    app.add_route("/", Index())
    app.add_route("/session/set/{value}", Session(), suffix="set")
    app.add_route("/session/get", Session(), suffix="get")
    app.add_route("/form", Form())
    app.add_route("/upload", Upload())
    app.add_route("/echo", Echo())
    app.add_route("/download/{blocks:int}", Download())
    app.add_route("/file", File())
    app.add_route("/name/{name}", Name())
    app.add_route("/redirect", Redirect())
    app.add_route("/error", Error())
    return app


application = make_application()
