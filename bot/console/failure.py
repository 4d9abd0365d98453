"""An error -> what the terminal says of it; None for a defect, which keeps its traceback."""

from __future__ import annotations

from bot.i18n import Lang, say


class CommandError(Exception):
    """What was asked for failed: a code and a sentence, with the culprit and what works."""

    def __init__(self, code: str, message: str, culprit: str = "", example: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.culprit, self.example = code, message, culprit, example

    def as_json(self) -> dict[str, str]:
        """Return the error object of the contract."""
        return {
            "code": self.code,
            "message": self.message,
            "culprit": self.culprit,
            "example": self.example,
        }


def expected(error: Exception, lang: Lang) -> CommandError | None:
    """Return what to say of an error that we expect; None for one that we do not."""
    if isinstance(error, CommandError):
        return error
    if isinstance(error, OSError) and error.filename:
        path = str(error.filename)
        return CommandError(
            "file", say(lang, "console.file", path=path, reason=error.strerror), path
        )
    from bot.render.trouble import words_for

    message = words_for(error, lang)
    if message is None:
        return None
    code, values = getattr(error, "code", ""), getattr(error, "values", {})
    culprit = next((values[k] for k in ("culprit", "value", "path") if k in values), "")
    return CommandError(code, message, str(culprit), str(values.get("example", "")))
