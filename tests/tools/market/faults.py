"""The ways in which a publisher fails: at the line, in the packing, in what the body says."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tornado.web

from tests.tools.market.publisher import Handler, answer, hang

Rows = list[Any]  # each a dict, or a list of cells
Fault = Callable[[tornado.web.RequestHandler], object]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the rows of a body lie, and in a row its date and its figure.

    `way` leads to the rows of a JSON body; None: lines of text, with `header` lines before them.
    `absurd` is a figure that cannot be.
    """

    day: Any
    value: Any
    way: tuple[str, ...] | None = None
    header: int = 0
    delimiter: str = ","
    future: Any = "2062-01-02"
    absurd: Any = "-5000"
    null: Any = ""
    zipped: bool = False

    def rows(self, body: bytes) -> Rows:
        """Return the rows of a body, headers included."""
        if self.zipped:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                body = archive.read(archive.namelist()[0])
        if self.way is None:
            return list(csv.reader(io.StringIO(body.decode()), delimiter=self.delimiter))
        found = json.loads(body)
        for key in self.way:
            found = found[key]
        return list(found)

    def body(self, rows: Rows, like: bytes) -> bytes:
        """Return a body with these rows, all else as in `like`."""
        if self.way is not None:
            return json.dumps(_put(json.loads(like), self.way, rows)).encode()
        out = io.StringIO()
        csv.writer(out, delimiter=self.delimiter).writerows(rows)
        text = out.getvalue().encode()
        if not self.zipped:
            return text
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("FinFutYY.txt", text)
        return packed.getvalue()


def _put(body: Any, way: Sequence[str], rows: Rows) -> Any:
    if not way:
        return rows
    return body | {way[0]: _put(body[way[0]], way[1:], rows)}


TFF = {"day": "report_date_as_yyyy_mm_dd", "value": "lev_money_positions_short"}
# The publisher and what its path holds -> the shape of its body; the first that fits.
SHAPES: tuple[tuple[str, str, Shape], ...] = (
    ("socrata", "", Shape(**TFF, way=(), null=None)),
    ("cftc", ".zip", Shape(2, 15, header=1, zipped=True, null="       .")),
    ("cftc", ".txt", Shape(2, 15, null=".")),
    ("nyfed", "/pd/", Shape("asofdate", "value", ("pd", "timeseries"), absurd="inf", null="*")),
    (
        "nyfed", "/rp/",
        Shape("operationDate", "totalAmtAccepted", ("repo", "operations"), null=None),
    ),
    ("nyfed", "", Shape("effectiveDate", "percentRate", ("refRates",), null=None)),
    ("treasury", "", Shape(0, 5, header=1, future="01/02/2062")),
    ("fred", "", Shape(0, 1, header=1, null=".")),
    ("api", "", Shape("date", "value", ("observations",), null=".")),
    ("ofr", "", Shape(0, 1, (), null=None)),
    ("tic", "slt", Shape(0, 1, header=5, delimiter="\t", null="n.a.")),
    ("tic", "", Shape(0, 1, header=5, delimiter="\t", null="n.a.")),
    ("fiscal", "", Shape("auction_date", "int_rate", ("data",), null="null")),
    ("direct", "", Shape(None, 7)),
)  # fmt: skip


def shape(handler: Handler) -> Shape:
    host, path = handler.path_args
    return next(s for of, part, s in SHAPES if of == host and part in path)


def changed(change: Callable[[Shape, Rows], Rows]) -> Fault:
    """Answer with the healthy body, its rows changed."""

    def fault(handler: Handler) -> None:
        form, body = shape(handler), handler.good(handler.publisher.week)
        rows = form.rows(body)
        handler.write(form.body(rows[: form.header] + change(form, rows[form.header :]), body))

    return fault


def renamed(handler: Handler) -> None:
    """Answer with the figure's field under another name; where no field has one, without it."""
    form, body = shape(handler), handler.good(handler.publisher.week)
    rows = form.rows(body)
    if handler.path_args[0] == "tic":
        rows = [["Isles of Cayman" if c == "Cayman Islands" else c for c in row] for row in rows]
    elif form.header:
        rows[0][form.value] += " (new)"
    elif isinstance(rows[0], dict):
        rows = [{k if k != form.value else f"{k}_new": v for k, v in r.items()} for r in rows]
    else:
        rows = [row[: form.value] + row[form.value + 1 :] for row in rows]
    handler.write(form.body(rows, body))


def _with(row: Any, key: Any, value: Any) -> Any:
    copy = row.copy()
    if isinstance(row, dict) or len(row) > key:
        copy[key] = value
    return copy


def _nulls(form: Shape, rows: Rows) -> Rows:
    return [_with(row, form.value, form.null) for row in rows]


def _absurd(form: Shape, rows: Rows) -> Rows:
    return [_with(row, form.value, form.absurd) for row in rows]


def _future(form: Shape, rows: Rows) -> Rows:
    """Date the newest rows, which may stand first or last, in a year to come."""
    if form.day is None:
        return rows
    newest = max((row[form.day] for row in rows), key=_sortable)
    return [_with(r, form.day, form.future) if r[form.day] == newest else r for r in rows]


