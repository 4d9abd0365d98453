"""One weekly CFTC report -> leveraged funds' short in Treasury futures: contracts, face, DV01.

Net is short less long, so that a positive figure is a net short: an upper proxy for the basis
trade, which holds the cash bond against it. Spreads (long one month, short another) count in
open interest and in neither leg.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from tools.errors import CalculatorError


@dataclass(frozen=True, slots=True)
class Futures:
    """One Treasury contract as the CFTC counts it.

    `dv01_usd` (USD per basis point and contract) is a round placeholder that stands until a
    basket and a price give the DV01 of the cheapest to deliver; whoever shows it says so.
    """

    cftc_code: str
    face_usd: int
    dv01_usd: float


# Keyed on the code, never on the CFTC's market name: names change over the years.
TREASURY: Mapping[str, Futures] = {
    "TU": Futures("042601", 200_000, 38),
    "FV": Futures("044601", 100_000, 43),
    "TY": Futures("043602", 100_000, 65),
    "TN": Futures("043607", 100_000, 90),
    "US": Futures("020601", 100_000, 135),
    "UB": Futures("020604", 100_000, 205),
}
BY_CODE: Mapping[str, str] = {futures.cftc_code: root for root, futures in TREASURY.items()}


@dataclass(frozen=True, slots=True)
class Group:
    """What one group of traders holds of one contract, in contracts, all positive."""

    long: int
    short: int
    spread: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One contract in one report of the Traders in Financial Futures (futures only)."""

    contract: str
    open_interest: int
    dealer: Group
    asset_manager: Group
    leveraged: Group
    other: Group
    nonreportable: Group
    leveraged_shorts: int | None = None
    top4_net_short_pct: float | None = None

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return the five groups that make up the open interest."""
        return (self.dealer, self.asset_manager, self.leveraged, self.other, self.nonreportable)

    def check(self) -> Row:
        """Return the row, or raise where longs or shorts with spreads miss the open interest."""
        spreads = sum(group.spread for group in self.groups)
        for side in ("long", "short"):
            total = spreads + sum(getattr(group, side) for group in self.groups)
            if total != self.open_interest:
                raise CalculatorError(
                    "tff_identity",
                    field=f"{self.contract} {side}",
                    value=total,
                    expected=self.open_interest,
                )
        return self


@dataclass(frozen=True, slots=True)
class Short:
    """Leveraged funds in one contract. `gross` and the rest are None where only net is known."""

    contract: str
    net: int
    gross: int | None = None
    open_interest: int | None = None
    asset_manager_net_long: int | None = None
    traders: int | None = None
    top4_net_short_pct: float | None = None

    @property
    def face_bn(self) -> float:
        """Return the face of the net short, USD billion."""
        return self.net * TREASURY[self.contract].face_usd / 1e9

    @property
    def dv01_m(self) -> float:
        """Return the net short's DV01 by the static table, USD million per basis point."""
        return self.net * TREASURY[self.contract].dv01_usd / 1e6

    @property
    def pct_oi(self) -> float | None:
        """Return the net short in percent of the open interest."""
        return 100 * self.net / self.open_interest if self.open_interest else None


@dataclass(frozen=True, slots=True)
class Report:
    """Leveraged funds' shorts of one report date.

    `gross_face_bn`, `gross_dv01_m` and `pct_oi` (DV01-weighted) are None where the report gave
    only net positions. `published_at` is when the public could read it.
    """

    as_of: date
    published_at: datetime
    shorts: tuple[Short, ...]
    gross_face_bn: float | None = None
    gross_dv01_m: float | None = None
    pct_oi: float | None = None
    source: str = "cftc_tff"

    @property
    def net_face_bn(self) -> float:
        """Return the face of all net shorts, USD billion."""
        return sum(short.face_bn for short in self.shorts)

    @property
    def net_dv01_m(self) -> float:
        """Return the DV01 of all net shorts by the static table, USD million per basis point."""
        return sum(short.dv01_m for short in self.shorts)

    @property
    def asset_manager_net_long_bn(self) -> float | None:
        """Return the face of the asset managers' net long, USD billion."""
        longs = [(s.asset_manager_net_long, TREASURY[s.contract].face_usd) for s in self.shorts]
        known = [(net, face) for net, face in longs if net is not None]
        return sum(n * f for n, f in known) / 1e9 if len(known) == len(longs) else None

    def short(self, contract: str) -> Short | None:
        """Return the short in one contract, None where the report lacks it."""
        return next((short for short in self.shorts if short.contract == contract), None)


