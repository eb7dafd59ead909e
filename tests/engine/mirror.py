"""A web server that misbehaves as its paths say."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

CONTENT = np.random.RandomState(0).bytes(300_000)
SHA = hashlib.sha256(CONTENT).hexdigest()


class Mirror(ThreadingHTTPServer):
    """A web server whose paths say how it misbehaves, and which remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.asked: list[tuple[str, str | None]] = []
        self.over = threading.Event()

    def url(self, manner: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{manner}"


class Handler(BaseHTTPRequestHandler):
    server: Mirror

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        manner, wanted = self.path.strip("/"), self.headers.get("Range")
        self.server.asked.append((manner, wanted))
        content = self.server.content
        if manner == "missing":
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if manner == "ignores_ranges":
            start = 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        body = content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.send_body(manner, body)

    def send_body(self, manner: str, body: bytes) -> None:
        if manner == "corrupts":
            body = bytes([body[0] ^ 1]) + body[1:]
        if manner == "breaks_off":
            body = body[:100_000]
        if manner in ("truncates", "stalls"):
            body = body[: len(body) // 2]
        self.wfile.write(body)
        if manner == "stalls":
            self.wfile.flush()
            self.server.over.wait(5)