def _sortable(day: str) -> tuple[str, ...]:
    parts = day.replace("/", "-").split("-")
    return (parts[2], *parts[:2]) if "/" in day else tuple(parts)


def _conflict(form: Shape, rows: Rows) -> Rows:
    """Let one row stand twice, the second time with another figure."""
    numbered = [n for n, row in enumerate(rows) if _is_number(row, form.value)]
    told = numbered[-1]
    figure = float(rows[told][form.value])
    other = str(figure + 1) if figure % 1 else str(int(figure) + 1)
    return [*rows, _with(rows[told], form.value, other)]


def _is_number(row: Any, key: Any) -> bool:
    try:
        float(row[key])
    except (IndexError, TypeError, ValueError):
        return False
    return True


def future(handler: Handler) -> None:
    if handler.path_args[0] == "tic":  # its months stand in a header
        handler.write(handler.good(handler.publisher.week).replace(b"2026", b"2062"))
    else:
        changed(_future)(handler)


def half(handler: Handler) -> None:
    body = handler.good(handler.publisher.week)
    handler.write(body[: len(body) // 2])


def stale(handler: Handler) -> None:
    handler.write(handler.good(-4))


def at_first(fault: Fault, times: int = 1) -> Fault:
    """Fail so often for each thing that is asked, then answer well."""
    seen: Counter[object] = Counter()

    def step(handler: Handler) -> None:
        asked = (handler.request.uri, handler.request.body)
        seen[asked] += 1
        if seen[asked] > times:
            handler.write(handler.good(handler.publisher.week))
        else:
            fault(handler)

    return step


async def endless(handler: Handler) -> None:
    """Answer with 2 GB, piece by piece, until the line is cut."""
    chunk, sent = b"[1," * 3_333, 0
    while sent < 2_000_000_000:
        handler.write(chunk)
        await handler.flush()
        sent += len(chunk)
        handler.publisher.most_sent = max(handler.publisher.most_sent, sent)


async def drip(handler: Handler) -> None:
    """Answer a byte at a time: each comes soon, the whole never."""
    for _ in range(2_000):
        handler.write(b" ")
        await handler.flush()
        await asyncio.sleep(0.03)


async def cut(handler: Handler) -> None:
    """Promise a whole body and drop the line half way."""
    body = handler.good(handler.publisher.week)
    handler.set_header("Content-Length", str(len(body)))
    handler.write(body[: len(body) // 2])
    await handler.flush()
    handler.request.connection.stream.close()


def packed(pack: Callable[[bytes], bytes], packing: str = "gzip") -> Fault:
    def fault(handler: Handler) -> None:
        handler.set_header("Content-Encoding", packing)
        handler.write(pack(handler.good(handler.publisher.week)))

    return fault


SWOLLEN = gzip.compress(b" " * 20_000_000, 1)


def loop(handler: Handler) -> None:
    handler.redirect(handler.request.uri)


def typed(kind: str) -> Fault:
    def fault(handler: Handler) -> None:
        handler.set_header("Content-Type", kind)
        handler.write(handler.good(handler.publisher.week))

    return fault


def written(change: Callable[[bytes], bytes]) -> Fault:
    """Answer with the healthy body in other letters; a zip is left as it is."""

    def fault(handler: Handler) -> None:
        body = handler.good(handler.publisher.week)
        handler.write(body if shape(handler).zipped else change(body))

    return fault


FAULTS: dict[str, Fault] = {
    "404": answer(404),
    "429": answer(429, Retry_After="0"),
    "500": answer(500, b"<html>sorry</html>"),
    "html": answer(200, b"\xef\xbb\xbf <!DOCTYPE html><html>maintenance</html>"),
    "empty": answer(200),
    "blank": answer(200, b"\r\n \r\n"),
    "endless": endless,
    "hang": hang,
    "drip": drip,
    "cut": cut,
    "loop": loop,
    "swollen": packed(lambda _: SWOLLEN),
    "packed twice": packed(lambda body: gzip.compress(gzip.compress(body)), "gzip, gzip"),
    "half packed": packed(lambda body: gzip.compress(body)[:-9]),
    "not packed": packed(lambda body: body),
    "half": half,
    "renamed": renamed,
    "nulls": changed(_nulls),
    "stale": stale,
    "future": future,
    "absurd": changed(_absurd),
    "conflict": changed(_conflict),
}
# What looks odd and is none the worse.
HARMLESS: dict[str, Fault] = {
    "429 once": at_first(answer(429, Retry_After="0")),
    "500 twice": at_first(answer(500), times=2),
    "html once": at_first(answer(200, b"<html>")),
    "gzip": packed(gzip.compress),
    "html by name": typed("text/html; charset=iso-8859-1"),
    "mark": written(lambda body: b"\xef\xbb\xbf" + body),
    "twice": changed(lambda _form, rows: rows + rows),
    "reversed": changed(lambda _form, rows: rows[::-1]),
}
