"""The environment, read once -> one frozen value."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
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


KNOWN = {
    "BASISBOT_DATA_DIR",
    "BASISBOT_DATABASE_URL",
    "BASISBOT_DATABASE_URL_FILE",
    "BASISBOT_CHROMA_URL",
    "BASISBOT_MODEL",
    "BASISBOT_MODEL_BASE_URL",
    "BASISBOT_EMBEDDING",
    "BASISBOT_WEBHOOK_URL",
    "BASISBOT_WEBHOOK_HOST",
    "BASISBOT_WEBHOOK_PORT",
    "BASISBOT_WEBHOOK_SECRET",
    "BASISBOT_WEBHOOK_SECRET_FILE",
    "BASISBOT_ADMINS",
    "BASISBOT_ALLOW",
    "BASISBOT_SANDBOX_PORT",
    "BASISBOT_FEEDS",
    "BASISBOT_PAID_RATE",
    "BASISBOT_REFERENCE_DIR",
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


def _int(env: Mapping[str, str], name: str, default: int) -> int:
    raw = env.get(name, "").strip()
    if not raw:
        return default
    if not raw.isdecimal() or not 0 <= int(raw) <= 65535:
        raise SettingsError("not_a_port", name=name, value=raw)
    return int(raw)


def _rate(env: Mapping[str, str], name: str) -> int | None:
    """Return messages a second, more than Telegram sends for nothing and as many as it sells."""
    raw = env.get(name, "").strip()
    if not raw:
        return None
    if not raw.isdecimal() or not 30 < int(raw) <= 1000:
        raise SettingsError("not_a_rate", name=name, value=raw)
    return int(raw)


def _ids(env: Mapping[str, str], name: str) -> tuple[int, ...] | None:
    raw = env.get(name)
    if raw is None:
        return None
    words = raw.replace(",", " ").split()
    for word in words:
        if not word.lstrip("-").isdecimal():
            raise SettingsError("not_an_id", name=name, value=word)
    return tuple(int(word) for word in words)


def _flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    raw = env.get(name, "").strip().lower()
    if not raw:
        return default
    if raw not in {"on", "off", "1", "0", "true", "false", "yes", "no"}:
        raise SettingsError("not_a_flag", name=name, value=raw)
    return raw in {"on", "1", "true", "yes"}


def _api_base(env: Mapping[str, str]) -> str:
    url = env.get("TELEGRAM_API_BASE_URL", "").strip() or DEFAULT_API
    if not url.endswith("/bot"):
        raise SettingsError("base_url_end", name="TELEGRAM_API_BASE_URL", value=url)
    return url


def _server(env: Mapping[str, str], name: str) -> str | None:
    url = env.get(name, "").strip()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        usable = False
    if not usable:
        raise SettingsError("not_a_server", name=name, value=url)
    return url


def _webhook(env: Mapping[str, str], secret: str | None, *, official: bool) -> str | None:
    """Return where Telegram is to send updates; without a secret anybody could send them.

    Telegram itself takes https on four ports only; another Bot API server may be on this machine.
    """
    name = "BASISBOT_WEBHOOK_URL"
    url = _server(env, name)
    if url is None:
        return None
    parts = urlsplit(url)
    if official and (parts.scheme != "https" or (parts.port or 443) not in WEBHOOK_PORTS):
        raise SettingsError("webhook_address", name=name, value=url)
    if parts.query or parts.fragment or parts.username:
        raise SettingsError("webhook_plain", name=name, value=url)
    if secret is None:
        raise SettingsError("webhook_no_secret", name="BASISBOT_WEBHOOK_SECRET")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise SettingsError("webhook_secret", name="BASISBOT_WEBHOOK_SECRET")
    return url


def read_settings(env: Mapping[str, str]) -> Settings:
    """Return the settings that an environment says, or raise SettingsError naming the culprit."""
    api, secret = _api_base(env), _secret(env, "BASISBOT_WEBHOOK_SECRET")
    chosen: dict[str, object] = {
        "token": _secret(env, "TELEGRAM_BOT_TOKEN"),
        "api_base_url": api,
        "api_file_url": env.get("TELEGRAM_API_FILE_URL", "").strip() or DEFAULT_FILES,
        "database_url": _secret(env, "BASISBOT_DATABASE_URL") or "",
        "chroma_url": _server(env, "BASISBOT_CHROMA_URL"),
        "model": env.get("BASISBOT_MODEL", "").strip() or None,
        "model_base_url": env.get("BASISBOT_MODEL_BASE_URL", "").strip() or None,
        "embedding": env.get("BASISBOT_EMBEDDING", "").strip() or None,
        "webhook_url": _webhook(env, secret, official=api == DEFAULT_API),
        "webhook_host": env.get("BASISBOT_WEBHOOK_HOST", "").strip() or "127.0.0.1",
        "webhook_port": _int(env, "BASISBOT_WEBHOOK_PORT", 8443),
        "webhook_secret": secret,
        "admins": _ids(env, "BASISBOT_ADMINS") or (),
        "allow": _ids(env, "BASISBOT_ALLOW"),
        "sandbox_port": _int(env, "BASISBOT_SANDBOX_PORT", 8765),
        "feeds": _flag(env, "BASISBOT_FEEDS", True),
        "paid_rate": _rate(env, "BASISBOT_PAID_RATE"),
        "fred_api_key": _secret(env, "FRED_API_KEY"),
        "provider_keys": _provider_keys(env),
        "unknown": tuple(
            sorted(name for name in env if name.startswith("BASISBOT_") and name not in KNOWN)
        ),
    }
    if folder := env.get("BASISBOT_DATA_DIR", "").strip():
        chosen["data_dir"] = Path(folder).expanduser()
    if folder := env.get("BASISBOT_REFERENCE_DIR", "").strip():
        chosen["reference_dir"] = Path(folder).expanduser()
    names = {f.name for f in fields(Settings)}
    return Settings(**{k: v for k, v in chosen.items() if k in names})  # type: ignore[arg-type]  # checked above


def load_settings() -> Settings:
    """Return the settings of this process: `.env` in the working folder, then the environment.

    What `.env` says joins the environment, where a provider's library looks for its own key.
    """
    from dotenv import load_dotenv

    load_dotenv(".env")
    return read_settings(os.environ)
