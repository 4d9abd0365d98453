"""Which claims a week brought: by the day on which their source came out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from knowledge.library import open_library


def test_a_week_brings_the_claims_whose_source_came_out_in_it(tmp_path: Path):
    library = open_library(tmp_path)
    found = library.published(date(2026, 1, 9), date(2026, 1, 16))
    assert {claim.source.date for claim in found} == {"2026-01-14", "2026-01-16"}
    assert found[0].source.date == "2026-01-16"


def test_sources_of_which_only_the_month_is_known_belong_to_no_week(tmp_path: Path):
    library = open_library(tmp_path)
    everything = library.published(date(1900, 1, 1), date(2100, 1, 1))
    assert all(len(claim.source.date or "") == 10 for claim in everything)
    assert len(everything) > 20
