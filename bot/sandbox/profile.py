"""A call about the bot itself -> its name, menus, texts and the way updates reach it."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.sandbox.errors import bad
from bot.sandbox.params import Params
from bot.sandbox.updates import Webhook
from bot.sandbox.world import Json, World


def get_me(world: World, _: Params) -> Json:
    """Return the bot."""
    return {
        **world.bot,
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def yes(world: World, _: Params) -> bool:
    """Agree to what has no effect here."""
    return True


def set_my_commands(world: World, params: Params) -> bool:
    """Keep the command menu of a scope and a language."""
    commands = params.listing("commands")
    if len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch(r"/?[a-z0-9_]{1,32}", str(command.get("command", ""))):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(params)] = commands
    world.tell("commands", {})
    return True


def get_my_commands(world: World, params: Params) -> list[Json]:
    """Return the menu of exactly that scope and language."""
    return world.commands.get(_scope(params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """Forget the menu of a scope and a language."""
    world.commands.pop(_scope(params), None)
    world.tell("commands", {})
    return True


def _scope(params: Params) -> tuple[str, str]:
    scope = params.record("scope")
    kind = str(scope.get("type", "default"))
    parts = [kind, *(str(scope[k]) for k in ("chat_id", "user_id") if k in scope)]
    language = params.text("language_code") or ""
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad("LANG_CODE_INVALID")
    return ":".join(parts), language


def keep_text(field: str, limit: int) -> Callable[[World, Params], bool]:
    """Return the method that keeps a profile text by language."""

    def method(world: World, params: Params) -> bool:
        value = params.text(field) or ""
        if len(value) > limit:
            raise bad(f"{field.replace('_', ' ')} is too long")
        world.profile[field, params.text("language_code") or ""] = value
        world.tell("profile", {})
        return True

    return method


def tell_text(field: str) -> Callable[[World, Params], Json]:
    """Return the method that tells a profile text."""

    def method(world: World, params: Params) -> Json:
        language = params.text("language_code") or ""
        texts = world.profile
        return {field: texts.get((field, language), texts.get((field, ""), ""))}

    return method


def set_chat_menu_button(world: World, params: Params) -> bool:
    """Keep the menu button of a chat (0: of all)."""
    button = params.record("menu_button") or {"type": "default"}
    world.menu_buttons[params.number("chat_id") or 0] = button
    return True


def get_chat_menu_button(world: World, params: Params) -> Json:
    """Return the menu button of a chat."""
    buttons = world.menu_buttons
    return buttons.get(params.number("chat_id") or 0, {"type": "commands"})


def set_webhook(world: World, params: Params) -> bool:
    """Have updates delivered to an address; an empty one ends that."""
    updates = world.updates
    url = params.text("url") or ""
    secret = params.text("secret_token") or ""
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad("secret token contains unallowed characters")
    if url and not url.startswith(("http://", "https://")):
        raise bad("bad webhook: invalid webhook URL specified")
    if params.flag("drop_pending_updates"):
        updates.waiting.clear()
    if "allowed_updates" in params.values:
        updates.allowed = tuple(params.listing("allowed_updates", str))
    most = params.number("max_connections") or 40
    updates.webhook = Webhook(url, secret, most, params.text("ip_address") or "") if url else None
    updates.wake()
    return True


def delete_webhook(world: World, params: Params) -> bool:
    """Go back to polling."""
    return set_webhook(world, Params({**params.values, "url": ""}))


def get_webhook_info(world: World, _: Params) -> Json:
    """Return where updates go and what went wrong last."""
    updates = world.updates
    hook = updates.webhook or Webhook("")
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(updates.waiting),
    }
    if hook.url:
        info["max_connections"] = hook.max_connections
    if hook.last_error_date:
        info["last_error_date"] = hook.last_error_date
        info["last_error_message"] = hook.last_error_message
    if updates.allowed:
        info["allowed_updates"] = list(updates.allowed)
    return info
