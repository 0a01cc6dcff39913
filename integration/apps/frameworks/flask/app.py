import hashlib

import flask

app = application = flask.Flask(__name__)
app.secret_key = "for tests only"


@app.get("/")
def index():
    return "hello from Flask"


@app.get("/session/set/<value>")
def session_set(value):
    flask.session["value"] = value
    return "set"


@app.get("/session/get")
def session_get():
    return flask.session.get("value", "nothing")


@app.post("/form")
def form():
    return flask.request.form["text"]


@app.post("/upload")
def upload():
    file = flask.request.files["upload"]
    data = file.read()
    return flask.jsonify(title=flask.request.form["title"], filename=file.filename,
                         size=len(data), sha256=hashlib.sha256(data).hexdigest())


@app.post("/echo")
def echo():
    return flask.Response(flask.request.get_data(), mimetype="application/octet-stream")


@app.get("/download/<int:blocks>")
def download(blocks):
    return flask.Response((bytes([n % 256]) * 65536 for n in range(blocks)),
                          mimetype="application/octet-stream")


@app.get("/file")
def file():
    return flask.send_file(__file__, mimetype="text/x-python")


@app.get("/name/<name>")
def name(name):
    return name


@app.get("/redirect")
def redirect():
    return flask.redirect("/")


@app.get("/error")
def error():
    raise ValueError("raised on purpose")
