"""The environment, read once -> one frozen value."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DEFAULT_API = "https://api.telegram.org/bot"
WEBHOOK_PORTS = (443, 80, 88, 8443)  # Bot API, setWebhook
DEFAULT_FILES = "https://api.telegram.org/file/bot"


class SettingsError(Exception):
    """An environment variable that cannot be used; `code` and `values` name it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values


class Secret(str):
    """A string that shows nothing of itself when printed by accident."""

    def __repr__(self) -> str:
        """Return a fixed mark instead of the value."""
        return "Secret('***')"


def _text(env: Mapping[str, str], name: str) -> str | None:
    return env.get(name, "").strip() or None


def _secret(env: Mapping[str, str], name: str) -> Secret | None:
    """Return a secret given as NAME or as a file NAME_FILE; both at once is refused."""
    value, file = env.get(name), env.get(f"{name}_FILE")
    if value and file:
        raise SettingsError("secret_twice", name=name)
    if file:
        try:
            value = Path(file).read_text(encoding="utf-8")
        except OSError as error:
            raise SettingsError("secret_file", name=f"{name}_FILE", path=file) from error
        if not value.strip():
            raise SettingsError("secret_empty", name=f"{name}_FILE", path=file)
    return Secret(value.strip()) if value and value.strip() else None


def _number(env: Mapping[str, str], name: str, allowed: range, code: str) -> int | None:
    raw = _text(env, name)
    if raw and not (raw.isdecimal() and int(raw) in allowed):
        raise SettingsError(code, name=name, value=raw)
    return int(raw) if raw else None


def _port(env: Mapping[str, str], name: str) -> int | None:
    return _number(env, name, range(65536), "not_a_port")


def _rate(env: Mapping[str, str], name: str) -> int | None:
    """Return messages a second, more than Telegram sends for nothing and as many as it sells."""
    return _number(env, name, range(31, 1001), "not_a_rate")


def _ids(env: Mapping[str, str], name: str) -> tuple[int, ...] | None:
    words = env.get(name, "").replace(",", " ").split()
    for word in words:
        if not word.lstrip("-").isdecimal():
            raise SettingsError("not_an_id", name=name, value=word)
    return tuple(int(word) for word in words) if name in env else None


def _flag(env: Mapping[str, str], name: str) -> bool | None:
    raw = env.get(name, "").strip().lower()
    if raw not in {"", "on", "off", "1", "0", "true", "false", "yes", "no"}:
        raise SettingsError("not_a_flag", name=name, value=raw)
    return raw in {"on", "1", "true", "yes"} if raw else None


def _folder(env: Mapping[str, str], name: str) -> Path | None:
    raw = _text(env, name)
    return Path(raw).expanduser() if raw else None


def _api_base(env: Mapping[str, str], name: str) -> str | None:
    url = _text(env, name)
    if url and not url.endswith("/bot"):
        raise SettingsError("base_url_end", name=name, value=url)
    return url


def _server(env: Mapping[str, str], name: str) -> str | None:
    url = _text(env, name)
    try:
        parts = urlsplit(url or "http://none")
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        usable = False
    if not usable:
        raise SettingsError("not_a_server", name=name, value=url)
    return url


