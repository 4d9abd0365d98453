"""A basis -> how it hangs on the repo rate, drawn and in words; its figures as CSV."""

from __future__ import annotations

from bot.desk.calculate import BasisReply, answer_basis, with_repo
from bot.i18n import Lang, say
from bot.render.basis import percent, thirty_seconds
from bot.render.drawing import INKS, csv_of, dress, figure_of, font, png_of
from bot.render.message import Attachment, Message
from bot.render.numbers import number
from tools.basis_inputs import RANGES
from tools.batch import basis_figures

_STEPS = [step / 4 for step in range(-6, 7)]
_LOWEST, _HIGHEST, _ = RANGES["repo_pct"]


def basis_chart(reply: BasisReply, lang: Lang, theme: str) -> Message:
    """Return the net basis by repo rate, the implied repo where it is nil, and yours marked."""
    result, ink = reply.result, INKS[theme]
    words = reply.command.removeprefix("/basis ")
    yours = result.repo_pct or 0.0
    rates = [rate for step in _STEPS if _LOWEST <= (rate := yours + step) <= _HIGHEST]
    nets = [_net(answer_basis(with_repo(words, rate), reply.asked)) for rate in rates]
    contract = reply.request.contract.code
    figure = figure_of(
        ink, say(lang, "basis.chart_title", contract=contract), say(lang, "desk.chart_source")
    )
    axes = figure.add_axes((0.1, 0.2, 0.88, 0.58))
    axes.set_title(say(lang, "basis.chart_axis"), loc="left", color=ink.text, font=font(), pad=12)
    axes.plot(rates, nets, "-", color=ink.size, linewidth=3)
    axes.plot([yours], [_net(reply)], "o", color=ink.text, markersize=14)
    axes.axhline(0, color=ink.text, linewidth=1)
    axes.set_xlabel(say(lang, "basis.chart_x"), font=font(), color=ink.text)
    dress(axes, ink, 1)
    caption = say(
        lang,
        "basis.chart_caption",
        contract=contract,
        repo=percent(yours),
        net=thirty_seconds(result.net_basis or 0.0),
        implied=number(result.implied_repo_pct or 0.0, 2),
        low=number(nets[0], 2),
        low_repo=percent(rates[0]),
        high=number(nets[-1], 2),
        high_repo=percent(rates[-1]),
    )
    return Message(caption, attachment=Attachment("basis.png", png_of(figure)))


def _net(reply: BasisReply) -> float:
    return 32 * (reply.result.net_basis or 0.0)


def basis_csv(reply: BasisReply, lang: Lang) -> Message:
    """Return the figures of a basis as a file of one row."""
    figures = basis_figures(reply.result)
    file = Attachment("basis.csv", csv_of([tuple(figures), tuple(figures.values())]), picture=False)
    return Message(say(lang, "desk.csv_caption", rows=1), attachment=file)
