"""What Telegram would refuse never leaves: lengths, entities, balance, order."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.render.html import escape, measure, plain, split_html, utf16_len

tdjson = pytest.importorskip("tdjson", reason="TDLib's parser is not installed")

INLINE = ["b", "i", "u", "s", "code", "blockquote", "tg-spoiler"]
words = st.text(
    st.sampled_from(
        "ab \n.!&<>\"'\u57fa\u5dee\u3002\uff0c\U0001f4c8\u0301\u200d\U0001f1fa\U0001f1f8"
    ),
    max_size=60,
)
messages = st.recursive(
    words.map(escape),
    lambda inner: st.lists(
        st.one_of(
            inner,
            st.tuples(st.sampled_from(INLINE), inner).map(lambda p: f"<{p[0]}>{p[1]}</{p[0]}>"),
            inner.map(lambda t: f'<a href="https://example.org/?a=1&amp;b=2">{t}</a>'),
        ),
        max_size=6,
    ).map("".join),
    max_leaves=25,
)


def telegram_parse(html: str) -> dict:
    """Parse as the official Bot API server does, with TDLib."""
    request = {
        "@type": "parseTextEntities",
        "text": html,
        "parse_mode": {"@type": "textParseModeHTML"},
    }
    return json.loads(tdjson.td_execute(json.dumps(request).encode()))


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_character_that_html_could_read_is_escaped() -> None:
    assert escape('<b>&"x"</b>') == "&lt;b&gt;&amp;&quot;x&quot;&lt;/b&gt;"


@given(st.text(max_size=200))
def test_escaped_text_reads_back_as_itself(text: str) -> None:
    assert plain(escape(text)) == text


@given(st.text(max_size=200))
def test_lengths_are_utf16_units(text: str) -> None:
    assert utf16_len(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_names_that_telegram_does_not_know_stay_text() -> None:
    assert plain("&nbsp;&hellip;<table>x</table>&#8722;&#x57fa;") == (
        "&nbsp;&hellip;<table>x</table>\u2212\u57fa"
    )


def test_a_short_message_stays_as_it_is() -> None:
    html = '<b>TYH7</b> &lt; 5 <a href="https://example.org">1</a>\n<pre>a  b</pre>'
    assert split_html(html) == [html]


def test_blank_text_gives_no_message() -> None:
    assert split_html("") == []
    assert split_html("<b> \n </b>") == []


@pytest.mark.parametrize(("length", "pieces"), [(4095, 1), (4096, 1), (4097, 2), (100_000, 25)])
def test_text_is_cut_at_4096(length: int, pieces: int) -> None:
    parts = split_html("x" * length)
    assert len(parts) == pieces
    assert "".join(parts) == "x" * length


def test_an_emoji_counts_twice_and_is_never_torn() -> None:
    parts = split_html("\U0001f4c8" * 2049)
    assert [utf16_len(p) for p in parts] == [4096, 2]


def test_accents_flags_and_families_stay_together() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    for unit in ("e\u0301", "\U0001f1fa\U0001f1f8", family, "\U0001f44d\U0001f3fd"):
        parts = split_html(unit * 40, limit=25)
        assert "".join(parts) == unit * 40
        assert all(len(part) % len(unit) == 0 for part in parts)


def test_cuts_prefer_a_paragraph_then_a_line_then_a_sentence_then_a_word() -> None:
    filler = "word " * 14
    assert split_html(f"{filler}end.\n\nNext. one\n{filler}", limit=100)[0].endswith("end.")
    assert split_html(f"{filler}line\nNext. one {filler}", limit=100)[0].endswith("line")
    assert split_html(f"{filler}stop. Next {filler}", limit=100)[0].endswith("stop.")
    assert split_html(f"{filler * 3}", limit=99)[0].endswith("word")
    chinese = "\u57fa\u5dee" * 30 + "\u3002" + "\u51c0\u57fa\u5dee" * 30
    assert split_html(chinese, limit=100)[0].endswith("\u3002")


def test_a_number_is_not_a_sentence_end() -> None:
    text = "The gross basis is " + "12.5," * 30
    assert not split_html(text, limit=60)[1].startswith("5")


def test_tags_are_closed_before_a_cut_and_reopened_after_it() -> None:
    parts = split_html("<b>one <i>two three</i></b> four", limit=8)
    assert parts[0] == "<b>one <i>two</i></b>"
    assert parts[1].startswith("<b><i>three</i></b>")


def test_a_table_moves_whole_to_the_next_message() -> None:
    table = "<pre>" + "row 1 2 3\n" * 8 + "</pre>"
    parts = split_html("Intro words here and there\n" + table, limit=100)
    assert parts[0] == "Intro words here and there"
    assert parts[1].startswith("<pre>row 1 2 3\n")


def test_a_hundred_entities_are_the_most() -> None:
    parts = split_html("<code>x</code> " * 250)
    assert [measure(part)[1] for part in parts] == [100, 100, 50]


def test_unbalanced_html_is_mended() -> None:
    assert split_html("<b>one <i>two</b> three</i>") == ["<b>one <i>two</i></b> three"]


@settings(max_examples=150, deadline=None)
@given(messages, st.integers(8, 80), st.integers(4, 20))
def test_every_piece_parses_keeps_the_limits_and_loses_nothing(
    html: str, limit: int, entities: int
) -> None:
    parts = split_html(html, limit=limit, entities=max(entities, 1 + html.count("</")))
    assert squeezed("".join(plain(part) for part in parts)) == squeezed(plain(html))
    for part in parts:
        answer = telegram_parse(part)
        assert answer["@type"] == "formattedText", (part, answer)
        assert squeezed(answer["text"]) == squeezed(plain(part))
        assert 0 < measure(part)[0] <= limit


@settings(max_examples=60, deadline=None)
@given(messages, st.integers(30, 40))
def test_entities_are_counted_as_telegram_counts_at_most(html: str, entities: int) -> None:
    for part in split_html(html, entities=entities):
        assert len(telegram_parse(part)["entities"]) <= max(entities, 1)
