"""Tests of the demonstration application, every call through wsgiref.validate."""

import io
import json
import unittest
from unittest import mock
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import demo

BOUNDARY = "x-the-boundary"


class Trickle(io.RawIOBase):
    """A body of which each read gives no more than step bytes."""

    def __init__(self, data, step):
        self.data = io.BytesIO(data)
        self.step = step

    def read(self, size):
        return self.data.read(min(size, self.step))


def form(name, content, head="Content-Type: text/plain\r\n"):
    text = '--{0}\r\nContent-Disposition: form-data; name="a"\r\n\r\nnot a file\r\n--{0}\r\n'.format(BOUNDARY)
    text += 'Content-Disposition: form-data; name="file"; filename="%s"\r\n%s\r\n' % (name, head)
    return text.encode() + content + ("\r\n--%s--\r\n" % BOUNDARY).encode()


def call(path="/", method="GET", body=b"", step=1 << 20, base="", **more):
    path, _, query = path.partition("?")
    environ = {"REQUEST_METHOD": method, "SCRIPT_NAME": base, "PATH_INFO": path, "QUERY_STRING": query}
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    environ.update(more)
    setup_testing_defaults(environ)
    environ["wsgi.input"] = Trickle(body, step)
    environ["wsgi.errors"] = io.StringIO()
    seen = {}

    def start_response(status, headers, exc_info=None):
        seen.update(status=status, headers=headers)
        return seen.setdefault("written", []).append

    blocks = validator(demo.application)(environ, start_response)
    try:
        text = b"".join(blocks)
    finally:
        blocks.close()
    return int(seen["status"][:3]), dict(seen["headers"]), text


class Pages(unittest.TestCase):
    def setUp(self):
        patch = mock.patch("demo.time.sleep")
        self.sleep = patch.start()
        self.addCleanup(patch.stop)

    def test_status(self):
        table = [
            ("GET", "/", 200),
            ("GET", "", 200),
            ("GET", "/stream", 200),
            ("GET", "/upload", 200),
            ("GET", "/error", 200),
            ("GET", "/error/short", 200),
            ("GET", "/slow", 200),
            ("GET", "/slow/wait", 200),
            ("GET", "/slow/wait?seconds=30", 200),
            ("GET", "/slow/wait?seconds=30.1", 400),
            ("GET", "/slow/wait?seconds=-1", 400),
            ("GET", "/slow/wait?seconds=nan", 400),
            ("GET", "/slow/wait?seconds=x", 400),
            ("GET", "/environ", 200),
            ("GET", "/environ/", 404),
            ("GET", "/\xff\n", 404),
            ("POST", "/", 405),
            ("DELETE", "/upload", 405),
        ]
        for method, path, status in table:
            with self.subTest(method + " " + path):
                self.assertEqual(call(path, method)[0], status)

    def test_head_has_no_body(self):
        for path in ("/", "/stream", "/upload", "/error", "/slow", "/environ", "/nope", "/error/short"):
            with self.subTest(path):
                status, headers, text = call(path, "HEAD")
                self.assertEqual(text, b"")
                self.assertEqual(status, call(path)[0])
                self.assertIn("Content-Type", headers)

    def test_length_is_that_of_the_body(self):
        for path in ("/", "/upload", "/error", "/slow", "/environ", "/nope"):
            with self.subTest(path):
                _, headers, text = call(path)
                self.assertEqual(int(headers["Content-Length"]), len(text))

    def test_allow(self):
        self.assertEqual(call("/upload", "DELETE")[1]["Allow"], "GET, POST, PUT, HEAD")

    def test_errors_carry_the_token(self):
        for path in ("/error/before", "/error/midway"):
            with self.subTest(path), self.assertRaisesRegex(demo.DemoError, r"token beef"):
                call(path + "?token=beef")
        with self.assertRaisesRegex(demo.DemoError, r"token none"):
            call("/error/before?token=a%0Ab")

    def test_short_is_short(self):
        _, headers, text = call("/error/short")
        self.assertEqual(int(headers["Content-Length"]), len(text) + 100)

    def test_stream_pauses_between_blocks(self):
        text = call("/stream")[2].decode()
        self.assertEqual(text.count("<li><span>"), demo.STREAM_BLOCKS)
        self.assertEqual(self.sleep.call_count, demo.STREAM_BLOCKS - 1)
        self.assertTrue(text.rstrip().endswith("</html>"))

    def test_mount_point(self):
        text = call(base="/d\xc3\xa9mo x")[2].decode()
        self.assertIn('href="/d%C3%A9mo%20x/stream"', text)

    def test_no_placeholder_is_left(self):
        for path in demo.ROUTES:
            if path in ("/error/before", "/error/midway"):
                continue
            with self.subTest(path):
                self.assertNotRegex(call(path)[2].decode(), r"@[a-z]+@")