def _default_data_dir() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("basisbot", appauthor=False))


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator chose. Every value has a default: nothing is needed to start."""

    token: Secret | None = None
    api_base_url: str = DEFAULT_API
    api_file_url: str = DEFAULT_FILES
    data_dir: Path = field(default_factory=_default_data_dir)
    database_url: str = ""
    chroma_url: str | None = None
    model: str | None = None
    model_base_url: str | None = None
    embedding: str | None = None
    webhook_url: str | None = None
    webhook_host: str = "127.0.0.1"
    webhook_port: int = 8443
    webhook_secret: Secret | None = None
    admins: tuple[int, ...] = ()
    allow: tuple[int, ...] | None = None
    sandbox_port: int = 8765
    feeds: bool = True
    paid_rate: int | None = None
    fred_api_key: Secret | None = None
    provider_keys: tuple[Secret, ...] = ()
    reference_dir: Path = Path("../shared/reference")
    unknown: tuple[str, ...] = ()

    @property
    def database(self) -> str:
        """Return the database URL: the one given, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'basisbot.db'}"

    @property
    def webhook_path(self) -> str:
        """Return the path at which the webhook's address is served, here as outside."""
        return urlsplit(self.webhook_url or "").path or "/"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no log may show: tokens, keys, and the passwords inside addresses."""
        own = (self.token, self.webhook_secret, self.fred_api_key, *self.provider_keys)
        addresses = (
            self.database_url,
            self.chroma_url,
            self.model_base_url,
            self.api_base_url,
            self.api_file_url,
        )
        within = (form for address in addresses for form in _passwords(address or ""))
        return tuple(secret for secret in (*own, *within) if secret)

    @property
    def may_use_model(self) -> tuple[int, ...]:
        """Return the chats that may use a configured, paid model."""
        return self.admins if self.allow is None else self.allow


# Each value's variable is called as it is, but for these; and it is text, but for those below.
NAMES = {
    "token": "TELEGRAM_BOT_TOKEN",
    "api_base_url": "TELEGRAM_API_BASE_URL",
    "api_file_url": "TELEGRAM_API_FILE_URL",
    "fred_api_key": "FRED_API_KEY",
}
READERS: dict[str, Callable[[Mapping[str, str], str], object]] = {
    **dict.fromkeys(("token", "database_url", "webhook_secret", "fred_api_key"), _secret),
    **dict.fromkeys(("chroma_url", "webhook_url"), _server),
    **dict.fromkeys(("data_dir", "reference_dir"), _folder),
    **dict.fromkeys(("webhook_port", "sandbox_port"), _port),
    **dict.fromkeys(("admins", "allow"), _ids),
    "api_base_url": _api_base,
    "feeds": _flag,
    "paid_rate": _rate,
}

# How the variables end in which the libraries of model providers look for their keys.
KEY_ENDINGS = ("_API_KEY", "_ACCESS_KEY", "_SECRET_KEY", "_API_TOKEN", "_AUTH_TOKEN")


def _passwords(address: str) -> tuple[str, ...]:
    """Return the password in an address, as it stands there and as it is meant."""
    try:
        password = urlsplit(address).password
    except ValueError:  # no address at all: whoever uses it will say so
        return ()
    return (password, unquote(password)) if password else ()


def _provider_keys(env: Mapping[str, str]) -> tuple[Secret, ...]:
    return tuple(Secret(env[name].strip()) for name in sorted(env) if name.endswith(KEY_ENDINGS))


def _check_webhook(settings: Settings) -> None:
    """Refuse an address to which Telegram sends nothing, or anybody could without a secret.

    Telegram itself takes https on four ports only; another Bot API server may be on this machine.
    """
    url, secret = settings.webhook_url, settings.webhook_secret
    if url is None:
        return
    name, parts = "BASISBOT_WEBHOOK_URL", urlsplit(url)
    official = settings.api_base_url == DEFAULT_API
    if official and (parts.scheme != "https" or (parts.port or 443) not in WEBHOOK_PORTS):
        raise SettingsError("webhook_address", name=name, value=url)
    if parts.query or parts.fragment or parts.username:
        raise SettingsError("webhook_plain", name=name, value=url)
    if secret is None:
        raise SettingsError("webhook_no_secret", name="BASISBOT_WEBHOOK_SECRET")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise SettingsError("webhook_secret", name="BASISBOT_WEBHOOK_SECRET")


def read_settings(env: Mapping[str, str]) -> Settings:
    """Return the settings that an environment says, or raise SettingsError naming the culprit."""
    chosen: dict[str, Any] = {"provider_keys": _provider_keys(env)}
    known: set[str] = set()
    for value in fields(Settings):
        if value.name in {"provider_keys", "unknown"}:
            continue
        name = NAMES.get(value.name, f"BASISBOT_{value.name.upper()}")
        read = READERS.get(value.name, _text)
        known |= {name, f"{name}_FILE"} if read is _secret else {name}
        if (found := read(env, name)) is not None:
            chosen[value.name] = found
    strange = {name for name in env if name.startswith("BASISBOT_")} - known
    settings = Settings(**chosen, unknown=tuple(sorted(strange)))
    _check_webhook(settings)
    return settings


def load_settings() -> Settings:
    """Return the settings of this process: `.env` in the working folder, then the environment.

    What `.env` says joins the environment, where a provider's library looks for its own key.
    """
    from dotenv import load_dotenv

    load_dotenv(".env")
    return read_settings(os.environ)
