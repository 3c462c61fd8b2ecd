"""A ratio at a glance: the one that is ahead is named, with a factor of at least 1 and the interval turned with it."""

from __future__ import annotations

import pytest

from probes.catalog.loading import load_catalog
from probes.types import EQUIVALENT, INCONCLUSIVE, Ratio
from probes.wording import verdicts

NAMES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}


def ratio(value: float, low: float, high: float, favours: str) -> Ratio:
    return Ratio(value, low, high, 20, favours, numerator="tensorflow", denominator="pytorch")


AHEAD = ratio(1.43, 1.29, 1.58, "pytorch")
BEHIND = ratio(0.7, 0.65, 0.8, "tensorflow")  # 1 / .7 = 1.43, 1 / .8 = 1.25, 1 / .65 = 1.54
TIE = ratio(1.0, 0.97, 1.04, EQUIVALENT)
UNSURE = ratio(1.08, 0.96, 1.21, INCONCLUSIVE)


@pytest.mark.parametrize(
    ("found", "unit", "metric", "english", "chinese"),
    [
        (AHEAD, "s", "step time", "PyTorch 1.43 × faster [1.29, 1.58]", "PyTorch 更快：速度是 TensorFlow 的 1.43 倍"),
        (BEHIND, "s", "latency", "TensorFlow 1.43 × faster [1.25, 1.54]", "TensorFlow 更快：速度是 PyTorch 的 1.43 倍"),
        (AHEAD, "bytes", "peak memory", "PyTorch needs 1.43 × less memory [1.29, 1.58]", "PyTorch 更省内存"),
        (
            AHEAD,
            "bytes",
            "size of the own format",
            "PyTorch saves a 1.43 × smaller file [1.29, 1.58]",
            "PyTorch 保存的文件更小",
        ),
        (AHEAD, "lines", "lines of code", "PyTorch needs 1.43 × fewer lines [1.29, 1.58]", "PyTorch 代码更短"),
        (AHEAD, "sheets", "", "PyTorch needs 1.43 × less [1.29, 1.58]", "PyTorch 更省"),
        (AHEAD, verdicts.BETTER, "", "PyTorch 1.43 × better [1.29, 1.58]", "PyTorch 更优"),
        (TIE, "s", "", "no practical difference [0.97, 1.04]", "无实际差别 [0.97, 1.04]"),
        (
            UNSURE,
            "s",
            "",
            "cannot tell: PyTorch 1.08 × as fast as TensorFlow [0.96, 1.21]",
            "无法判断：PyTorch 的速度是 TensorFlow 的 1.08 倍 [0.96, 1.21]",
        ),
        (
            UNSURE,
            "bytes",
            "peak memory",
            "cannot tell: TensorFlow needs 1.08 × as much memory as PyTorch [0.96, 1.21]",
            "无法判断：TensorFlow 的内存占用是 PyTorch 的 1.08 倍",
        ),
    ],
)
def test_a_ratio_is_one_sentence_in_both_languages(found, unit, metric, english, chinese):
    assert verdicts.sentence(found, unit=unit, metric=metric, names=NAMES) == english
    assert verdicts.sentence(found, unit=unit, metric=metric, names=NAMES, lang="zh").startswith(chinese)


def test_among_several_pairs_the_other_side_is_named_too():
    assert verdicts.sentence(AHEAD, names=NAMES, several=True) == "PyTorch 1.43 × faster than TensorFlow [1.29, 1.58]"
    assert "PyTorch" in verdicts.sentence(TIE, names=NAMES, several=True)


def test_what_is_counted_has_no_interval():
    assert verdicts.sentence(ratio(2.0, 2.0, 2.0, "pytorch"), unit="lines") == "pytorch needs 2.00 × fewer lines"


def test_an_estimate_without_a_verdict_claims_no_more_than_its_interval():
    sides = {"numerator": "tensorflow", "denominator": "pytorch"}
    wide = verdicts.judged({**sides, "ratio": 1.6, "low": 0.6, "high": 4.0}, value="ratio")
    clear = verdicts.judged({**sides, "ratio": 1.6, "low": 1.2, "high": 2.0}, value="ratio")

    assert verdicts.sentence(wide) == "pytorch 1.60 × as fast as tensorflow [0.60, 4.00]"
    assert verdicts.sentence(clear) == "pytorch 1.60 × faster [1.20, 2.00]"


def test_every_cost_that_the_catalogue_compares_has_a_word_of_its_own():
    units = {"memory": "bytes", "size of": "bytes", "lines": "lines"}
    for probe in load_catalog().values():
        unit = next((unit for word, unit in units.items() if word in probe.metric), "s")
        assert verdicts.kind(unit, probe.metric) != "cost", probe.id


def test_disturbed_pairs_are_told_and_older_evidence_is_read():
    assert verdicts.disturbed({"disturbed": {"pairs": 3, "of": 20}}).startswith("3 of 20 pairs were disturbed")
    assert verdicts.disturbed({"disturbed": {"pairs": 0, "of": 20}}) == ""
    assert verdicts.disturbed({"too_busy": ""}) == ""
    old = "the machine was too busy for a verdict: 9 of 12 pairs were disturbed; try one thread, or later"
    assert [verdicts.disturbed({"too_busy": old}, lang) for lang in ("en", "zh")] == [old, old]
