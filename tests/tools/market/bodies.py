"""Schema-true bodies of the feeds, made up in shape and invented in their figures."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from tools.positions import TREASURY

NAMES = ("dealer", "asset_mgr", "lev_money", "other_rept")
SUFFIXED = {"dealer"}  # the groups whose columns keep "_all" in the API


def tff_row(day: date, contract: str, short: int = 1_000_000) -> dict[str, int]:
    """Return one contract's counts, by group and side, that add up to the open interest."""
    spreads = {"dealer": 10, "asset_mgr": 20, "lev_money": 30, "other_rept": 40}
    longs = {"asset_mgr": short, "lev_money": 200_000, "other_rept": 5_000, "nonrept": 7_000}
    shorts = {"asset_mgr": 90_000, "lev_money": short, "other_rept": 6_000, "nonrept": 8_000}
    interest = 2_000_000 + short
    longs["dealer"] = interest - sum(spreads.values()) - sum(longs.values())
    shorts["dealer"] = interest - sum(spreads.values()) - sum(shorts.values())
    row = {"open_interest": interest}
    for group in (*NAMES, "nonrept"):
        row |= {f"{group}_long": longs[group], f"{group}_short": shorts[group]}
    return row | {f"{group}_spread": spread for group, spread in spreads.items()}


def socrata_row(day: date, contract: str, short: int = 1_000_000) -> dict[str, str]:
    """Return a row as the API gives it: numbers as strings, `_all` on some names only."""
    counts = tff_row(day, contract, short)
    row = {
        "report_date_as_yyyy_mm_dd": f"{day}T00:00:00.000",
        "cftc_contract_market_code": TREASURY[contract].cftc_code,
        "market_and_exchange_names": "A NAME THAT MAY CHANGE",
        "open_interest_all": str(counts["open_interest"]),
        "traders_lev_money_short_all": "71",
        "conc_net_le_4_tdr_short_all": "18.1",
    }
    for group in (*NAMES, "nonrept"):
        tail = "_all" if group in SUFFIXED | {"nonrept"} else ""
        for side in ("long", "short", "spread"):
            if f"{group}_{side}" in counts:
                row[f"{group}_positions_{side}{tail}"] = str(counts[f"{group}_{side}"])
    return row


def socrata(days: Iterable[date], short: int = 1_000_000) -> list[dict[str, str]]:
    return [socrata_row(day, contract, short) for day in days for contract in TREASURY]


HEADER = ["Market_and_Exchange_Names", "As_of_Date_In_Form_YYMMDD", "Report_Date_as_YYYY-MM-DD",
          "CFTC_Contract_Market_Code", "CFTC_Market_Code", "CFTC_Region_Code",
          "CFTC_Commodity_Code", "Open_Interest_All"]  # fmt: skip
HEADER += [
    f"{group}_Positions_{side}_All"
    for group in ("Dealer", "Asset_Mgr", "Lev_Money", "Other_Rept")
    for side in ("Long", "Short", "Spread")
]
HEADER += ["Tot_Rept_Positions_Long_All", "Tot_Rept_Positions_Short_All",
           "NonRept_Positions_Long_All", "NonRept_Positions_Short_All"]  # fmt: skip
HEADER += [f"Column_{n}" for n in range(len(HEADER), 87)]
HEADER[66], HEADER[78] = "Traders_Lev_Money_Short_All", "Conc_Net_LE_4_TDR_Short_All"


def wire_line(day: date, contract: str, short: int = 1_000_000) -> list[str]:
    """Return the 87 cells of a bulk file: padded numbers, padded codes, dots for null."""
    counts = tff_row(day, contract, short)
    line = ["."] * 87
    line[:4] = ["A NAME", f"{day:%y%m%d}", str(day), TREASURY[contract].cftc_code + " "]
    line[7] = f"{counts['open_interest']:8d}"
    for g, group in enumerate(NAMES):
        for s, side in enumerate(("long", "short", "spread")):
            line[8 + 3 * g + s] = f"{counts[f'{group}_{side}']:8d}"
    line[22], line[23] = f"{counts['nonrept_long']:8d}", f"{counts['nonrept_short']:8d}"
    return line


def weekly_file(day: date, short: int = 1_000_000) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(wire_line(day, contract, short) for contract in TREASURY)
    return out.getvalue().encode()


def annual_text(days: Iterable[date], short: int = 1_000_000) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows(wire_line(day, contract, short) for day in days for contract in TREASURY)
    return out.getvalue().encode()


def annual_zip(days: Iterable[date], short: int = 1_000_000) -> bytes:
    return zipped(annual_text(days, short))


