"""Uploaded bytes -> stored files with ids, and Telegram's limits on them."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from bot.sandbox.errors import ApiError, bad
from bot.sandbox.params import Upload

UPLOAD_LIMIT = 50 * 2**20
DOWNLOAD_LIMIT = 20 * 2**20
PHOTO_LIMIT = 10 * 2**20


@dataclass(frozen=True, slots=True)
class Stored:
    """One file that went through the sandbox."""

    file_id: str
    unique_id: str
    name: str
    mime: str
    data: bytes
    path: str
    width: int = 0
    height: int = 0

    def to_file(self) -> dict[str, Any]:
        """Return the File of the Bot API."""
        return {**self._ids(), "file_path": self.path}

    def to_photo(self) -> list[dict[str, Any]]:
        """Return the sizes of a photo: here only the one that was sent."""
        return [{**self._ids(), "width": self.width, "height": self.height}]

    def to_document(self) -> dict[str, Any]:
        """Return the Document of the Bot API."""
        return {**self._ids(), "file_name": self.name, "mime_type": self.mime}

    def _ids(self) -> dict[str, Any]:
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.data),
        }


@dataclass(slots=True)
class Files:
    """All files by id and by path."""

    by_id: dict[str, Stored] = field(default_factory=dict)
    by_path: dict[str, Stored] = field(default_factory=dict)

    def document(self, upload: Upload) -> Stored:
        """Store a document."""
        return self._store("documents", upload, 0, 0)

    def photo(self, upload: Upload) -> Stored:
        """Store a photo, or raise what Telegram says to one that it cannot use."""
        size = len(upload.data)
        if size > PHOTO_LIMIT:
            text = f"file of size {size} bytes is too big for a photo"
            raise bad(f"{text}; the maximum size is {PHOTO_LIMIT} bytes")
        width, height = picture_size(upload.data)
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        return self._store("photos", upload, width, height)

    def _store(self, folder: str, upload: Upload, width: int, height: int) -> Stored:
        if len(upload.data) > UPLOAD_LIMIT:
            raise ApiError(413, "Request Entity Too Large")
        if not upload.data:
            raise bad("file must be non-empty")
        number = len(self.by_id)
        ending = upload.name.rpartition(".")[2] if "." in upload.name else "bin"
        stored = Stored(
            file_id=f"SBX{folder[0].upper()}{secrets.token_urlsafe(24)}",
            unique_id=hashlib.sha256(upload.data).hexdigest()[:16],
            name=upload.name,
            mime=upload.mime or "application/octet-stream",
            data=upload.data,
            path=f"{folder}/file_{number}.{ending}",
            width=width,
            height=height,
        )
        self.by_id[stored.file_id] = self.by_path[stored.path] = stored
        return stored

    def known(self, file_id: str) -> Stored:
        """Return the file sent before under that id; an address cannot be fetched here."""
        if file_id in self.by_id:
            return self.by_id[file_id]
        if file_id.startswith(("http://", "https://")):
            raise bad("failed to get HTTP URL content")
        raise bad("wrong file identifier/HTTP URL specified")


def picture_size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels of a picture that Telegram could process."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data)) as picture:
            if picture.format not in {"PNG", "JPEG", "WEBP", "GIF", "BMP"}:
                raise bad("IMAGE_PROCESS_FAILED")
            picture.load()
            return picture.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        raise bad("IMAGE_PROCESS_FAILED") from None
