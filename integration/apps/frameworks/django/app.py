import hashlib

from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="for tests only",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    USE_TZ=True,
)

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import (  # noqa: E402
    FileResponse, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse)
from django.urls import path  # noqa: E402


def index(request):
    return HttpResponse("hello from Django")


def session_set(request, value):
    request.session["value"] = value
    return HttpResponse("set")


def session_get(request):
    return HttpResponse(request.session.get("value", "nothing"))


def form(request):
    return HttpResponse(request.POST["text"])


def upload(request):
    file = request.FILES["upload"]
    data = file.read()
    return JsonResponse({"title": request.POST["title"], "filename": file.name,
                         "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})


def echo(request):
    return HttpResponse(request.body, content_type="application/octet-stream")


def download(request, blocks):
    return StreamingHttpResponse((bytes([n % 256]) * 65536 for n in range(blocks)),
                                 content_type="application/octet-stream")


def file(request):
    return FileResponse(open(__file__, "rb"), content_type="text/x-python")


def name(request, name):
    return HttpResponse(name)


def redirect(request):
    return HttpResponseRedirect("/")


def error(request):
    raise ValueError("raised on purpose")


urlpatterns = [
    path("", index), path("session/set/<value>", session_set), path("session/get", session_get),
    path("form", form), path("upload", upload), path("echo", echo),
    path("download/<int:blocks>", download), path("file", file), path("name/<name>", name),
    path("redirect", redirect), path("error", error),
]

application = get_wsgi_application()
