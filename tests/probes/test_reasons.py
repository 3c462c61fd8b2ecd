"""Every reason is a code with parameters, with words in both languages; what a framework says stays as it is."""

from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import advisor
import probes
from probes import reasons
from probes.catalog.loading import load_catalog
from probes.evidence.documents import evidence_document, parse_evidence
from probes.reasons import CATALOGUE
from probes.types import VERBATIM, Evidence, Measurement, Reason, Status
from tests.sources import parsed

ROOT = Path(probes.__file__).parent
LANGUAGES = ("en", "zh")
PROBE = next(iter(load_catalog().values()))


def trees(*folders: Path) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            yield path, parsed(path)


def gaps(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}


def params_of(code: str) -> set[str]:
    return set.union(*(gaps(pattern) for pattern in CATALOGUE[code] if pattern))


def chinese(text: str) -> bool:
    return any("一" <= character <= "鿿" for character in text)


NODES = [(path.name, node) for path, tree in trees(ROOT) for node in ast.walk(tree)]
MADE = [
    (f"{file}:{node.lineno}", node)
    for file, node in NODES
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason"
    if isinstance(node.args[0], ast.Constant)
]
"""Every call that makes a reason of a code written there, with its place."""
LITERALS = {node.value for file, node in NODES if file != "reasons.py" and isinstance(node, ast.Constant)}
KEPT = Reason(
    "side",
    side="tensorflow",
    reason=Reason("left-graph", side="tensorflow xla", breaks=2, fallbacks=0),
)


def test_the_reasons_are_found() -> None:
    assert len(MADE) > 60


@pytest.mark.parametrize(("place", "call"), MADE, ids=[place for place, _ in MADE])
def test_every_reason_that_is_made_has_words_for_its_parameters(place: str, call: ast.Call) -> None:
    code = call.args[0].value  # type: ignore[attr-defined]
    given = {keyword.arg for keyword in call.keywords if keyword.arg is not None}

    assert code in CATALOGUE, place
    if any(keyword.arg is None for keyword in call.keywords):  # some come from a mapping
        assert given <= params_of(code), place
    else:
        assert given == params_of(code), place


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_is_made_somewhere(code: str) -> None:
    assert code in LITERALS


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_has_words_in_both_languages_with_the_same_gaps(code: str) -> None:
    words = CATALOGUE[code]
    plain = "".join(text for text, *_ in string.Formatter().parse(words.en)).replace("`", "")

    assert gaps(words.en) == gaps(words.zh)
    assert gaps(words.page_en) == gaps(words.page_zh) <= gaps(words.en) | {"framework"}
    assert bool(words.page_en) == bool(words.page_zh)
    if any(word.isascii() and word.isalpha() for word in plain.split()):
        assert chinese(words.zh)


@pytest.mark.parametrize("code", CATALOGUE)
def test_no_page_names_an_option_of_the_command_line(code: str) -> None:
    words = CATALOGUE[code]

    assert "--" not in (words.page_en or words.en).replace("xcode-select --install", "")
    assert "--" not in (words.page_zh or words.zh).replace("xcode-select --install", "")


def test_each_side_is_told_by_itself_and_what_a_framework_says_stays() -> None:
    reason = Reason(
        "several",
        reasons=[
            Reason("side", side="pytorch", reason=Reason("out-of-memory")),
            Reason("side", side="tensorflow", reason=Reason(VERBATIM, detail="RuntimeError: see above; {died}")),
        ],
    )

    assert reasons.text(reason) == "pytorch: out of memory; tensorflow: RuntimeError: see above; {died}"
    assert reasons.text(reason, "zh", names={"pytorch": "PyTorch"}) == (
        "PyTorch：内存不足；tensorflow：RuntimeError: see above; {died}"
    )


