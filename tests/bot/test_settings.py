"""The environment -> one frozen value: every default, every culprit named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot.settings import DEFAULT_API, Secret, SettingsError, read_settings


def test_nothing_is_needed_to_start():
    settings = read_settings({})
    assert settings.token is None
    assert settings.api_base_url == DEFAULT_API
    assert settings.sandbox_port == 8765
    assert settings.feeds
    assert settings.database.startswith("sqlite:///")
    assert settings.unknown == ()


def test_a_token_may_come_from_a_file_and_loses_its_newline(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("123456:abc\n", encoding="utf-8")
    assert read_settings({"TELEGRAM_BOT_TOKEN_FILE": str(file)}).token == "123456:abc"  # noqa: S105  # made up here


@pytest.mark.parametrize(
    ("env", "code", "name"),
    [
        ({"TELEGRAM_BOT_TOKEN": "a", "TELEGRAM_BOT_TOKEN_FILE": "b"}, "secret_twice", None),
        ({"TELEGRAM_BOT_TOKEN_FILE": "/no/such/file"}, "secret_file", None),
        ({"TELEGRAM_API_BASE_URL": "http://127.0.0.1:1/"}, "base_url_end", None),
        ({"BASISBOT_SANDBOX_PORT": "http"}, "not_a_port", "BASISBOT_SANDBOX_PORT"),
        ({"BASISBOT_WEBHOOK_PORT": "70000"}, "not_a_port", "BASISBOT_WEBHOOK_PORT"),
        ({"BASISBOT_PAID_RATE": "30"}, "not_a_rate", "BASISBOT_PAID_RATE"),
        ({"BASISBOT_PAID_RATE": "1001"}, "not_a_rate", "BASISBOT_PAID_RATE"),
        ({"BASISBOT_ADMINS": "me"}, "not_an_id", "BASISBOT_ADMINS"),
        ({"BASISBOT_FEEDS": "maybe"}, "not_a_flag", "BASISBOT_FEEDS"),
        ({"BASISBOT_WEBHOOK_URL": "bot.example.org"}, "not_a_server", "BASISBOT_WEBHOOK_URL"),
        (
            {"BASISBOT_WEBHOOK_URL": "https://bot.example.org:99999/"},
            "not_a_server",
            "BASISBOT_WEBHOOK_URL",
        ),
        (
            {"BASISBOT_WEBHOOK_URL": "https://bot.example.org/x"},
            "webhook_no_secret",
            "BASISBOT_WEBHOOK_SECRET",
        ),
    ],
)
def test_what_cannot_be_used_is_named(env: dict[str, str], code: str, name: str | None):
    with pytest.raises(SettingsError) as caught:
        read_settings(env)
    assert caught.value.code == code
    assert name in {None, caught.value.values["name"]}


def test_an_empty_secret_file_is_refused(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings({"TELEGRAM_BOT_TOKEN_FILE": str(file)})
    assert caught.value.code == "secret_empty"


def test_unknown_names_are_reported_not_ignored():
    assert read_settings({"BASISBOT_MODLE": "x", "PATH": "y"}).unknown == ("BASISBOT_MODLE",)


def test_a_secret_shows_nothing_of_itself():
    settings = read_settings({"TELEGRAM_BOT_TOKEN": "123456:abcdef"})
    assert "abcdef" not in repr(settings)
    assert repr(Secret("x")) == "Secret('***')"


def test_only_admins_use_a_paid_model_unless_others_are_named():
    assert read_settings({"BASISBOT_ADMINS": "1, 2"}).may_use_model == (1, 2)
    named = read_settings({"BASISBOT_ADMINS": "1", "BASISBOT_ALLOW": "7 -100"})
    assert named.may_use_model == (7, -100)
    assert read_settings({"BASISBOT_ADMINS": "1", "BASISBOT_ALLOW": ""}).may_use_model == ()


HOOK = "https://bot.example.org/telegram"
SECRET = "a-b_C9"  # noqa: S105  # made up here


def hook(url: str = HOOK, secret: str = SECRET, **more: str) -> dict[str, str]:
    return {"BASISBOT_WEBHOOK_URL": url, "BASISBOT_WEBHOOK_SECRET": secret, **more}


def test_a_webhook_listens_on_this_machine_at_its_own_path():
    settings = read_settings(hook())
    assert (settings.webhook_host, settings.webhook_port) == ("127.0.0.1", 8443)
    assert settings.webhook_path == "/telegram"
    assert read_settings(hook("https://bot.example.org")).webhook_path == "/"


@pytest.mark.parametrize("secret", ["a b", "a:b", "密", "x" * 257, "a.b"])
def test_a_secret_that_telegram_would_refuse_is_refused_here(secret: str):
    with pytest.raises(SettingsError) as caught:
        read_settings(hook(secret=secret))
    assert caught.value.code == "webhook_secret"
    assert secret not in str(caught.value.values)


@pytest.mark.parametrize("url", ["http://bot.example.org/x", "https://bot.example.org:5000/x"])
def test_telegram_takes_https_on_four_ports_only(url: str):
    with pytest.raises(SettingsError) as caught:
        read_settings(hook(url))
    assert caught.value.code == "webhook_address"
    # Another Bot API server may call this machine as it likes.
    local = hook(url, TELEGRAM_API_BASE_URL="http://127.0.0.1:8081/bot")
    assert read_settings(local).webhook_url == url


@pytest.mark.parametrize("url", [HOOK + "?a=1", HOOK + "#a", "https://me@bot.example.org/"])
def test_a_webhook_address_is_plain(url: str):
    with pytest.raises(SettingsError) as caught:
        read_settings(hook(url))
    assert caught.value.code == "webhook_plain"


ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("name", ["compose.yaml", "compose.replicas.yaml"])
def test_what_compose_sets_is_what_we_read(name: str, tmp_path: Path):
    """Every name is known, every secret comes from a file, and the whole can be used."""
    service = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["services"]["basisbot"]
    secrets = {"telegram_token": "1:a", "webhook_secret": SECRET, "database_url": "postgresql://x"}
    environment = {}
    for key, value in service["environment"].items():
        given = re.sub(r"\$\{DOMAIN:[^}]*\}", "bot.example.org", value)
        if key.endswith("_FILE"):
            kept = given.removeprefix("/run/secrets/")
            assert kept in service["secrets"]
            given = str(tmp_path / kept)
            Path(given).write_text(secrets[kept], encoding="utf-8")
        environment[key] = given
    settings = read_settings(environment)
    assert settings.unknown == ()
    assert settings.token == secrets["telegram_token"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    if "replicas" in name:
        assert settings.webhook_url == "https://bot.example.org/telegram"
        assert settings.database == secrets["database_url"]
        assert "volumes" not in service


def test_a_database_password_is_not_shown():
    settings = read_settings({"BASISBOT_DATABASE_URL": "postgresql://me:hidden@host/name"})
    assert "hidden" not in repr(settings)
