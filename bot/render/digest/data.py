"""A Digest -> JSON values, and CSV with one figure a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import Any

from bot.render.drawing import csv_of
from bot.render.message import Attachment
from bot.week import Digest, PositionBlock


def digest_json(digest: Digest) -> dict[str, Any]:
    """Return the digest as JSON values: dates in ISO form, missing figures null, no history."""
    positions = digest.positions
    return {
        "date": digest.on.isoformat(),
        "origin": digest.origin,
        "score": _json(digest.score) | {"band": digest.score.band} if digest.score else None,
        "score_before": _json(digest.score_before),
        "missing": list(digest.missing),
        "positions": _positions_json(positions) if positions else None,
        "funding": [_json(f) for f in digest.funding],
        "volatility": [_json(f) for f in digest.volatility],
        "implied": [_json(i) for i in digest.implied],
        "dealers": [_json(f) for f in digest.dealers],
        "rates": [_json(f) for f in digest.rates],
        "buckets": [_json(f) for f in digest.buckets],
        "slow": [_json(f) for f in digest.slow],
        "moved": dict(digest.moved),
        "absent": [_json(a) for a in digest.absent],
        "ages": [_json(a) for a in digest.ages],
        "blind_spots": list(digest.blind_spots),
        "episodes": [_json(e) for e in digest.episodes],
        "claims": [claim.id for claim in digest.claims],
        "feeds": [_json(f) for f in digest.feeds],
        "sources": [{"source": key, "as_of": day.isoformat()} for key, day in digest.sources],
    }


def _positions_json(block: PositionBlock) -> dict[str, Any]:
    report = block.report
    return {
        "as_of": report.as_of.isoformat(),
        "published_at": report.published_at.isoformat(),
        "source": report.source,
        "contracts": [
            _json(row.short)
            | {
                "face_bn": row.short.face_bn,
                "dv01_m": row.dv01_m,
                "dv01_usd": row.dv01_usd,
                "ctd": _json(row.ctd),
                "pct_oi": row.short.pct_oi,
                "week": row.week,
                "four_weeks": row.four_weeks,
                "percentile": _json(row.percentile),
            }
            for row in block.rows
        ],
        "net_face_bn": report.net_face_bn,
        "net_dv01_m": block.net_dv01_m,
        "net_dv01_static_m": report.net_dv01_m,
        "gross_face_bn": report.gross_face_bn,
        "gross_dv01_m": report.gross_dv01_m,
        "pct_oi": report.pct_oi,
        "asset_manager_net_long_bn": report.asset_manager_net_long_bn,
        "week": _json(block.week),
        "four_weeks": _json(block.four_weeks),
        "percentile": _json(block.percentile),
    }


def _json(value: Any) -> Any:  # noqa: ANN401  # whatever a dataclass holds
    if is_dataclass(value) and not isinstance(value, type):
        return _json(asdict(value))
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def digest_csv(digest: Digest) -> Attachment:
    """Return the digest's figures as CSV: one figure a row, with unit, date and source."""
    head = ("item", "value", "unit", "as_of", "source")
    return Attachment(f"digest-{digest.on}.csv", csv_of([head, *_cells(digest)]), picture=False)


def _cells(digest: Digest) -> Iterator[tuple[object, ...]]:
    if block := digest.positions:
        yield from _position_cells(block)
    for figure in (*digest.figures, *digest.rates, *digest.buckets):
        yield figure.key, figure.value, figure.unit, figure.as_of, figure.source
    for made in digest.implied:
        name = f"{made.contract}_implied_repo"
        yield name, made.implied_repo_pct, "pct", made.day, made.cusip
        if made.over_sofr_bp is not None:
            yield f"{name}_over_sofr", made.over_sofr_bp, "bp", made.day, made.cusip
    for name in ("score", "size", "stress", "funding", "volatility", "unwind", "low", "high"):
        if digest.score:
            yield name, getattr(digest.score, name), "points", digest.on, "own"


def _position_cells(block: PositionBlock) -> Iterator[tuple[object, ...]]:
    as_of, source = block.report.as_of, block.report.source
    for short in block.report.shorts:
        yield f"{short.contract}_net_short", short.net, "contracts", as_of, source
        yield f"{short.contract}_net_short_face", short.face_bn, "usd_bn", as_of, source
    for row in block.rows:
        how = row.ctd.cusip if row.ctd else "static"
        yield f"{row.short.contract}_net_short_dv01", row.dv01_m, "usd_m_per_bp", as_of, how
