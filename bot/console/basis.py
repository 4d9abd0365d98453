"""A basis -> the JSON of the command line's contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.i18n import Lang

if TYPE_CHECKING:
    from bot.desk.calculate import BasisReply


def basis_json(reply: BasisReply, lang: Lang) -> dict[str, Any]:
    """Return a basis in the keys and units of the command line's contract."""
    from bot.render.basis import note_text
    from tools.batch import compute

    request = reply.request
    inputs = request.as_inputs()
    given = {name: value for name, value in inputs.items() if value is not None}
    if request.conversion_factor is not None:
        given["conversion_factor"] = inputs["conversion_factor"] = request.conversion_factor
    for name in ("delivery_month", "cusip"):  # what the calculator has no use for
        given.pop(name, None)
    notes = (*request.futures.notes, *request.cash.notes, *reply.result.notes)
    return {
        "command": "basis",
        "inputs": inputs,
        "defaulted": list(request.defaults),
        "result": compute("basis_row", given),
        "notes": [note_text(note, lang) for note in notes],
    }


def basis_csv(reply: BasisReply) -> str:
    """Return a basis's figures as CSV, a header first."""
    from bot.render.drawing import csv_of
    from tools.batch import basis_figures

    figures = basis_figures(reply.result)
    return csv_of([tuple(figures), tuple(figures.values())]).decode()
