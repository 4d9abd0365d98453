"""OFR, Short-term Funding Monitor -> rates and volumes of cleared and tri-party repo.

GCF's rate is not asked for: disclosure edits leave 106 of about 1,700 days, so that no spread over
it could be an indicator. Rates come in percent, volumes in USD.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tools.market import publication
from tools.market.ofr import Series, feed

BASE = "https://data.financialresearch.gov/v1"
# Preliminary (-P), overnight and open (OO) or of all terms (TOT).
SERIES = {
    "REPO-DVP_AR_OO-P": Series("repo_dvp_rate", 0.01),
    "REPO-DVP_TV_TOT-P": Series("repo_dvp_volume"),
    "REPO-TRI_AR_OO-P": Series("repo_tri_rate", 0.01),
    "REPO-TRI_TV_TOT-P": Series("repo_tri_volume"),
    "REPO-GCF_TV_TOT-P": Series("repo_gcf_volume"),
}


def expected(now: datetime) -> date:
    """Return the newest day whose preliminary figures are out, two days' grace allowed."""
    return publication.newest_published("repo", now - timedelta(days=2))


FEED = feed("ofr_stfm", BASE, SERIES, "ofr_stfm", expected)
