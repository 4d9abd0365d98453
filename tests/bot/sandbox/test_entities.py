"""Our reading of Telegram's HTML agrees with TDLib's: what passes, what is refused, and how."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.entities import (
    Entity,
    found_in,
    ordered,
    settled,
    trimmed,
    utf16,
)
from bot.sandbox.markup import ParseError, parse_html
from tests.oracles import td, td_parse


def cut(*lines: str) -> list[str]:
    return " ".join(lines).split()


PIECES = cut(
    "<b> </b> <i> </i> <u> </u> <s> </s> <B> </I> <pre> </pre> <code> </code> </> < > </",
    "<a <span <code <blockquote <tg-spoiler> </tg-spoiler> <blockquote> </blockquote>",
    "</span> <table> <br> <br/> <p> <h1> <!-- <tg-time <tg-emoji unix='5' emoji-id='7'",
    "expandable class='tg-spoiler' class='language-py' href='http://e.com' href class",
    "&amp; &lt; &quot &nbsp; &#65; &#x4e2d; &#xd800; & &# ; = ' \" - . _ / x 9 e.com",
)
PIECES += ["中", "\U0001f600", "\0", " ", "\n", "\v", "\f"]
soup = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
OPENINGS = [
    "<b>",
    "<i>",
    "<u>",
    "<s>",
    "<pre>",
    "<code>",
    "<code class='language-py'>",
    "<blockquote>",
    "<a href='http://e.com/x?a=1&amp;b=2'>",
    "<tg-spoiler>",
    '<span class="tg-spoiler">',
    "<tg-emoji emoji-id='1'>",
]


def wrapped(opening: str, inner: str) -> str:
    name = re.split(r"[ >]", opening[1:])[0]
    return f"{opening}{inner}</{name}>"


words = st.sampled_from(["x", "ab", "q r", "中文", "\U0001f600", "&amp;", "\n"])
balanced = st.recursive(
    words,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map("".join),
        st.builds(wrapped, st.sampled_from(OPENINGS), inner),
    ),
    max_leaves=14,
)
TYPES = {
    "PreCode": "pre",
    "BlockQuote": "blockquote",
    "ExpandableBlockQuote": "expandable_blockquote",
    "TextUrl": "text_link",
    "MentionName": "text_mention",
    "CustomEmoji": "custom_emoji",
    "DateTime": "date_time",
}


def theirs(answer: dict[str, Any]) -> Any:
    """Return TDLib's answer in the Bot API's words."""
    if answer["@type"] == "error":
        return answer["message"]
    found = []
    for entity in answer["entities"]:
        kind = entity["type"]["@type"].removeprefix("textEntityType")
        about = [value for name, value in entity["type"].items() if name != "@type"][:1]
        place = (entity["offset"], entity["length"])
        found.append((TYPES.get(kind, kind.lower()), *place, *about))
    return answer["text"], found


def ours(source: str) -> Any:
    try:
        text, entities = parse_html(source)
    except ParseError as error:
        return f"Can't parse entities: {error}"
    return text, plain(entities)


def plain(entities: list[Entity]) -> list[Any]:
    return [(e.type, e.offset, e.length, *[value for _, value in e.extra][:1]) for e in entities]


@settings(max_examples=800, deadline=None)
@given(soup)
def test_any_soup_of_tags_is_read_as_tdlib_reads_it(source: str):
    assert ours(source) == theirs(td_parse(source))


@settings(max_examples=400, deadline=None)
@given(balanced)
def test_nested_tags_give_the_entities_of_tdlib(source: str):
    assert ours(source) == theirs(td_parse(source))


@settings(max_examples=400, deadline=None)
@given(balanced)
def test_a_sent_message_keeps_the_entities_that_tdlib_keeps(source: str):
    source = f"x{source}x"
    sent = td({"@type": "parseMarkdown", "text": td_parse(source)})
    text, entities = parse_html(source)
    assert (text, plain(settled(entities))) == theirs(sent)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("<table>x</table>", 'Unsupported start tag "table" at byte offset 0'),
        ("中<br/>", 'Unsupported start tag "br/" at byte offset 3'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_errors_name_the_place_in_bytes(source: str, error: str):
    with pytest.raises(ParseError) as raised:
        parse_html(source)
    assert str(raised.value) == error
    assert td_parse(source)["message"] == f"Can't parse entities: {error}"


LINKS = cut(
    "http://x.y HTTPS://Example.COM/A?b#c example.com https://e.com#f javascript:1 x",
    "mailto:a@b.c tel:+123 tg://user?id=123 tg:resolve?domain=x ton://x ftp://e.com",
    "http://127.0.0.1/x //e.com http://e.com/中文 https://e.com:8080/x?y=1&z=2",
    "http://localhost:80",
)
LINKS.append("http://a b.com")


@pytest.mark.parametrize("link", LINKS)
def test_links_are_kept_mended_or_dropped_as_by_tdlib(link: str):
    source = f'<a href="{link}">t</a>'
    assert ours(source) == theirs(td_parse(source))


def test_lengths_count_utf16_units():
    assert utf16("中\U0001f600a") == 4
    assert parse_html("\U0001f600<b>\U0001f600</b>")[1] == [Entity("bold", 2, 2)]


def test_blanks_around_a_message_go_and_entities_move_along():
    text, entities = trimmed(*parse_html("\n a <b>b </b> \r\n"))
    assert (text, entities) == ("a b", [Entity("bold", 2, 1)])


@pytest.mark.parametrize(
    "text",
    [
        "/start",
        "/basis@basis_sandbox_bot TYH7 112-16+",
        "see /help and/or 11/15/34 /a/b",
        "https://www.cftc.gov/x?y=1, then",
        "see cftc.gov/dea/x and newyorkfed.org. Not 98.24 or e.g. this",
        "ask @basis_sandbox_bot $USD #basis #1 mail a.b@example.com",
        "中文 /ask 问题 @someone",
    ],
)
def test_commands_mentions_and_links_are_found_as_by_tdlib(text: str):
    answer = td({"@type": "getTextEntities", "text": text})
    names = {"botcommand": "bot_command", "emailaddress": "email"}
    expected = {(names.get(k, k), o, n) for k, o, n in theirs({**answer, "text": text})[1]}
    assert {(e.type, e.offset, e.length) for e in ordered(found_in(text))} == expected


def test_nothing_is_found_inside_code_and_links():
    text, entities = parse_html("<code>/start</code> <a href='http://e.com'>@someone</a> /help")
    assert [(e.type, e.offset) for e in found_in(text, entities)] == [("bot_command", 16)]
