"""OFR, Hedge Fund Monitor -> leverage by Form PF (quarterly), sponsored repo of FICC.

Form PF lags about five months: a footnote in weeks with a new value, never part of the score.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tools.market.ofr import Series, feed

BASE = "https://data.financialresearch.gov/hf/v1"
SERIES = {
    # Gross over net assets, a multiple: weighted by gross assets, and of the ten largest funds.
    "FPF-ALLQHF_LEVERAGERATIO_GAVWMEAN": Series("hf_leverage"),
    "FPF-ALLQHF_GAVN10_LEVERAGERATIO_AVERAGE": Series("hf_leverage_top10"),
    "FICC-SPONSORED_REPO_VOL": Series("ficc_sponsored_repo"),
}
QUARTERS_LATE = 230


def expected(now: datetime) -> date:
    """Return the oldest day that the newest figure may be of: Form PF's quarter and its lag."""
    return now.date() - timedelta(days=QUARTERS_LATE)


FEED = feed("ofr_hfm", BASE, SERIES, "ofr_hfm", expected)
