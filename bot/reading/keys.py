"""The words before a value and between values: inputs by their keys in both languages, fillers."""

from __future__ import annotations

SPELLINGS = {
    "contract": "contract 合约 期货合约",
    "futures_price": "futures future fut 期货 期货价 期货价格",
    "clean_price": "cash clean bond 现货 现券 净价 现券价 现货价 现券价格 现货价格 债券价格",
    "coupon_pct": "coupon cpn 票息 票面 票息率 票面利率 息票",
    "maturity": "maturity mat matures maturing due 到期 到期日 到期日期",
    "cusip": "cusip",
    "repo_pct": "repo r funding financing gc 回购 回购利率 质押式回购 附买回 融资利率 融资成本 "
    "资金利率 资金成本",
    "haircut_pct": "haircut hc h/c 折扣率 折扣 折算率",
    "margin_usd": "margin im 保证金 初始保证金 每手保证金",
    "face_usd": "face notional par size amount 面值 面额 名义本金 本金面值 持仓 规模",
    "delivery": "date delivery deliver 交割 交割日 交割日期",
    "settlement": "settle settlement settles 结算 结算日 结算日期 交收 交收日",
    "conversion_factor": "cf factor 转换因子 转换系数",
}
# Keys of two words, each with the one that stands for it; `price` and the like say nothing more.
OF_TWO_WORDS = {
    tuple(words.split()): key
    for key, several in {
        "repo": "repo rate, term repo, gc repo, funding rate, financing rate, financing cost, "
        "回购 利率",
        "haircut": "haircut rate",
        "margin": "initial margin, futures margin",
        "face": "face value, face amount, notional amount",
        "settle": "settlement date, settle date",
        "delivery": "delivery date",
        "maturity": "maturity date",
        "coupon": "coupon rate",
        "cf": "conversion factor",
        "buffer": "cash buffer",
        "cashrate": "cash rate",
    }.items()
    for words in several.split(",")
}
# Words that a desk says between the inputs and that tell nothing.
FILLERS = frozenset(
    {"@", "at", "v", "vs", "vs.", "versus", "against", "and", "with", "for", "of", "the", "a", "an"}
    | {"t", "ust", "tsy", "treasury", "treasuries", "note", "notes", "bonds", "price", "is"}
    | {"comdty", "govt", "cbot", "cbt", "p.a.", "pa", "act/360"}
    | {"对", "和", "与", "及", "的", "美债", "国债", "美国国债", "国债期货", "债券", "价格"}
)
