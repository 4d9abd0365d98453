"""The calculators as LangChain tools: a typed schema each, the same results as the rows'.

A tool answers with content, the result as JSON that a model reads, and an artifact, the result
itself, from which an answer takes its figures: a model chooses words, never numbers. An input
that no calculation can be made from comes back as the error's code and values.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, ConfigDict, Field

from tools.batch import Result, compute
from tools.errors import CalculatorError

Percent = Annotated[float, Field(description="percent, e.g. 3.9")]
Price = Annotated[float, Field(gt=0, description="points per 100 face, decimal")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="YYYY-MM-DD")]
Contract = Annotated[str, Field(description="e.g. TYH7: root, month H M U Z, year")]


class _Inputs(BaseModel):
    """No input is guessed: what is not in the schema is refused."""

    model_config = ConfigDict(extra="forbid")


class Bond(_Inputs):
    """One bond of a basket."""

    coupon_pct: Percent
    maturity: Day
    clean_price: Price
    cusip: str | None = None
    dated_date: Day | None = None


class Trade(_Inputs):
    """One bond against one contract."""

    contract: Contract
    futures_price: Price
    coupon_pct: Percent
    maturity: Day
    clean_price: Price
    settlement: Day
    delivery: Day | None = Field(None, description="default: the last delivery day")
    repo_pct: Percent | None = None
    haircut_pct: Percent | None = None
    margin_usd: float | None = Field(None, description="dollars a contract; never invent one")
    face_usd: float | None = Field(None, description="default: one million")


class Basket(_Inputs):
    """Bonds against one contract."""

    contract: Contract
    futures_price: Price
    settlement: Day
    delivery: Day | None = None
    repo_pct: Percent | None = None
    bonds: list[Bond] = Field(min_length=1)


class Scenario(_Inputs):
    """A basket after a parallel yield shift."""

    contract: Contract
    settlement: Day
    horizon: Day
    shift_bp: float
    bonds: list[Bond] = Field(min_length=1)


class OptionBasket(Basket):
    """A basket and a yield volatility."""

    vol_bp: float = Field(ge=0, le=1000, description="basis points a year, e.g. 100")


class Mark(_Inputs):
    """Prices on a later day; a roll moves into another contract on that day."""

    day: Day
    futures_price: Price
    clean_price: Price
    repo_pct: Percent | None = Field(None, description="paid since the mark before")
    roll_contract: str | None = None
    roll_futures_price: Price | None = None
    roll_cost_32nds: float | None = None


class Held(Trade):
    """A trade with the cash behind it."""

    buffer_usd: float | None = None
    contracts: float | None = Field(None, description="default: the factor-weighted hedge")


class Far(Held):
    """A position, and what of its repo is renewed every day."""

    rolling_pct: Percent | None = Field(None, description="share of the repo that is overnight")


class Profit(Held):
    """A trade through later prices."""

    cash_rate_pct: Percent | None = None
    marks: list[Mark] = Field(min_length=1)


class Shock(_Inputs):
    """The state of the market some days after the start."""

    day: int = 0
    yield_bp: float = 0.0
    basis_32nds: float = Field(0.0, description="negative: the bond cheapens, a long basis loses")
    repo_pct: Percent | None = None
    haircut_pct: Percent | None = None
    margin_usd: float | None = None


class Stress(Held):
    """A position under an episode's published figures, or under shocks of one's own."""

    episode: str | None = Field(None, description="sep2019, mar2020 or apr2025")
    shocks: list[Shock] | None = None
    rolling_pct: Percent | None = Field(None, description="share of the repo that is overnight")


class Shares(_Inputs):
    """Haircut, margin and buffer as shares."""

    haircut_pct: Percent
    margin_pct: Percent | None = None
    buffer_pct: Percent | None = None


class Tenor(_Inputs):
    """The basis trades in one contract."""

    name: str
    size_bn: float = Field(gt=0)
    haircut_pct: Percent
    margin_pct: Percent
    buffer_pct: Percent


class Spiral(_Inputs):
    """Basis trades under a common shock; the impact is an assumption, not a calibration."""

    tenors: list[Tenor] = Field(min_length=1)
    margin_times: float = 1.0
    haircut_rise_pct: Percent = 0.0
    basis_fall_32nds: float = 0.0
    impact_32nds_per_100bn: float | None = Field(None, description="default: 1, 2 and 4")


class Month(_Inputs):
    """A contract by root and delivery month."""

    contract: str = Field(description="root, e.g. TY")
    delivery_month: str = Field(pattern=r"^\d{4}-\d{2}$", description="YYYY-MM")


class Factor(Month):
    """A bond and a delivery month."""

    coupon_pct: Percent
    maturity: Day


# Each tool by its name: the kind of row it computes, what a model is told, its schema.
_TOOLS: dict[str, tuple[str, str, type[BaseModel]]] = {
    "basis": (
        "basis_row",
        "Gross and net basis, carry, implied repo, invoice and leverage of one bond against one "
        "Treasury futures contract. Without repo_pct there is no net basis.",
        Trade,
    ),
    "cheapest_to_deliver": (
        "ctd",
        "Rank a basket of bonds against a contract by implied repo, with bases and the gap.",
        Basket,
    ),
    "ctd_scenario": (
        "ctd_scenario",
        "Futures price, cheapest to deliver and bases on a day after a parallel yield shift.",
        Scenario,
    ),
    "delivery_option": (
        "switch_option",
        "Value of the short's right to choose the bond, delivery probabilities, implied vol.",
        OptionBasket,
    ),
    "profit_and_loss": (
        "pnl",
        "Split the profit of a basis trade between dates into parts that add up; return to "
        "delivery and break-even repo.",
        Profit,
    ),
    "leverage": (
        "leverage",
        "Leverage that a haircut, a margin share and a buffer allow: 1 / their sum.",
        Shares,
    ),
    "distances": (
        "distances",
        "How far a position is from running out of cash, equity, funding profit and haircut cash.",
        Far,
    ),
    "stress": (
        "stress",
        "Replay September 2019, March 2020, April 2025 or own shocks on a position: cash by day, "
        "forced sales, what ends it first.",
        Stress,
    ),
    "spiral": (
        "basis_spiral",
        "Forced sales of basis trades under a common shock, round by round, for assumed impacts. "
        "Not calibrated: say so.",
        Spiral,
    ),
    "delivery_dates": (
        "last_delivery_date",
        "First delivery, last trade and last delivery day of a contract month.",
        Month,
    ),
    "conversion_factor": (
        "conversion_factor",
        "The exchange's conversion factor of a bond in a delivery month.",
        Factor,
    ),
}


def toolbox() -> list[BaseTool]:
    """Return the calculators as tools, ready to be bound to a chat model."""
    return [_tool(name, *about) for name, about in _TOOLS.items()]


def _tool(name: str, kind: str, description: str, schema: type[BaseModel]) -> BaseTool:
    def run(**given: Any) -> tuple[str, Result]:  # noqa: ANN401  # the schema has checked them
        try:
            found = compute(kind, _plain(given))
        except CalculatorError as error:
            raise ToolException(_told({"error": error.code, **error.values})) from error
        return _told(found), found

    return StructuredTool.from_function(
        run,
        name=name,
        description=description,
        args_schema=schema,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


def _plain(given: dict[str, Any]) -> dict[str, object]:
    """Return a tool's inputs as a row's: models as mappings, what was not given left out."""
    return {name: _value(value) for name, value in given.items() if value is not None}


def _value(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_none=True)
    if isinstance(value, list):
        return [_value(each) for each in value]
    return value


def _told(found: dict[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, default=str)
