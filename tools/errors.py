"""What a calculator says when no calculation can be made: a code and values, never a sentence.

Every code has its sentence under `error.<code>` in both locales. `values["field"]` names the
input (the names are listed at `FIELDS`), `values["value"]` what was given; further values fill
the sentence's placeholders.

    quotes       price_form, price_32nds, price_third_digit, price_tick_digit, price_cash_digit,
                 price_range, price_decimal, cusip_form, cusip_check_digit, isin_check_digit
    contracts    contract_form, contract_not_listed
    dates        date_range, settlement_after_delivery, shock_after_delivery,
                 delivery_outside_window, bond_matured, bond_ineligible,
                 bond_ineligible_open, bond_excluded, dated_after_delivery
    numbers      number_form, number_range
    marks        dates_order
    leverage     capital_missing
    batch        input_missing, input_form, choice, kind_unknown, list_empty, list_too_long,
                 list_too_short
    baskets      basket_no_deliverable
    stress       episode_unknown
"""

from __future__ import annotations

LONGEST_SHOWN = 100  # a culprit longer than this is cut where it is shown


class CalculatorError(ValueError):
    """An input that no calculation can be made from.

    `code` names the sentence in the locales (`error.<code>`); `values` fill it. By convention
    `values["field"]` is the input's name (`"haircut_pct"`) and `values["value"]` what was given.
    """

    def __init__(self, code: str, **values: object) -> None:
        if "value" in values:
            values["value"] = _showable(values["value"])
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values

    @property
    def field(self) -> str | None:
        """Return the name of the input at fault, where there is one."""
        field = self.values.get("field")
        return field if isinstance(field, str) else None


def _showable(value: object) -> object:
    """Return a culprit that can be written out: long ones are cut, huge integers bounded."""
    if isinstance(value, int):
        return min(max(value, -(10**99)), 10**99)  # Python refuses to write out 5000 digits
    if isinstance(value, float):
        return value
    if isinstance(value, list | dict):
        return "[...]" if isinstance(value, list) else "{...}"
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
