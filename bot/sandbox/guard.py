"""Who may talk to the sandbox: this machine, under its own name, and for the page with its key."""

from __future__ import annotations

import hmac
from typing import Any

from tornado.web import HTTPError, RequestHandler

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
KEY_HEADER = "X-Sandbox-Key"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)


def hosts(port: int) -> set[str]:
    """Return the names under which a browser on this machine reaches the port."""
    return {f"{name}:{port}" for name in LOOPBACK}


def origins(port: int) -> set[str]:
    """Return the origins that pages of the sandbox have."""
    return {f"http://{host}" for host in hosts(port)}


def host_is_ours(handler: RequestHandler) -> bool:
    """Tell whether a request names this server; a page elsewhere that rebinds DNS does not."""
    return handler.request.host.lower() in hosts(handler.settings["port"]())


class Guarded(RequestHandler):
    """A handler that answers only requests which name this machine."""

    def prepare(self) -> Any:
        """Refuse foreign names before anything else is looked at."""
        if not host_is_ours(self):
            raise HTTPError(403, reason="Forbidden")

    def set_default_headers(self) -> None:
        """Keep the browser from loading or embedding anything else."""
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    @property
    def cookie_name(self) -> str:
        """Return the cookie's name: cookies do not tell ports apart, so the name does."""
        return f"sandbox_{self.settings['port']()}"

    def has_key(self) -> bool:
        """Tell whether the request brings the page's key, in query, header or cookie."""
        given = (
            self.get_query_argument("key", "")
            or self.request.headers.get(KEY_HEADER, "")
            or self.get_cookie(self.cookie_name, "")
            or ""
        )
        return hmac.compare_digest(given.encode(), self.settings["key"].encode())


class Keyed(Guarded):
    """A handler of the page: key needed, and no other page may call it."""

    def prepare(self) -> Any:
        """Refuse requests without the key or from another origin."""
        super().prepare()
        origin = self.request.headers.get("Origin")
        if not self.has_key() or (origin and origin not in origins(self.settings["port"]())):
            raise HTTPError(403, reason="Forbidden")
