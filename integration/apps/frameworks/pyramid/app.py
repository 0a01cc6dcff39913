import hashlib

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.response import FileResponse, Response
from pyramid.session import SignedCookieSessionFactory


def index(request):
    return Response("hello from Pyramid")


def session_set(request):
    request.session["value"] = request.matchdict["value"]
    return Response("set")


def session_get(request):
    return Response(request.session.get("value", "nothing"))


def form(request):
    return Response(request.POST["text"])


def upload(request):
    field = request.POST["upload"]
    data = field.file.read()
    return Response(json={"title": request.POST["title"], "filename": field.filename,
                          "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})


def echo(request):
    return Response(body=request.body, content_type="application/octet-stream")


def download(request):
    blocks = int(request.matchdict["blocks"])
    return Response(app_iter=(bytes([n % 256]) * 65536 for n in range(blocks)),
                    content_type="application/octet-stream")


def file(request):
    return FileResponse(__file__, request=request, content_type="text/x-python")


def name(request):
    return Response(request.matchdict["name"])


def redirect(request):
    return HTTPFound("/")


def error(request):
    raise ValueError("raised on purpose")


ROUTES = [
    ("/", index), ("/session/set/{value}", session_set), ("/session/get", session_get),
    ("/form", form), ("/upload", upload), ("/echo", echo), ("/download/{blocks}", download),
    ("/file", file), ("/name/{name}", name), ("/redirect", redirect), ("/error", error),
]


def make_application():
    with Configurator() as config:
        config.set_session_factory(SignedCookieSessionFactory("for tests only"))
        for pattern, view in ROUTES:
            config.add_route(view.__name__, pattern)
            config.add_view(view, route_name=view.__name__)
        return config.make_wsgi_app()


application = make_application()
