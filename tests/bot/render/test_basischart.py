"""The basis by repo rate: a picture for any rate that /basis takes, and its words."""

from __future__ import annotations

import pytest

from bot.desk.calculate import answer_basis
from bot.i18n import LANGS, Lang
from bot.render.basischart import basis_chart, basis_csv
from tests.bot.desk.test_request import FULL, TODAY
from tests.oracles import check_html


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("repo", ["3.90", "0", "-25", "100"])
def test_any_rate_can_be_drawn(repo: str, lang: Lang):
    message = basis_chart(answer_basis(FULL.replace("3.90", repo), TODAY), lang, "dark")
    check_html(message.html, limit=1024)
    assert message.attachment
    assert message.attachment.data.startswith(b"\x89PNG")
    assert "3.67%" in message.html


def test_the_file_holds_every_figure():
    message = basis_csv(answer_basis(FULL, TODAY), "en")
    assert message.attachment
    head, row = message.attachment.data.decode().splitlines()
    assert len(head.split(",")) == len(row.split(","))
    assert "implied_repo_pct" in head