def _short(row: Row) -> Short:
    funds, managers = row.leveraged, row.asset_manager
    return Short(
        row.contract,
        funds.short - funds.long,
        funds.short,
        row.open_interest,
        managers.long - managers.short,
        row.leveraged_shorts,
        row.top4_net_short_pct,
    )


def report(as_of: date, published_at: datetime, rows: Sequence[Row]) -> Report:
    """Return the shorts of one report; every row must add up to its open interest."""
    checked = {row.contract: row.check() for row in rows}
    kept = [checked[root] for root in TREASURY if root in checked]
    dv01 = {root: futures.dv01_usd for root, futures in TREASURY.items()}
    net = sum((r.leveraged.short - r.leveraged.long) * dv01[r.contract] for r in kept)
    interest = sum(r.open_interest * dv01[r.contract] for r in kept)
    return Report(
        as_of,
        published_at,
        tuple(_short(row) for row in kept),
        gross_face_bn=sum(r.leveraged.short * TREASURY[r.contract].face_usd for r in kept) / 1e9,
        gross_dv01_m=sum(r.leveraged.short * dv01[r.contract] for r in kept) / 1e6,
        pct_oi=100 * net / interest if interest else None,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What moved between two reports, by their report dates. Contracts, USD bn, USD m/bp."""

    since: date
    contracts: Mapping[str, int]
    net_face_bn: float
    net_dv01_m: float
    gross_face_bn: float | None


def change(now: Report, before: Report | None, within_days: int) -> Change | None:
    """Return the change since an earlier report, None where there is none near enough.

    A report missing in between would turn a month's move into "the week": `within_days` is the
    longest span that still deserves the name.
    """
    if before is None or not 0 < (now.as_of - before.as_of).days <= within_days:
        return None
    nets = {short.contract: short.net for short in before.shorts}
    gross = None
    if now.gross_face_bn is not None and before.gross_face_bn is not None:
        gross = now.gross_face_bn - before.gross_face_bn
    return Change(
        before.as_of,
        {s.contract: s.net - nets[s.contract] for s in now.shorts if s.contract in nets},
        now.net_face_bn - before.net_face_bn,
        now.net_dv01_m - before.net_dv01_m,
        gross,
    )


def earlier(reports: Sequence[Report], now: Report, steps: int) -> Report | None:
    """Return the report that lies `steps` reports before `now`; `reports` ascend by date."""
    older = [report for report in reports if report.as_of < now.as_of]
    return next(islice(reversed(older), steps - 1, None), None)


@dataclass(frozen=True, slots=True)
class Percentile:
    """Where a figure stands among the reports of a window: 100 is the highest of all."""

    value: float
    since: date
    reports: int


def percentile(
    reports: Sequence[Report], now: Report, contract: str | None = None, fewest: int = 52
) -> Percentile | None:
    """Return the share of reports of the last ten years at or below the figure of `now`, percent.

    The figure is the net short in contracts of one contract, or in DV01 of all. None with fewer
    than `fewest` reports: a rank among a handful says nothing.
    """
    since = now.as_of.replace(year=now.as_of.year - 10, day=min(now.as_of.day, 28))
    window = [r for r in reports if since <= r.as_of <= now.as_of]
    figures = sorted(f for r in window if (f := _figure(r, contract)) is not None)
    figure = _figure(now, contract)
    if len(figures) < fewest or figure is None:
        return None
    return Percentile(
        100 * bisect_right(figures, figure) / len(figures), window[0].as_of, len(figures)
    )


def _figure(report: Report, contract: str | None) -> float | None:
    if contract is None:
        return report.net_dv01_m
    short = report.short(contract)
    return None if short is None else short.net
