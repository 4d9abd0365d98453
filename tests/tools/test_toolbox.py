"""The calculators as a model sees them: typed, with the same results, errors as values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from pydantic import ValidationError

from tests.tools.test_batch import EXAMPLES, ROW
from tools.batch import compute
from tools.toolbox import _TOOLS, toolbox

TRADE = {k: v for k, v in ROW.items() if k != "repo_basis"}
CALLS: dict[str, dict[str, Any]] = {
    "basis": TRADE,
    "cheapest_to_deliver": EXAMPLES["ctd"],
    "ctd_scenario": {k: v for k, v in EXAMPLES["ctd_scenario"].items() if "net_basis" not in k},
    "delivery_option": EXAMPLES["switch_option"],
    "profit_and_loss": {k: v for k, v in EXAMPLES["pnl"].items() if k != "repo_basis"},
    "leverage": {"haircut_pct": 2.0, "margin_pct": 1.0},
    "distances": {k: v for k, v in EXAMPLES["distances"].items() if k != "repo_basis"},
    "stress": {k: v for k, v in EXAMPLES["stress"].items() if k != "repo_basis"},
    "spiral": EXAMPLES["basis_spiral"],
    "delivery_dates": EXAMPLES["last_delivery_date"],
    "conversion_factor": EXAMPLES["conversion_factor"],
}


def called(tool: BaseTool, arguments: dict[str, Any]) -> ToolMessage:
    message = tool.invoke({"type": "tool_call", "id": "1", "name": tool.name, "args": arguments})
    assert isinstance(message, ToolMessage)
    return message


@pytest.mark.parametrize("tool", toolbox(), ids=lambda tool: tool.name)
def test_a_tool_gives_what_the_row_gives(tool: BaseTool) -> None:
    message = called(tool, CALLS[tool.name])
    kind = _TOOLS[tool.name][0]
    assert message.artifact == compute(kind, CALLS[tool.name])
    assert json.loads(str(message.content)) == json.loads(json.dumps(message.artifact))


@pytest.mark.parametrize("tool", toolbox(), ids=lambda tool: tool.name)
def test_a_tool_says_what_it_needs(tool: BaseTool) -> None:
    schema = tool.get_input_schema().model_json_schema()
    assert schema["required"]
    assert all("type" in p or "anyOf" in p for p in schema["properties"].values())
    assert len(tool.description) > 40


def test_an_input_that_cannot_be_used_comes_back_as_code_and_values() -> None:
    [tool] = [each for each in toolbox() if each.name == "basis"]
    message = called(tool, {**TRADE, "maturity": "2024-11-15"})
    told = json.loads(str(message.content))
    assert (told["error"], told["field"]) == ("bond_matured", "maturity")
    assert message.status == "error"
    assert message.artifact is None


def test_an_unknown_input_is_refused_not_ignored() -> None:
    [tool] = [each for each in toolbox() if each.name == "leverage"]
    with pytest.raises(ValidationError):
        tool.invoke({"haircut_pct": 2, "haircutt": 3})
