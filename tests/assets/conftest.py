"""A web server on this machine that can be told to misbehave, and assets that lie on it."""

import hashlib
import http.server
import threading
import types
import urllib.parse
from dataclasses import dataclass, field

import pytest

from manyfaces.assets import download, fetching, manifest
from manyfaces.assets.manifest import Asset


@dataclass
class Served:
    """What a server gives, and what it was asked."""

    content: bytes = b""
    kind: str = "application/octet-stream"
    etag: str = '"one"'
    modified: str = ""
    ranges: bool = True
    says_length: bool = True
    login: tuple[str, str] | None = None
    refusal: str = "status"  # of a wrong password: a status, or a page
    cuts: list[int] = field(default_factory=list)  # bytes after which the coming answers break off
    statuses: list[int] = field(default_factory=list)  # of the coming answers, in place of content
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[types.SimpleNamespace] = field(default_factory=list)
    address: str = ""

    def ranges_asked(self):
        return [request.headers.get("Range") for request in self.asked]


class Handler(http.server.BaseHTTPRequestHandler):
    served: Served

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        self.served.asked.append(
            types.SimpleNamespace(method=self.command, path=self.path, headers=self.headers, body=body)
        )
        form = dict(urllib.parse.parse_qsl(body))
        if self.path in self.served.redirects:
            status, location = self.served.redirects[self.path]
            return self.answer(status, {"Location": location})
        if self.served.statuses:
            return self.answer(self.served.statuses.pop(0), {})
        if self.served.login and (form.get("username"), form.get("password")) != self.served.login:
            if self.served.refusal == "status":
                return self.answer(401, {})
            return self.answer(200, {"Content-Type": self.served.refusal}, b"\n<!DOCTYPE html><title>Log in</title>")
        return self.give()

    do_POST = do_GET

    def give(self):
        served, start = self.served, 0
        headers = {"Content-Type": served.kind, "ETag": served.etag, "Last-Modified": served.modified}
        asked = self.headers.get("Range")
        current = self.headers.get("If-Range") in (None, served.etag, served.modified)
        if asked and served.ranges and current:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(served.content):
                return self.answer(416, {"Content-Range": f"bytes */{len(served.content)}"})
            headers["Content-Range"] = f"bytes {start}-{len(served.content) - 1}/{len(served.content)}"
        if served.says_length:
            headers["Content-Length"] = str(len(served.content) - start)
        stop = start + served.cuts.pop(0) if served.cuts else None
        return self.answer(206 if start or "Content-Range" in headers else 200, headers, served.content[start:stop])

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(monkeypatch):
    """Call it with what to serve; each call starts a server of its own."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    running = []

    def start(**options):
        served = Served(**options)
        handler = type("ServedHandler", (Handler,), {"served": served})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append(server)
        served.address = f"http://127.0.0.1:{server.server_port}"
        return served

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def waits(monkeypatch):
    """Seconds waited between tries; in truth, none are."""
    waited = []
    monkeypatch.setattr(download, "time", types.SimpleNamespace(sleep=waited.append))
    return waited


@pytest.fixture
def put_up(monkeypatch, empty_cache, waits):
    """Make one asset the whole manifest; the cache is empty."""

    def put(address, content=None, **options):
        known = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()} if content is not None else {}
        values = {
            "name": "thing",
            "source": f"url:{address}",
            "member": "thing.bin",
            "size": None,
            "sha256": None,
            "licence": "own",
            "terms": "for tests",
            "page": "https://example.org/thing",
        }
        asset = Asset(**values | known | options)
        monkeypatch.setattr(fetching, "MANIFEST", (asset,))
        monkeypatch.setattr(manifest, "MANIFEST", (asset,))
        return asset

    return put
