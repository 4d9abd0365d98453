"""Bytes -> what kind of report they are, judged by content, or why they are none."""

from __future__ import annotations

import io
import zipfile
from typing import Literal

from knowledge.errors import KnowledgeError

Kind = Literal["pdf", "docx", "html", "markdown", "text"]

# Unpacked, an honest Word file is some ten times its size; pictures do not shrink at all.
UNPACKED_LIMIT = 200 * 2**20
UNPACKED_RATIO = 150
PARTS_LIMIT = 5_000

_HEADS: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xfe\xed\xfa", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\x89PNG\r\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\0", "picture"),
    (b"MM\0*", "picture"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"ID3", "media"),
    (b"OggS", "media"),
    (b"fLaC", "media"),
    (b"\x1aE\xdf\xa3", "media"),
    (b"{\\rtf", "rich_text"),
    (b"%!PS", "rich_text"),
    (b"SQLite format 3\0", "binary"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML_SIGNS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<article")
_TEXT_ENDINGS = (".md", ".markdown", ".mkd")


def kind_of(data: bytes, name: str) -> Kind:
    """Return the kind of a report; raise KnowledgeError with the code that says why it is none.

    The name only tells Markdown from plain text: whatever it ends in, the content decides.
    """
    if not data:
        raise KnowledgeError("report_empty")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK"):
        return _packed(data)
    if data.startswith(_OLE):
        _raise_ole(data)
    _raise_known(data)
    head = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith(b"<?xml"):
        head = head[head.find(b"?>") + 2 :].lstrip()
    if any(sign in head[:2048] for sign in _HTML_SIGNS) and head.startswith(b"<"):
        return "html"
    return "markdown" if name.lower().endswith(_TEXT_ENDINGS) else "text"


def _raise_known(data: bytes) -> None:
    """Raise for what is known by its first bytes to hold no text for us."""
    for head, what in _HEADS:
        if data.startswith(head):
            raise KnowledgeError(f"report_{what}")
    if data[4:8] == b"ftyp" or (data[:4] == b"RIFF" and data[8:12] in {b"WAVE", b"AVI "}):
        raise KnowledgeError("report_media")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        raise KnowledgeError("report_picture")
    if data[257:262] == b"ustar":
        raise KnowledgeError("report_archive")


def _raise_ole(data: bytes) -> None:
    """Raise for the old container of Office: an encrypted new file, or an old one."""
    encrypted = "EncryptedPackage".encode("utf-16-le")
    raise KnowledgeError("report_encrypted" if encrypted in data else "report_old_office")


def _packed(data: bytes) -> Kind:
    """Return `docx` for an honest Word file; judged by its table of contents, nothing unpacked."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError) as error:
        raise KnowledgeError("report_damaged") from error
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise KnowledgeError("report_encrypted")
    unpacked = sum(part.file_size for part in parts)
    too_dense = unpacked > 2**20 and unpacked > UNPACKED_RATIO * len(data)
    if unpacked > UNPACKED_LIMIT or too_dense or len(parts) > PARTS_LIMIT:
        raise KnowledgeError("report_too_heavy")
    if "word/document.xml" in names:
        return "docx"
    if names & {"xl/workbook.xml", "ppt/presentation.xml", "mimetype", "content.xml"}:
        raise KnowledgeError("report_other_office")
    raise KnowledgeError("report_damaged" if "[Content_Types].xml" in names else "report_archive")
