"""An address in a text -> the address that Telegram makes a link of, or nothing."""

from __future__ import annotations

import re

USER_LINK = re.compile(r"tg:(?://)?user\?id=([1-9][0-9]{0,18})", re.IGNORECASE)
OWN_SCHEME = re.compile(r"(tg|ton|tonsite):(?://)?(.+)", re.IGNORECASE | re.DOTALL)
WEB_LINK = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<login>[^/?#@]*@)?(?P<host>[^/?#:@]+)(?P<port>:[0-9]{1,5})?"
    r"(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)


def lower(text: str) -> str:
    """Return the text with its ASCII letters in lower case and nothing else changed."""
    return text.encode().lower().decode()


def checked_url(url: str) -> str:
    """Return the address as Telegram keeps it, or "" where it would not make it a link."""
    if own := OWN_SCHEME.fullmatch(url):
        scheme, rest = own.group(1).lower(), own.group(2)
        bare = scheme != "tg" and not re.search(r"[/?#]", rest)
        return f"{scheme}://{rest}{'/' if bare else ''}"
    match = WEB_LINK.fullmatch(url)
    if match is None or any(c <= " " for c in url):
        return ""
    host = lower(match.group("host"))
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or re.search(r"[\"'<>\\^`{|}\[\],!*();&=+$%]", host):
        return ""
    rest = match.group("rest") or "/"
    scheme = (match.group("scheme") or "http").lower()
    slash = "" if rest.startswith("/") else "/"
    login = match.group("login") or ""
    return f"{scheme}://{login}{host}{match.group('port') or ''}{slash}{rest}"