def test_distances_are_rounded_in_words_alone() -> None:
    reason = Reason("off-reference", side="b", array="loss loss", distance=0.0021234, bound=1e-5)
    endless = Reason("off-reference", side="b", array="y", distance=Reason("no-finite-number"), bound=1e-5)

    assert reasons.text(reason) == "b is off the float64 reference in loss loss: 0.0021, at most 1e-05 allowed"
    assert reasons.text(endless, "zh") == "b 的 y 偏离 float64 参考：不是有限的数，至多允许 1e-05"


def test_a_reason_crosses_a_channel_and_comes_back() -> None:
    assert Reason.of(json.loads(json.dumps(KEPT.plain()))) == KEPT
    assert reasons.read(json.loads(json.dumps(reasons.note(KEPT)))) == KEPT


def test_a_document_holds_the_sentence_and_the_reason() -> None:
    absent = reasons.absent(PROBE, Status.NOT_COMPARABLE, KEPT)
    session = Evidence({}, {"tensorflow": {}}, (absent,), None, "D", "2026-11-01", "2026-11-01")

    written = json.loads(json.dumps(evidence_document(session)))
    (found,) = parse_evidence(written).probes

    assert written["probes"][0]["reason"] == (
        "tensorflow: tensorflow xla left the compiled graph (2 graph breaks, 0 fallbacks)"
    )
    assert reasons.of(found) == KEPT
    assert evidence_document(parse_evidence(written)) == written


def test_evidence_without_codes_is_told_in_its_own_words() -> None:
    held = Measurement.of(PROBE, Status.FAILED, reason="pytorch: out of memory")
    session = Evidence({}, {}, (held,), None, "D", "2026-11-01", "2026-11-01")

    assert [reasons.text(reasons.of(held), lang) for lang in LANGUAGES] == ["pytorch: out of memory"] * 2
    assert "reason_code" not in evidence_document(session)["probes"][0]


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("of-tomorrow", {}),
        ("left-graph", {"side": "a"}),
        ("budget-left", {"budget": "60", "left": 4, "wanted": 9}),
        ("measured-again", {"probes": "all"}),
        ("side", {"side": "a", "reason": {"code": 3}}),
        ("side", {"side": "a", "reason": None, "more": {}}),
        ("share", {"side": "a", "share": None}),
    ],
)
def test_a_strangers_reason_of_another_form_is_its_sentence(code: str, params: dict[str, object]) -> None:
    found = reasons.read({"reason": "it broke", "reason_code": code, "reason_params": params})

    assert reasons.text(found, "zh") == "it broke"


def test_nothing_tells_reasons_apart_by_their_words() -> None:
    """No code asks what a reason's sentence begins with, holds or matches."""
    wrong = []
    for path, tree in trees(ROOT, Path(advisor.__file__).parent):
        for node in ast.walk(tree):
            asked: list[ast.expr] = []
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
                asked = node.comparators
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in ("startswith", "endswith", "partition"):
                    asked = [node.func.value]
                elif node.func.attr in ("match", "fullmatch", "search"):
                    asked = node.args
            wrong += [f"{path.name}:{node.lineno}" for one in asked if named_reason(one)]  # type: ignore[attr-defined]

    # The emulated machines judge sentences: whether a failure names what was planted.
    assert [place for place in wrong if not place.startswith("main_job.py")] == []


def named_reason(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "reason"
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == "reason"


def test_a_reason_that_is_nested_too_deeply_is_refused_before_its_words_grow() -> None:
    """Each level of a list may double the quotes of the one inside: forty of them would take all memory."""
    inner: object = "'"
    for _ in range(40):
        inner = [inner]

    with pytest.raises(ValueError, match="nested"):
        reasons.text(Reason.of({"code": "measured-again", "params": {"probes": inner}}))


def test_reasons_within_reasons_end_too() -> None:
    reason = Reason("likely-cause", causes=("x",))
    for _ in range(40):
        reason = Reason("likely-cause", causes=(reason, reason))

    with pytest.raises(ValueError, match="nested"):
        reasons.text(reason)
