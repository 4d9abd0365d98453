"""`basisbot sources`: what answers rest on, and the reports that everybody may ask."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from bot.console.options import takes_json, takes_language
from bot.console.parts import assistant, shared_reports
from bot.console.terminal import show, show_json
from bot.i18n import Lang

if TYPE_CHECKING:
    from bot.answering.reports import OwnReport


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the language and the form."""
    takes_language(parser, lang)
    takes_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """List them, each with its date."""
    joined = assistant()
    rows = joined.library.sources()
    shared = shared_reports(joined)
    reports = shared.reports if shared else ()
    if arguments.json:
        found = [_source_json(row) for row in rows]
        show_json({"sources": found, "reports": [_report_json(report) for report in reports]})
        return 0
    for row in rows:
        show(f"{row.date or '-':<10}  {row.claims:>3}  {row.publisher}: {row.title}")
    for report in reports:
        publisher = report.publisher or "-"
        show(f"{report.published or '-':<10}    -  {publisher}: {report.title}")
    return 0


def _source_json(row: Any) -> dict[str, Any]:  # noqa: ANN401  # a SourceRow, whose module loads late
    names = ("key", "publisher", "title", "date", "url", "licence", "tier", "claims")
    return {name: getattr(row, name) for name in names} | {"statuses": list(row.statuses)}


def _report_json(report: OwnReport) -> dict[str, Any]:
    names = ("number", "title", "publisher", "published")
    return {name: getattr(report, name) for name in names} | {"licence": "user-supplied"}