def zipped(text: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("FinFutYY.txt", text)
    return packed.getvalue()


def tuesdays(last: date, count: int) -> list[date]:
    return [last - timedelta(weeks=n) for n in reversed(range(count))]


def weekdays(last: date, count: int) -> list[date]:
    days: list[date] = []
    day = last
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def ref_rates(kind: str, days: Iterable[date], percent: float = 3.66) -> dict[str, Any]:
    """Return a body of the New York Fed's search; the percentiles of SOFR lie around the rate."""
    return {
        "refRates": [
            {
                "effectiveDate": str(day), "type": kind.upper(), "percentRate": percent,
                "percentPercentile1": percent - 0.05, "percentPercentile25": percent - 0.01,
                "percentPercentile75": percent + 0.02, "percentPercentile99": percent + 0.10,
                "volumeInBillions": 3100, "revisionIndicator": "",
            }
            for day in days
        ]
    }  # fmt: skip


def par_csv(days: Iterable[date], first: float = 4.5) -> bytes:
    """Return the Treasury's CSV, newest first, with a column that is not always issued."""
    lines = ['Date,"1 Mo","1.5 Mo","2 Yr","5 Yr","10 Yr","30 Yr"']
    for n, day in enumerate(days):
        ten = first + 0.04 * (n % 2)
        lines.append(f"{day:%m/%d/%Y},4.4,,4.10,4.20,{ten:.2f},4.90")
    return "\n".join([lines[0], *reversed(lines[1:])]).encode()


def iorb_csv(days: Iterable[date], percent: float = 3.65) -> bytes:
    return "\n".join(["observation_date,IORB", *(f"{day},{percent}" for day in days), ""]).encode()


def dealers(days: Iterable[date], millions: float = 2_000) -> dict[str, Any]:
    """Return the New York Fed's dealer series, one of them withheld on the first day."""
    from tools.market.dealers import KEYS

    rows = [
        {"asofdate": str(day), "keyid": key, "value": "*" if not n and key == "PDPOSGSC-L2"
         else str(millions + n)}
        for n, day in enumerate(days)
        for key in KEYS
    ]  # fmt: skip
    return {"pd": {"timeseries": rows}}


def operations(days: Iterable[date], srf: float = 0.0, rrp: float = 5e9) -> dict[str, Any]:
    """Return repo operations: two of the standing facility a day, and one reverse repo."""

    def row(day: date, kind: str, accepted: float, **more: str) -> dict[str, Any]:
        return {
            "operationId": f"{kind} {len(rows)}", "auctionStatus": "Results",
            "operationDate": str(day), "operationType": kind, "term": "Overnight",
            "totalAmtAccepted": accepted, "note": "", "isSmallValue": "", **more,
        }  # fmt: skip

    rows: list[dict[str, Any]] = []
    for day in days:
        for kind, amount in (("Repo", srf), ("Repo", srf / 2), ("Reverse Repo", rrp)):
            rows.append(row(day, kind, amount))
        rows.append(row(day, "Repo", 5e4, isSmallValue="Y", note="Small Value Exercise"))
    return {"repo": {"operations": rows}}


def ofr(days: Iterable[date], value: float) -> list[list[Any]]:
    """Return a bare series with a hole."""
    return [[str(day), None if n == 1 else value] for n, day in enumerate(days)]


def slt_table5(cayman: float = 453.1, newest: int = 6) -> bytes:
    months = [f"2026-{month:02d}" for month in range(newest, newest - 3, -1)]
    return "\r\n".join(
        [
            "Table 5: Major Foreign Holders of Treasury Securities",
            "Holdings at End of Month", "Billions of Dollars", "",
            "\t".join(["Country", *months]),
            "Japan\t1116.7\t1120.0\t1131.1",
            f"Cayman Islands\t{cayman}\t450.0\tn.a.",
            "Grand Total\t9412.0\t9,400.5\t9390.1",
            "Of Which: Foreign Official\t3900\t3900\t3900",
            "Notes:", "The data in this table are collected primarily from custodians.", "",
        ]
    ).encode()  # fmt: skip


def tic_history(cayman: float = 421.2) -> bytes:
    """Return a block of the history: months above years, a name with a comma, footnotes."""
    return "\n".join(
        [
            "\t\t\tMAJOR FOREIGN HOLDERS OF TREASURY SECURITIES\t",
            "\tDec\tNov\t", "Country\t2025\t2025\t", "\t------\t------\t", "\t\t\t",
            '"China, Mainland"\t683.5\t683.9\t', f"Cayman Islands\t{cayman}\t427.6\t",
            "Grand Total\t9271\t9359.3\t", '"  1/ Estimated, on a custodial basis"\t\t', "",
        ]
    ).encode()  # fmt: skip


def auction(
    cusip: str, coupon: str, auctioned: str, matures: str, **more: str
) -> dict[str, str]:  # fmt: skip
    row = {
        "cusip": cusip, "security_type": "Note", "security_term": "10-Year",
        "auction_date": auctioned, "issue_date": auctioned, "dated_date": auctioned,
        "maturity_date": matures, "int_rate": coupon, "high_yield": "4.1",
        "inflation_index_security": "No", "floating_rate": "No", "reopening": "No",
        "price_per100": "99.9", "offering_amt": "42000000000",
    }  # fmt: skip
    return row | more


def auctions(rows: list[dict[str, str]], pages: int = 1) -> dict[str, Any]:
    return {"data": rows, "meta": {"total-pages": pages, "count": len(rows)}, "links": {}}


def ladder(last: date, count: int = 120) -> list[dict[str, str]]:
    """Return made-up bonds of all terms, a month apart."""
    rows = []
    for n in range(count):
        years = (2, 3, 5, 7, 10, 30)[n % 6]
        day = (last.replace(day=15) - timedelta(days=30 * n)).replace(day=15)
        matures = day.replace(year=day.year + years)
        kind = "Bond" if years > 10 else "Note"
        rows.append(
            auction(
                f"91282{n:04d}", "4.250", str(day), str(matures),
                security_type=kind, security_term=f"{years}-Year",
            )
        )  # fmt: skip
    return rows


def fedinvest(prices: dict[str, float]) -> bytes:
    """Return the headerless CSV; bills are in it too."""
    lines = ["912797XX1,MARKET BASED BILL,0.000%,01/15/2027,,98.1,98.0,98.05"]
    lines += [
        f"{cusip},MARKET BASED NOTE,0.04250,11/15/2034,,{price},{price},{price}"
        for cusip, price in prices.items()
    ]
    return "\r\n".join([*lines, ""]).encode()


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()
