"""The publishers as their rules have them at a moment: some days late, each corrected once.

A feed's figures are invented: FIRST until a day after they came out, then CORRECTED. What is out
is computed here, from the rules of `publication`; how it is asked for, by the product.
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from tests.tools.market import bodies
from tests.tools.market.publisher import FORM, Handler, Publisher
from tools.market import bundled, dealers, ofr_hfm, ofr_stfm, publication
from tools.market.data import MarketData
from tools.positions import TREASURY

Moments = dict[date, datetime]
START, END = date(2025, 1, 1), date(2027, 12, 31)
FIRST, CORRECTED = 4.0, 4.25
A_DAY = timedelta(days=1)
HOLIDAYS = publication.bond_holidays()
PRICED = [f"91282{n:04d}" for n in range(120)]


def every_day() -> list[date]:
    return [START + n * A_DAY for n in range((END - START).days + 1)]


def business_days() -> list[date]:
    days = np.array(every_day(), dtype="datetime64[D]")
    return [date.fromisoformat(str(day)) for day in days[np.is_busday(days, holidays=HOLIDAYS)]]


def weekly(weekday: int) -> list[date]:
    return [day for day in every_day() if day.weekday() == weekday]


def month_ends(months: int = 1) -> list[date]:
    return [day for day in every_day() if (day + A_DAY).day == 1 and day.month % months == 0]


def by_rule(series: str, days: list[date]) -> Moments:
    stamps = publication.published(series, np.array(days, dtype="datetime64[D]"))
    return {day: at.to_pydatetime() for day, at in zip(days, stamps, strict=True)}


@dataclass(frozen=True)
class Series:
    """One series as its publisher has it: when each day is out, and what we multiply it by."""

    name: str
    out: Moments
    scale: float = 1.0


def _series(names: Iterable[str], days: list[date], scale: float = 1.0) -> list[Series]:
    return [Series(name, by_rule(name, days), scale) for name in names]


@cache
def late(seed: int, day: date) -> timedelta:
    return random.Random(f"{seed} {day}").choice((0, 0, 0, 1, 2, 3)) * A_DAY


def _ofr(known: Mapping[str, Any]) -> list[Series]:
    quarterly = {name for name in known if name.startswith("FPF")}
    return [
        Series(
            ours.name,
            by_rule(ours.name, month_ends(3) if name in quarterly else business_days()),
            ours.scale,
        )
        for name, ours in known.items()
    ]


def at_noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=publication.NEW_YORK)


FEEDS: dict[str, list[Series]] = {
    "cftc_tff": [Series("tff", {day: publication.tff_published(day) for day in weekly(1)}, 700)],
    "nyfed_rates": _series(("sofr", "tgcr", "bgcr", "effr", "obfr"), business_days(), 0.01),
    "nyfed_operations": _series(("srf_takeup", "rrp"), business_days(), 1e9),
    "nyfed_dealers": _series(dealers.KEYS.values(), weekly(2), 1e6),
    "ofr_stfm": _ofr(ofr_stfm.SERIES),
    "ofr_hfm": _ofr(ofr_hfm.SERIES),
    "fred_iorb": _series(("iorb",), every_day(), 0.01),
    "treasury_par": _series((f"ust_{n}y" for n in (2, 5, 10, 30)), business_days(), 0.01),
    "treasury_auctions": [Series("bonds", {day: at_noon(day) for day in weekly(1)})],
    "tic_holders": _series(("tic_cayman", "tic_total"), month_ends(), 1e9),
    "treasury_prices": [Series("prices", by_rule("ust", business_days()))],
}
HOSTS = ("socrata", "cftc", "nyfed", "treasury", "fred", "ofr", "tic", "fiscal", "direct")


class Rules:
    """What is out at `now`. By the seed a day is on time, or one, two or three days late.

    `away` names hosts that answer nothing.
    """

    def __init__(self, server: Publisher, seed: int) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.away: set[str] = set()
        self._seed = seed
        for host in HOSTS:
            server.faults[host] = self._send

    def told(self, series: Series, now: datetime | None = None) -> dict[date, float]:
        """Return what the publisher says of a series, in its own unit."""
        now = now or self.now
        come = {day: out + late(self._seed, day) for day, out in series.out.items() if out <= now}
        return {
            day: CORRECTED if now >= out + A_DAY else FIRST
            for day, out in come.items()
            if out <= now
        }

    def _send(self, handler: Handler) -> None:
        host, path = handler.path_args
        if host in self.away:
            handler.set_status(404)
        elif path.endswith("selectSecurityPriceDate"):
            handler.write(FORM)
        else:
            handler.write(self._body(host, path, handler))

    def _body(self, host: str, path: str, handler: Handler) -> bytes:  # noqa: PLR0911  # each its own
        if host in {"socrata", "cftc"}:
            return self._reports(host, path, handler)
        if host == "nyfed" and "/pd/" in path:
            return self._dealers()
        if host == "nyfed":
            return self._fed(path, handler)
        if host == "treasury":
            return self._curve(int(handler.get_query_argument("field_tdr_date_value")))
        if host == "ofr":
            return self._monitor(handler.get_query_argument("mnemonic"))
        if host == "tic":
            return self._holders(history="slt" not in path)
        if host == "fiscal":
            return self._auctions(*days_in(handler.get_query_argument("filter")))
        if host == "direct":
            return self._prices(handler)
        [iorb] = FEEDS["fred_iorb"]
        rows = [f"{day},{value}" for day, value in self.told(iorb).items()]
        return "\n".join(["observation_date,IORB", *rows, ""]).encode()

    def _within(self, series: Series, first: date, last: date) -> dict[date, float]:
        return {day: value for day, value in self.told(series).items() if first <= day <= last}

    def _reports(self, host: str, path: str, handler: Handler) -> bytes:
        [tff] = FEEDS["cftc_tff"]
        if path.endswith(".txt"):
            newest, value = list(self.told(tff).items())[-1]
            return bodies.weekly_file(newest, int(value * 1e6))
        asked = path if host == "cftc" else handler.get_query_argument("$where")
        year = int(re.findall(r"20\d\d", asked)[0])
        told = self._within(tff, date(year, 1, 1), date(year, 12, 31))
        if host == "socrata":
            rows = [row for day, v in told.items() for row in bodies.socrata([day], int(v * 1e6))]
            return bodies.as_json(rows)
        out = io.StringIO()
        csv.writer(out).writerows(
            [bodies.HEADER, *(bodies.wire_line(day, root, int(v * 1e6)) for day, v in told.items()
                              for root in TREASURY)]
        )  # fmt: skip
        return bodies.zipped(out.getvalue().encode())

    def _dealers(self) -> bytes:
        rows = [
            {"asofdate": str(day), "keyid": key, "value": str(value)}
            for key, series in zip(dealers.KEYS, FEEDS["nyfed_dealers"], strict=True)
            for day, value in self.told(series).items()
        ]
        return bodies.as_json({"pd": {"timeseries": rows}})

    def _fed(self, path: str, handler: Handler) -> bytes:
        first, last = (
            date.fromisoformat(handler.get_query_argument(f"{end}Date")) for end in ("start", "end")
        )
        if "/rp/" in path:
            rows: list[dict[str, Any]] = []
            kinds = ("Repo", "Reverse Repo")
            for kind, series in zip(kinds, FEEDS["nyfed_operations"], strict=True):
                for day, value in self._within(series, first, last).items():
                    rows.append(
                        {"operationId": f"{kind} {day}", "operationDate": str(day),
                         "operationType": kind, "term": "Overnight",
                         "totalAmtAccepted": value * 1e9}
                    )  # fmt: skip
            return bodies.as_json({"repo": {"operations": rows}})
        name = path.split("/")[-2]
        [series] = [one for one in FEEDS["nyfed_rates"] if one.name == name]
        rates = [
            row
            for day, value in self._within(series, first, last).items()
            for row in bodies.ref_rates(name, [day], value)["refRates"]
        ]
        return bodies.as_json({"refRates": rates})

    def _curve(self, year: int) -> bytes:
        told = self._within(FEEDS["treasury_par"][0], date(year, 1, 1), date(year, 12, 31))
        lines = [f"{day:%m/%d/%Y},{v},{v},{v},{v}" for day, v in told.items()]
        return "\n".join(['Date,"2 Yr","5 Yr","10 Yr","30 Yr"', *reversed(lines)]).encode()

    def _monitor(self, mnemonic: str) -> bytes:
        known = {**ofr_stfm.SERIES, **ofr_hfm.SERIES}[mnemonic]
        [series] = [
            one for feed in ("ofr_stfm", "ofr_hfm") for one in FEEDS[feed] if one.name == known.name
        ]
        return bodies.as_json([[str(day), value] for day, value in self.told(series).items()])

    def _holders(self, *, history: bool) -> bytes:
        """Return the last thirteen months, or all up to the newest December."""
        told = self.told(FEEDS["tic_holders"][0])
        months = list(told)
        december = max(month for month in months if month.month == 12)
        shown = [m for m in months if m <= december] if history else months[-13:]
        rows = ["\t".join([name, *(str(told[month]) for month in shown)]) for name in
                ("Cayman Islands", "Grand Total")]  # fmt: skip
        return "\n".join(
            ["\t".join(["Country", *(f"{m:%Y-%m}" for m in shown)]), *rows, ""]
        ).encode()

    def _auctions(self, first: date, last: date) -> bytes:
        [bonds] = FEEDS["treasury_auctions"]
        told = self.told(bonds)
        rows = [
            bodies.auction(
                cusip_of(day), str(told.get(day, "null")), str(day), str(day.replace(year=2040)),
                issue_date=str(issued), announcemt_date=str(day - 6 * A_DAY),
            )
            for day in bonds.out
            if first <= (issued := day + 6 * A_DAY) <= last
            and self.now.astimezone(publication.NEW_YORK).date() >= day - 6 * A_DAY
        ]  # fmt: skip
        return bodies.as_json(bodies.auctions(rows))

    def _prices(self, handler: Handler) -> bytes:
        day = date(*(int(handler.get_argument(f"priceDate{p}")) for p in ("Year", "Month", "Day")))
        [prices] = FEEDS["treasury_prices"]
        price = self.told(prices).get(day, 0.0)
        return bodies.fedinvest(dict.fromkeys(PRICED, price))


def cusip_of(day: date) -> str:
    return f"912{day:%y%m%d}"


def days_in(text: str) -> list[date]:
    return [date.fromisoformat(day) for day in re.findall(r"20\d\d-\d\d-\d\d", text)]


def held(data: MarketData, series: Series) -> dict[date, float]:
    """Return what the product holds of a series, in the publisher's unit."""
    if series.name == "tff":
        own = [report for report in data.reports if report not in bundled.milestones()]
        return {r.as_of: r.gross_face_bn / series.scale for r in own if r.gross_face_bn}
    if series.name == "bonds":
        return {bond.auctioned: bond.coupon_pct for bond in data.securities}
    if series.name == "prices":
        return {day: set(priced.values()).pop() for day, priced in data.prices.items()}
    points = data.series(series.name)
    return {
        point.as_of: round(point.value / series.scale, 6)
        for point in points
        if point.source != "fed_notes"
    }
