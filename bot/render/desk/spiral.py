"""A spiral under assumed impacts -> its message: sales, basis and funds left, round by round."""

from __future__ import annotations

from collections.abc import Iterator

from bot.desk.spiral import SpiralReply
from bot.i18n import Lang, say
from bot.render.desk.parts import inputs_block, origin_of, page, sources_block
from bot.render.html import escape
from bot.render.numbers import billions, number
from bot.render.table import table
from tools.basis_spiral import BasisSpiral, SpiralRound, without_impact

_SMALLEST_BN = 0.05


def spiral_html(reply: SpiralReply, lang: Lang) -> str:
    """Return the message of /spiral."""
    return page(
        _headline(reply, lang),
        _runs(reply, lang),
        _rounds(reply, lang),
        say(lang, "spiral.not_calibrated"),
        inputs_block(_inputs(reply, lang), lang),
        escape(say(lang, "spiral.convention")),
        sources_block(_sources(reply, lang)),
    )


def rounds_shown(run: BasisSpiral) -> tuple[SpiralRound, ...]:
    """Return the rounds in which something was sold that a table can show."""
    sold = [place for place, r in enumerate(run.rounds, start=1) if r.sold_bn >= _SMALLEST_BN]
    return run.rounds[: max(sold, default=1)]


def worst_fall(run: BasisSpiral) -> float:
    """Return the largest fall of the basis over the tenors at the end, 32nds."""
    return max(run.rounds[-1].basis_fall_32nds)


def _headline(reply: SpiralReply, lang: Lang) -> str:
    shares = sorted(100 * run.sold_share for run in reply.runs)
    first = without_impact(reply.runs[0])
    values = {
        "size": billions(reply.size_bn),
        "first": billions(first.rounds[-1].total_sold_bn),
        "low": number(shares[0], 1),
        "high": number(shares[-1], 1),
    }
    if shares[-1] - shares[0] < 0.05:
        return say(lang, "spiral.headline_one", **values)
    return say(lang, "spiral.headline", **values)


def _runs(reply: SpiralReply, lang: Lang) -> str:
    rows = [(say(lang, "spiral.col_impact"), say(lang, "spiral.col_sold"),
             say(lang, "spiral.col_fall"), say(lang, "spiral.col_funds"),
             say(lang, "spiral.col_rounds"))]  # fmt: skip
    rows += [
        (
            f"{run.impact_32nds_per_100bn:g}",
            number(run.rounds[-1].total_sold_bn),
            number(worst_fall(run), 1),
            f"{run.rounds[-1].funds_left}/{run.funds}",
            str(len(rounds_shown(run))),
        )
        for run in reply.runs
    ]
    return page(table(rows, gap=1), say(lang, "spiral.columns"))


def _rounds(reply: SpiralReply, lang: Lang) -> str:
    """Return the rounds under the middle impact."""
    run = reply.runs[len(reply.runs) // 2]
    rows = [(say(lang, "spiral.col_round"), say(lang, "spiral.col_sold"),
             say(lang, "spiral.col_fall"), say(lang, "spiral.col_funds"))]  # fmt: skip
    rows += [
        (str(number_), number(r.sold_bn, 1), number(max(r.basis_fall_32nds), 2), str(r.funds_left))
        for number_, r in enumerate(rounds_shown(run)[:8], start=1)
    ]
    title = say(lang, "spiral.rounds", impact=f"{run.impact_32nds_per_100bn:g}")
    return page(title, table(rows))


def _inputs(reply: SpiralReply, lang: Lang) -> Iterator[str]:
    first, shock = reply.tenors[0], reply.shock

    def origin(name: str) -> str:
        return origin_of(reply.defaults, name, lang)

    size = "size_usd" if "size_usd" in reply.defaults else "tenors"
    parts = [f"{t.name} {number(t.size_bn)}" for t in reply.tenors]
    split = say(lang, "desk.comma").join(parts)
    yield say(lang, "spiral.line_size", size=billions(reply.size_bn), split=split,
              origin=origin(size))  # fmt: skip
    yield say(lang, "spiral.line_haircut", rate=number(first.haircut_pct, 2),
              origin=origin("haircut_pct"))  # fmt: skip
    yield say(lang, "spiral.line_margin", rate=number(first.margin_pct, 2),
              origin=origin("margin_pct"))  # fmt: skip
    yield say(lang, "spiral.line_buffer", rate=number(first.buffer_pct, 2),
              origin=origin("buffer_pct"))  # fmt: skip
    yield say(
        lang,
        "spiral.line_shock",
        times=f"{shock.margin_times:g}",
        rise=number(shock.haircut_rise_pct, 2, sign=True),
        fall=number(-shock.basis_fall_32nds, 1, sign=True),
    )
    impacts = " / ".join(f"{run.impact_32nds_per_100bn:g}" for run in reply.runs)
    yield say(lang, "spiral.line_impact", impacts=impacts, origin=origin("impact"))


def _sources(reply: SpiralReply, lang: Lang) -> Iterator[str]:
    if reply.source and reply.positions_as_of:
        name = say(lang, f"digest.source.{reply.source}")
        yield say(lang, "digest.source_line", name=name, date=reply.positions_as_of)
    yield say(lang, "spiral.source")


def spiral_formula(reply: SpiralReply, lang: Lang) -> list[str]:
    """Return how a round is made."""
    return [say(lang, "spiral.formula")]


def spiral_rows(reply: SpiralReply) -> list[tuple[object, ...]]:
    """Return the rounds of every impact as rows, a header first."""
    names = [f"basis_fall_32nds_{tenor.name}" for tenor in reply.tenors]
    rows: list[tuple[object, ...]] = [
        ("impact_32nds_per_100bn", "round", "sold_bn", "total_sold_bn", "held_bn", "funds_left",
         "equity_bn", *names)
    ]  # fmt: skip
    for run in reply.runs:
        rows += [
            (run.impact_32nds_per_100bn, place, r.sold_bn, r.total_sold_bn, r.held_bn,
             r.funds_left, r.equity_bn, *r.basis_fall_32nds)
            for place, r in enumerate(run.rounds, start=1)
        ]  # fmt: skip
    return rows
