"""Serves the team's pages to a browser on this computer, and tells the browser when the page that it shows is
out of date.

The server listens only on 127.0.0.1 and answers only requests with the secret address. Another user of the
computer would have to guess the address, and a page of another site cannot send requests with this address.
The files of the site are not changed. Only the copy of a page that is sent to the browser contains the script
that asks for changes, and the permission for this script to run.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from glc_analysis.templates import read_packaged_text

_NEWS, _SCRIPT = "~news", "~watch.js"
_LONGEST_WAIT = 20.0
"""The largest number of seconds for which the server delays its answer about a page. After this time, the
server says that the page is unchanged, and the browser asks again."""
_LOOK = 0.02


class PageServer:
    """Serves the pages of a site at one address. ``site`` is a function that returns the present folder of
    the site, or None."""

    def __init__(self, site: Callable[[], Path | None]) -> None:
        self._site, self._secret = site, secrets.token_urlsafe(16)
        self.seen, self.fault = "", ""
        """The page that a browser last requested, and the fault in the study's files that is shown on the
        page."""
        self.ahead: dict[str, bytes] = {}
        """The new pages that are finished before the whole site is made again, keyed by slug."""
        handler = type("Handler", (_Handler,), {"pages": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """Returns the address of the first page, with the secret."""
        return f"http://{self.host}/{self._secret}/index.html"

    def start(self) -> None:
        """Serves the pages in threads until :meth:`close` is called."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()

    def find_requested_file(self, path_with_secret: str) -> str | None:
        """Returns the name of the file for which a request asks; None if the address lacks the secret."""
        first, _, name = path_with_secret.lstrip("/").partition("/")
        return name if secrets.compare_digest(first.encode(), self._secret.encode()) else None

    def read_content(self, name: str) -> bytes | None:
        """Returns the content of a file of the site in the form in which it is sent; None if the file does
        not exist."""
        if name == _SCRIPT:
            return read_packaged_text(__file__, "watch.js").encode()
        slug, _, suffix = name.rpartition(".")
        if suffix == "html" and (page := self.ahead.get(slug)):
            return add_reload_script(page, slug)
        site = self._site()
        path = (site / name).resolve() if site else None
        if site is None or path is None or not path.is_relative_to(site.resolve()) or not path.is_file():
            return None
        content = path.read_bytes()
        return add_reload_script(content, path.stem) if path.suffix == ".html" else content

    def wait_for_new_page(self, page: str, shown_digest: str, shown_fault: str) -> dict[str, Any]:
        """Waits until the digest of a page differs from ``shown_digest`` or the fault in the files differs
        from ``shown_fault``, but at most ``_LONGEST_WAIT`` seconds. Returns whether the page is new, and the
        present fault."""
        self.seen, until = page, time.monotonic() + _LONGEST_WAIT
        while (time.monotonic() < until and self._mark(page) in ("", shown_digest)
               and self.fault == shown_fault):
            time.sleep(_LOOK)
        return {"is_new": self._mark(page) not in ("", shown_digest), "fault": self.fault}

    def _mark(self, page: str) -> str:
        if ahead := self.ahead.get(page):
            return digest_page_bytes(ahead)
        site = self._site()
        path = site / f"{page}.html" if site else None
        return digest_page_bytes(path.read_bytes()) if path and path.is_file() else ""


def digest_page_bytes(content: bytes) -> str:
    """Returns a digest that changes with the content of a page."""
    return hashlib.sha256(content).hexdigest()[:16]


def add_reload_script(content: bytes, page: str) -> bytes:
    """Returns a page of the site with the script that asks for changes, and with permission for this script
    to run. Nothing else in the page changes.

    >>> page = add_reload_script(b"script-src 'none'; style-src 'self'<body></body>", "index")
    >>> page.decode().partition("<body>")[0]
    "script-src 'self'; connect-src 'self'; style-src 'self'"
    """
    mark = digest_page_bytes(content)
    script = f'<script src="{_SCRIPT}" data-page="{page}" data-mark="{mark}"></script></body>'
    for policy in (b"script-src 'none'", b"script-src 'self'"):
        if policy in content:
            content = content.replace(policy, b"script-src 'self'; connect-src 'self'", 1)
            break
    head, end, tail = content.rpartition(b"</body>")
    return head + script.encode() + tail if end else content


class _Handler(BaseHTTPRequestHandler):
    pages: PageServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answers a request of the browser."""
        asked = urlsplit(self.path)
        name = self.pages.find_requested_file(unquote(asked.path))
        if name is None or self.headers.get("Host") != self.pages.host:
            self._send(HTTPStatus.FORBIDDEN, b"", "text/plain")
        elif name == _NEWS:
            said = {key: values[0] for key, values in parse_qs(asked.query).items()}
            news = self.pages.wait_for_new_page(said.get("page", ""), said.get("mark", ""),
                                                said.get("fault", ""))
            self._send(HTTPStatus.OK, json.dumps(news).encode(), "application/json")
        elif (content := self.pages.read_content(name)) is None:
            self._send(HTTPStatus.NOT_FOUND, b"There is no such page.", "text/plain")
        else:
            if name.endswith(".html"):
                self.pages.seen = Path(name).stem
            self._send(HTTPStatus.OK, content, guess_type(name)[0] or "application/octet-stream")

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        for header, value in (("Content-Type", kind), ("Content-Length", str(len(content))),
                              ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"),
                              ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY")):
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Prints nothing, because the address is a secret."""
