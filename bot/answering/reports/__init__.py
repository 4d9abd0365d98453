"""A question about the reader's own report -> what it says, with page and quote, beside others.

The report's figures were read by rules, not by a person: they are shown with the sentence that
they come from, and never become evidence for anybody else.
"""

from bot.answering.reports.answer import beside, write
from bot.answering.reports.asked import mentions, without_reports
from bot.answering.reports.own import Own, OwnFigure, OwnReport

__all__ = ["Own", "OwnFigure", "OwnReport", "beside", "mentions", "without_reports", "write"]
