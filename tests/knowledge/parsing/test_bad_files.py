"""What is no report gets one clear reason, in bounded time, and takes nobody down."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from bot.i18n import LANGS, say
from knowledge.errors import KnowledgeError
from knowledge.parsing.reading import LIMITS, read_report
from tests.knowledge.parsing.bad import BAD

# The same bounds as in earnest, but for the time: the suite need not wait out a minute.
QUICK = replace(LIMITS, cpu_seconds=3, wall_seconds=15.0)


@pytest.mark.parametrize("kind", BAD)
def test_each_bad_file_has_its_one_reason(kind: str):
    name, make, code = BAD[kind]
    data = make()
    began = time.monotonic()
    with pytest.raises(KnowledgeError) as caught:
        read_report(data, name, QUICK)
    assert caught.value.code == code
    assert time.monotonic() - began < 20
    for lang in LANGS:
        sentence = say(lang, f"report.{code.removeprefix('report_')}", **caught.value.values)
        assert sentence
        assert "{" not in sentence


def test_a_child_that_takes_too_long_is_cut_off():
    name, make, _ = BAD["a PDF of one endless page, a thousand times"]
    began = time.monotonic()
    with pytest.raises(KnowledgeError) as caught:
        read_report(make(), name, replace(LIMITS, wall_seconds=1.0))
    assert caught.value.code == "report_too_heavy"
    assert time.monotonic() - began < 5


def test_a_child_is_ended_when_nobody_waits_for_it_any_more():
    name, make, _ = BAD["a PDF of one endless page, a thousand times"]
    stopped = threading.Event()
    threading.Timer(1.0, stopped.set).start()
    began = time.monotonic()
    with pytest.raises(KnowledgeError):
        read_report(make(), name, stopped=stopped)
    assert time.monotonic() - began < 5


def test_a_child_that_wants_too_much_memory_is_cut_off():
    text = b"Leverage was 56 times. " * 100_000
    with pytest.raises(KnowledgeError) as caught:
        read_report(text, "a.txt", replace(LIMITS, memory_bytes=100 * 2**20))
    assert caught.value.code == "report_too_heavy"
