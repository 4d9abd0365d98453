"""Retrieval, refusal and checks on public sets beside rivals; speed at three sizes; ingest rate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from knowledge.claims import load_ledger
from knowledge.embedding import load_embedder
from knowledge.glossary import load_glossary
from knowledge.library import bundled_passages
from knowledge.vectors import VectorStore
from tests.bench.rows import Row
from tests.bot.gold.test_gold import ACROSS as OTHER_LANGUAGE
from tests.bot.gold.test_gold import FLOORS, of, passes, question
from tests.eval import refusal
from tests.eval.retrieved import read_set
from tests.eval.row import Row as Figure
from tests.eval.run import KINDS, Measures, folders

SETS = Path(os.environ.get("BASISBOT_REFERENCE_DIR", "../shared/reference")) / "benchmarks/sets"
# Vectors of the sets, kept between runs: embedding the filings alone takes a quarter of an hour.
CACHE = Path(tempfile.gettempdir()) / "basisbot-bench-vectors"
SIZES = (1_000, 10_000, 100_000)
# What each figure must reach.
LINES = {
    ("mixed_bilingual_xquad_dev", "cross=1", "R@5"): 0.97,
    ("mixed_bilingual_xquad_dev", "cross=0", "R@1"): 0.95,
    ("xling_zh2en_xquad_dev", "all", "nDCG@10"): 0.92,
    ("xling_en2zh_xquad_dev", "all", "nDCG@10"): 0.92,
    ("en_fin_financebench_dev", "all", "R@10"): 0.85,
    ("en_fin_tatqa_dev", "all", "R@5"): 0.82,
    ("zh_fin_fincuge_dev", "all", "R@1"): 0.95,
    ("reject_en_xquad_dev", "all", "answered"): 0.97,
    ("reject_en_xquad_dev", "all", "refused"): 0.97,
    ("reject_zh_xquad_dev", "all", "answered"): 0.97,
    ("reject_zh_xquad_dev", "all", "refused"): 0.97,
}
# The same questions and articles in both languages: questions of one put to passages of the other.
ACROSS = (("reject_zh_xquad_dev", "reject_en_xquad_dev"),
          ("reject_en_xquad_dev", "reject_zh_xquad_dev"))  # fmt: skip


def run() -> list[Row]:
    """Measure everything that can be measured here; what cannot is a row that says why."""
    return [*_gold(), *_quality(), *_speed(), *_ingest()]


def _gold() -> Iterator[Row]:
    """Yield how many of our own questions pass, by class and language."""
    for kind, lang in (key for key in FLOORS if key[0] != OTHER_LANGUAGE):
        asked = of(kind, lang)
        passed = sum(passes(question(row)) for row in asked)
        yield Row(f"own questions: {kind}, {lang}", f"{passed} of {len(asked)}", "")


def _quality() -> Iterator[Row]:
    if not SETS.exists():
        yield Row("public evaluation sets", "skipped", "", f"not at {SETS}")
        return
    measures = Measures(CACHE)
    for kind in KINDS:
        for folder in folders(kind, [SETS]):
            yield from _rows(list(measures.rows(kind, folder)))
    for asked, read in ACROSS:
        yield from _rows(list(_refusal_across(SETS / asked, SETS / read)))


def _refusal_across(asked: Path, read: Path) -> Iterator[Figure]:
    data = replace(read_set(read), questions=read_set(asked).questions)
    embedder = load_embedder()
    store = VectorStore.load(CACHE, embedder.model_id) if embedder else None
    cases = refusal.pool(data, load_glossary(), embedder, store)
    yield from refusal.figures(f"{asked.name} on {read.name}", cases)


def _rows(figures: list[Figure]) -> Iterator[Row]:
    """Yield our figures, each with its interval, its line and each rival with the difference."""
    rivals = {(f.part, f.measure, f.system): f.found.value for f in figures}
    names = dict.fromkeys(f.system for f in figures if f.system != "basisbot")
    for figure in figures:
        if figure.system != "basisbot":
            continue
        found = figure.found
        beside = {name: rivals[figure.part, figure.measure, name] for name in names}
        deltas = [f"{name} {v:.3f} ({found.value - v:+.3f})" for name, v in beside.items()]
        note = f"[{found.low:.3f} {found.high:.3f}] of {found.cases}"
        line = LINES.get((figure.set, figure.part, figure.measure))
        judged = [f"line {line} {'held' if found.value >= line else 'MISSED'}"] if line else []
        label = f"{figure.set} {figure.part} {figure.measure}"
        yield Row(label, f"{found.value:.3f}", "", "; ".join([note, *judged, *deltas]))


def _speed() -> Iterator[Row]:
    for size in SIZES:
        command = [sys.executable, "-m", "tests.bench.knowledge_speed", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            yield Row(f"{size:,} passages", "failed", "", done.stderr.strip()[-200:])
            continue
        found = json.loads(done.stdout)
        what = f"{found['passages']:,.0f} passages, most of them jittered copies of real ones"
        yield Row(f"retrieval at {size:,}, p50", found["p50"], "ms", f"embedding included; {what}")
        yield Row(f"retrieval at {size:,}, p95", found["p95"], "ms", "80 questions, both languages")
        yield Row(f"index at {size:,}, recall@10", found["recall"], "", "Chroma against exact")
        yield Row(f"index at {size:,}, built in", found["built"], "s", "vectors at hand")
        yield Row(f"memory at {size:,}", found["memory"], "MiB", "passages, words, vectors, index")


def _ingest() -> Iterator[Row]:
    embedder = load_embedder()
    if embedder is None:
        yield Row("ingest rate", "skipped", "", "the bundled model has no wheel here")
        return
    texts = [p.text for p in bundled_passages(load_ledger())][:60]
    embedder.passages(texts[:1])
    started = time.process_time()
    embedder.passages(texts)
    seconds = time.process_time() - started
    # Some four characters of English and one and a half of Chinese make a token of e5.
    tokens = sum(len(t) / (4 if t.isascii() else 2.2) for t in texts)
    yield Row("embedding", tokens / seconds, "tokens/s", "of CPU, estimated from characters")