class Hostile(unittest.TestCase):
    MARKUP = "\"'><script>alert(1)</script>"

    def test_markup_stays_text(self):
        table = [
            call("/" + self.MARKUP),
            call("/environ?" + self.MARKUP),
            call("/environ", HTTP_X_NOTE=self.MARKUP),
            call("/", REMOTE_ADDR=self.MARKUP, SERVER_SOFTWARE=self.MARKUP),
            call("/", base="/" + self.MARKUP),
            call("/upload", "POST", form("<script>alert(1)</script>", b"x"), CONTENT_TYPE=form_type()),
        ]
        for number, (_, _, text) in enumerate(table):
            with self.subTest(number):
                self.assertNotIn(b"<script>alert", text)

    def test_placeholders_are_not_filled(self):
        self.assertIn(b"@links@", call("/", SERVER_SOFTWARE="@links@")[2])

    def test_controls_are_shown(self):
        text = call("/environ", HTTP_X_NOTE="a\x1b[2J\x00\x85b")[2].decode()
        self.assertIn("a\\x1b[2J\\x00\\x85b", text)

    def test_policy_lets_only_the_nonce_run(self):
        policy = call("/slow")[1]["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotEqual(policy, call("/slow")[1]["Content-Security-Policy"])


def form_type():
    return "multipart/form-data; boundary=" + BOUNDARY


class Uploads(unittest.TestCase):
    CONTENT = b"\r\n--x-the-boundar\r\n--\r\n\r\nbytes \xff\x00" * 3

    def digest(self, content):
        return demo.hashlib.sha256(content).hexdigest()

    def test_raw(self):
        for step in (1, 7, 1 << 20):
            with self.subTest(step):
                status, _, text = call("/upload", "PUT", self.CONTENT, step)
                got = json.loads(text.decode())
                self.assertEqual((status, got["size"]), (200, len(self.CONTENT)))
                self.assertEqual(got["sha256"], self.digest(self.CONTENT))

    def test_without_a_length(self):
        for terminated, want in ((True, self.CONTENT), (False, b"")):
            with self.subTest(terminated):
                more = {"wsgi.input_terminated": True} if terminated else {}
                _, _, text = call("/upload", "PUT", self.CONTENT, 5, CONTENT_LENGTH="", **more)
                self.assertEqual(json.loads(text.decode())["sha256"], self.digest(want))

    def test_body_that_ends_early(self):
        self.assertEqual(call("/upload", "PUT", b"abc", CONTENT_LENGTH="4")[0], 400)

    def test_form(self):
        body = form("n\u00e4me.txt", self.CONTENT)
        for step in list(range(1, 90)) + [len(body)]:
            with self.subTest(step):
                status, _, text = call("/upload", "POST", body, step, CONTENT_TYPE=form_type())
                self.assertEqual(status, 200)
                self.assertIn(self.digest(self.CONTENT), text.decode())
                self.assertIn("n\u00e4me.txt", text.decode())

    def test_forms_refused(self):
        whole = form("f", b"content")
        table = {
            "no form": (b"abc", "text/plain"),
            "no boundary": (whole, "multipart/form-data"),
            "another boundary": (whole, "multipart/form-data; boundary=other"),
            "cut in the content": (whole[:-25], form_type()),
            "cut in a head": (whole[:60], form_type()),
            "no file": (whole.replace(b"filename", b"fi1ename"), form_type()),
            "endless head": (form("f", b"", "X: %s\r\n" % ("y" * demo.PART_HEAD_MOST)), form_type()),
        }
        for name, (body, content_type) in table.items():
            with self.subTest(name):
                self.assertEqual(call("/upload", "POST", body, 100, CONTENT_TYPE=content_type)[0], 400)


if __name__ == "__main__":
    unittest.main()
