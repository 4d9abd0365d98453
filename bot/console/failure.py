"""An error -> what the terminal says of it."""

from __future__ import annotations

from bot.i18n import Lang, say
from bot.log import outline


class CommandError(Exception):
    """What was asked for failed: a code and a sentence, with the culprit and what works."""

    def __init__(
        self,
        code: str,
        message: str,
        culprit: str = "",
        example: str = "",
        *,
        is_own: bool = True,  # whether what works is made of the words that were given
    ) -> None:
        super().__init__(message)
        self.is_own = is_own
        self.code, self.message, self.culprit, self.example = code, message, culprit, example

    def as_json(self) -> dict[str, str]:
        """Return the error object of the contract."""
        names = ("code", "message", "culprit", "example")
        return {name: getattr(self, name) for name in names}


def expected(error: Exception, lang: Lang) -> CommandError | None:
    """Return what to say of an error that we expect; None for one that we do not."""
    if isinstance(error, CommandError):
        return error
    from bot.render.trouble import words_for

    message = words_for(error, lang)
    if message is None:
        return _of_machine(error, lang)
    code, values = getattr(error, "code", ""), getattr(error, "values", {})
    culprit = next((values[k] for k in ("culprit", "value", "path") if k in values), "")
    return CommandError(code, message, str(culprit), str(values.get("example", "")))


def _of_machine(error: Exception, lang: Lang) -> CommandError | None:
    """Return what to say where the machine fails: a file, a full disk, a damaged database."""
    if isinstance(error, OSError):
        path = str(error.filename or "stdout")
        reason = error.strerror or str(error)
        return CommandError(
            "os_error", say(lang, "console.os_error", path=path, reason=reason), path
        )
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        reason = outline(error)
        return CommandError("store_failed", say(lang, "console.store_failed", reason=reason))
    return None


def unexpected(error: Exception, lang: Lang) -> CommandError:
    """Return what to say of a defect of ours."""
    kind = type(error).__name__
    return CommandError("defect", say(lang, "console.defect", kind=kind, reason=error), kind)
