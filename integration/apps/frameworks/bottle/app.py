import hashlib
import os

import bottle
from bottle import request, response

application = bottle.Bottle()
SECRET = "for tests only"

# The default refuses a file behind another field once both exceed 100 kB.
bottle.BaseRequest.MEMFILE_MAX = 16 << 20


@application.get("/")
def index():
    return "hello from Bottle"


@application.get("/session/set/<value>")
def session_set(value):
    response.set_cookie("value", value, secret=SECRET, path="/")
    return "set"


@application.get("/session/get")
def session_get():
    return request.get_cookie("value", "nothing", secret=SECRET)


@application.post("/form")
def form():
    return request.forms.getunicode("text")


@application.post("/upload")
def upload():
    file = request.files["upload"]
    data = file.file.read()
    return {"title": request.forms.getunicode("title"), "filename": file.raw_filename,
            "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@application.post("/echo")
def echo():
    response.content_type = "application/octet-stream"
    return request.body.read()


@application.get("/download/<blocks:int>")
def download(blocks):
    response.content_type = "application/octet-stream"
    return (bytes([n % 256]) * 65536 for n in range(blocks))


@application.get("/file")
def file():
    return bottle.static_file(os.path.basename(__file__), root=os.path.dirname(__file__),
                              mimetype="text/x-python")


@application.get("/name/<name>")
def name(name):
    return name


@application.get("/redirect")
def redirect():
    bottle.redirect("/")


@application.get("/error")
def error():
    raise ValueError("raised on purpose")
