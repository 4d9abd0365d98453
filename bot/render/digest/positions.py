"""Leveraged funds' positions -> their tables and sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bot.i18n import Lang, say
from bot.render.digest.words import known
from bot.render.numbers import billions, number, together
from bot.render.table import table
from bot.week import Digest, PositionBlock
from tools.positions import TREASURY

DASH = "\N{EN DASH}"


def position_lines(digest: Digest, lang: Lang, leave: Collection[str] = ()) -> Iterator[str]:
    """Yield the block of positions without the sentences to `leave` out."""
    block = digest.positions
    if block is None:
        return
    age = digest.age("tff")
    heading = say(lang, "positions.heading", date=block.report.as_of, days=age.days)
    yield f"<b>{say(lang, 'digest.positions')}</b>\n{heading}"
    if age.state != "fresh" and digest.origin != "bundled":
        yield say(lang, "positions.delayed", date=block.report.as_of)
    yield table(list(position_rows(block, lang)), gap=1)
    yield sum_line(block, lang)
    if "movers" not in leave:
        yield from _movers(block, lang)
    yield legend_line(block, lang)


def legend_line(block: PositionBlock, lang: Lang) -> str:
    """Return what the columns of the first table are, and where the DV01s come from."""
    dv01, rank = _dv01_words(block, lang), block.percentile
    if rank is None:
        return f"<i>{say(lang, 'positions.legend_short', dv01=dv01)}</i>"
    said = say(lang, "positions.legend", since=rank.since, reports=rank.reports, dv01=dv01)
    return f"<i>{said}</i>"


def position_rows(block: PositionBlock, lang: Lang) -> Iterator[tuple[str, ...]]:
    """Yield the table: changes and ranks only where there are any, so that it stays narrow."""
    moved, ranked = block.week is not None, block.percentile is not None
    names = ["net", *(["week"] if moved else []), "face", "dv01", *(["rank"] if ranked else [])]
    yield ("", *(say(lang, f"positions.columns_{name}") for name in names))
    for row in block.rows:
        yield (
            row.short.contract,
            *_cells(
                names,
                net=number(row.short.net),
                week=_thousands(row.week),
                face=number(row.short.face_bn),
                dv01=number(row.dv01_m),
                rank=number(row.percentile.value) if row.percentile else DASH,
            ),
        )
    # A sum of contracts of unlike size would say nothing.
    yield (
        say(lang, "positions.total"),
        *_cells(
            names,
            net="",
            week="",
            face=number(block.report.net_face_bn),
            dv01=number(block.net_dv01_m),
            rank=number(block.percentile.value) if block.percentile else DASH,
        ),
    )


def _cells(names: Sequence[str], **cells: str) -> list[str]:
    return [cells[name] for name in names]


def detail_rows(block: PositionBlock, lang: Lang) -> Iterator[tuple[str, ...]]:
    """Yield the second table: four weeks, open interest, managers, funds, the largest four."""
    names = ("month", "oi", "am", "traders", "top4")
    yield ("", *(say(lang, f"positions.columns_{name}") for name in names))
    for row in block.rows:
        short = row.short
        managers = short.asset_manager_net_long
        yield (
            short.contract,
            _thousands(row.four_weeks),
            DASH if short.pct_oi is None else number(short.pct_oi),
            DASH if managers is None else number(managers / 1000),
            DASH if short.traders is None else number(short.traders),
            DASH if short.top4_net_short_pct is None else number(short.top4_net_short_pct),
        )


def sum_line(block: PositionBlock, lang: Lang) -> str:
    """Return the sentence on all contracts together."""
    report, week = block.report, ""
    if block.week:
        change = billions(block.week.net_face_bn, sign=True)
        week = say(lang, "positions.sum_week", change=change, since=block.week.since)
    # Chinese readers count in hundred millions; the figure itself looks alike in both languages.
    yi = say(lang, "positions.in_yi", yi=number(report.net_face_bn * 10)) if lang == "zh" else ""
    said = say(
        lang,
        "positions.sum",
        net=billions(report.net_face_bn),
        help=yi,
        week=week,
        gross=known(lang, report.gross_face_bn, billions),
        dv01=number(block.net_dv01_m),
        oi=known(lang, report.pct_oi, lambda oi: f"{number(oi, 1)}%"),
    )
    return together(said)


def _movers(block: PositionBlock, lang: Lang) -> Iterator[str]:
    if block.week is None:
        return
    moves = [(row.week or 0, row) for row in block.rows]
    ranked = sorted(moves, key=lambda m: -abs(m[0] * m[1].dv01_usd))[:2]
    largest = [(contracts, row.short.contract) for contracts, row in ranked if contracts]
    if not largest:
        return
    items = say(lang, "digest.comma").join(
        say(
            lang,
            "positions.mover",
            contract=contract,
            contracts=number(contracts, sign=True),
            face=billions(contracts * TREASURY[contract].face_usd / 1e9, 1, sign=True),
        )
        for contracts, contract in largest
    )
    yield together(say(lang, "positions.movers", since=block.week.since, items=items))


def _dv01_words(block: PositionBlock, lang: Lang) -> str:
    """Return where the DV01s come from."""
    if block.priced is None:
        return say(lang, "positions.dv01_static")
    if not block.static:
        return say(lang, "positions.dv01_ctd", date=block.priced)
    contracts = say(lang, "digest.comma").join(block.static)
    return say(lang, "positions.dv01_mixed", date=block.priced, contracts=contracts)


def _thousands(contracts: int | None) -> str:
    return DASH if contracts is None else number(contracts / 1000, sign=True)
