"""What makes the knowledge base incomplete, partial in its words or untestable.

``knowledge check`` asks for this beyond ``advisor.knowledge.integrity``.
Pure: entries in, problems out; no files, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from advisor.errors import Problem, nearest
from advisor.knowledge.integrity import known, texts
from advisor.knowledge.parsing import Holdings
from probes.types import Probe

_PRAISE_EN = (
    "amazing|awesome|awful|best-in-class|blazing|brilliant|clunky|cutting-edge|delightful|effortless|effortlessly"
    "|elegant|excellent|fantastic|game-changing|inferior|lousy|outstanding|powerful|revolutionary|seamless|seamlessly"
    "|state-of-the-art|stunning|superb|superior|terrible|top-notch|unbeatable|unmatched|unrivalled|world-class"
)
_PRAISE_ZH = (
    "强大|卓越|优秀|出色|完美|最好|最佳|极致|惊人|一流|顶级|无与伦比|优雅|无缝|利器|神器|王者|碾压|吊打|秒杀|首屈一指"
    "|革命性|糟糕|垃圾|劣质|拙劣|鸡肋"
)
_PRAISE = re.compile(rf"(?<![\w-])(?:{_PRAISE_EN})(?![\w-])|{_PRAISE_ZH}", re.IGNORECASE | re.ASCII)
"""Words that judge without saying a fact. What sources are called is theirs and is not looked at."""


CATALOGUE = "probes/catalog.yaml"

REASONS = frozenset(
    {
        "imprecise",
        "inconsistent",
        "indirect",
        "old-version",
        "one-run",
        "secondary",
        "subjective",
        "undated",
        "vendor-claim",
    }
)
"""Why a grade is lower than high; what each means stands in ``knowledge/README.md``."""


def editorial_policy(holdings: Holdings, probes: Mapping[str, Probe]) -> Iterator[Problem]:
    """Yield what is incomplete, partial in its words or untestable.

    ``probes``: the instrument's catalogue, which alone says which probe tests which claim.
    """
    for kind in ("sources", "claims", "tools", "routes"):
        if not holdings.entries[kind]:
            file = f"{holdings.root.name}/{kind}.yaml"
            yield Problem(file, 1, "", f"there are no {kind}", "add the first; see knowledge/README.md")
    yield from _wording(holdings)
    yield from _ways(holdings)
    for entry, route in holdings.items("routes"):
        if not route.sources and not route.claims:
            yield entry.problem((), "neither a source nor a claim stands behind it", "add sources: or claims:")
    for entry, criterion in holdings.items("criteria"):
        if not any(criterion.id in o.emphasis for _, q in holdings.items("questions") for o in q.options):
            way_out = "give an option of questions.yaml emphasis on it"
            yield entry.problem((), "no answer makes this criterion matter", way_out)
    for entry, claim in holdings.items("claims"):
        for at, reason in enumerate(claim.grade_reasons):
            if reason not in REASONS:
                yield entry.problem(("grade_reasons", at), f"unknown reason '{reason}'", nearest(reason, REASONS))
    yield from _testable(holdings, probes)
    yield from _catalogue(holdings, probes)


def _wording(holdings: Holdings) -> Iterator[Problem]:
    for entry, where, text in texts(holdings):
        for lang in ("en", "zh"):
            for word in dict.fromkeys(_PRAISE.findall(text.in_(lang))):
                way_out = "say the fact or the figure behind it"
                yield entry.problem((*where, lang), f"'{word}' judges without saying a fact", way_out)


def _ways(holdings: Holdings) -> Iterator[Problem]:
    """Yield needs of a criterion that a framework has no route to, not even a dead one that says why."""
    if not holdings.entries["routes"] or "routes" in holdings.unread:
        return
    there = {(route.need, route.framework) for _, route in holdings.items("routes")}
    for entry, criterion in holdings.items("criteria"):
        for at, need in enumerate(criterion.needs):
            for _, framework in holdings.items("frameworks"):
                if (need, framework.id) not in there:
                    way_out = "add a route to routes.yaml; where there is no way, one with status: dead and a note"
                    yield entry.problem(("needs", at), f"nothing says how {framework.id} gets to {need}", way_out)


def _tests(holdings: Holdings, probes: Mapping[str, Probe]) -> dict[str, set[str]]:
    """Return claim -> the probes that test it, and the routes that it names itself."""
    tests: dict[str, set[str]] = {}
    for probe in probes.values():
        for claim in probe.claims:
            tests.setdefault(claim, set()).add(probe.id)
    for _, claim in holdings.items("claims"):
        if claim.measured:
            tests.setdefault(claim.id, set()).update(check.route for check in claim.measured)
    return tests


def _testable(holdings: Holdings, probes: Mapping[str, Probe]) -> Iterator[Problem]:
    """Yield claims, and tools through the claims about them, that nothing tests and that do not say why nothing can.

    A claim that is tested must not say that it cannot be. A tool may: a probe can test a claim that names it
    beside others without running the tool itself.
    """
    tests = _tests(holdings, probes)
    about: dict[str, set[str]] = {}
    for _, claim in holdings.items("claims"):
        for tool in claim.tools:
            about.setdefault(tool, set()).update(tests.get(claim.id, ()))
    for kind, testing in (("claims", tests), ("tools", about)):
        for entry, item in holdings.items(kind):
            names = ", ".join(sorted(testing.get(item.id, ())))
            if kind == "claims" and names and item.why_not_probeable is not None:
                message = f"said not to be testable, yet tested by {names}"
                way_out = f"drop this key, or the claim from the probe in {CATALOGUE}, or the claim's measured:"
                yield entry.problem(("why_not_probeable",), message, way_out)
            if not names and item.why_not_probeable is None:
                what = "it" if kind == "claims" else "a claim about it"
                way_out = f"list {what} under claims: of a probe in {CATALOGUE}, or add measured: or why_not_probeable:"
                yield entry.problem((), "no probe tests it and nothing says why", way_out)


def _catalogue(holdings: Holdings, probes: Mapping[str, Probe]) -> Iterator[Problem]:
    """Yield claims, criteria and answers that the catalogue names and the knowledge base does not hold."""
    options = {question.id: {o.id for o in question.options} for _, question in holdings.items("questions")}
    for probe in probes.values():
        named = [("claims", "claim", claim) for claim in probe.claims] + [("criteria", "criterion", probe.criterion)]
        for kind, noun, word in named:
            words = known(holdings, kind)
            if words is not None and word not in words:
                yield Problem(CATALOGUE, 1, probe.id, f"unknown {noun} '{word}'", nearest(word, words))
        for question, chosen in probe.relevant.items():
            for option in chosen:
                if option not in options.get(question, ()):
                    way_out = nearest(f"{question}.{option}", {f"{q}.{o}" for q in options for o in options[q]})
                    yield Problem(CATALOGUE, 1, probe.id, f"unknown answer '{question}.{option}'", way_out)
