"""What makes the knowledge base incomplete, partial in its words or untestable.

``knowledge check`` asks for this beyond ``advisor.lint``'s integrity.
Pure: entries in, problems out; no files, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from advisor.entries import Holdings
from advisor.lint import known, texts
from advisor.located import Problem, nearest

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


def house(holdings: Holdings, probed: Mapping[str, Iterable[str]] | None) -> Iterator[Problem]:
    """Yield what is incomplete, partial in its words or untestable.

    Args:
        holdings: what was read.
        probed: claim id -> probes of the catalogue that test it; None where there is no catalogue.
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
    if probed is not None:
        yield from _probes(holdings, probed)


def _wording(holdings: Holdings) -> Iterator[Problem]:
    for entry, where, text in texts(holdings):
        for lang in ("en", "zh"):
            for word in dict.fromkeys(_PRAISE.findall(text.in_(lang))):
                way_out = "say the fact or the figure behind it"
                yield entry.problem((*where, lang), f"'{word}' judges without saying a fact", way_out)


def _ways(holdings: Holdings) -> Iterator[Problem]:
    """Every need a criterion names is answered for every framework, if only by a dead route that says why."""
    if not holdings.entries["routes"] or "routes" in holdings.unread:
        return
    there = {(route.need, route.framework) for _, route in holdings.items("routes")}
    for entry, criterion in holdings.items("criteria"):
        for at, need in enumerate(criterion.needs):
            for _, framework in holdings.items("frameworks"):
                if (need, framework.id) not in there:
                    way_out = "add a route to routes.yaml; where there is no way, one with status: dead and a note"
                    yield entry.problem(("needs", at), f"nothing says how {framework.id} gets to {need}", way_out)


def _probes(holdings: Holdings, probed: Mapping[str, Iterable[str]]) -> Iterator[Problem]:
    for entry, claim in holdings.items("claims"):
        probes = sorted(probed.get(claim.id, ()))
        if probes and claim.why_not_probeable is not None:
            message = f"said not to be testable, yet {', '.join(probes)} tests it"
            way_out = "drop this key, or the claim from the probe in probes/catalog.yaml"
            yield entry.problem(("why_not_probeable",), message, way_out)
        if not probes and claim.why_not_probeable is None:
            way_out = "list it under claims: of a probe in probes/catalog.yaml, or add why_not_probeable:"
            yield entry.problem((), "no probe tests it and nothing says why", way_out)
    claims = known(holdings, "claims")
    for claim_id in sorted(set(probed) - (claims or set(probed))):
        names = ", ".join(sorted(probed[claim_id]))
        message = f"unknown claim '{claim_id}'"
        yield Problem("probes/catalog.yaml", 1, names, message, nearest(claim_id, claims or ()))
