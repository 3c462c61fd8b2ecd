"""The calibration record: where recommendations agree with decisions that people took and published, and where not.

Holds facts and the base's own explanations, never the words of a case. Nothing here sets a weight or an effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import yaml
from pydantic import Field, ValidationError

from advisor.deployment.plans import routes_for
from advisor.engine import scoring
from advisor.engine.scoring import Problem
from advisor.errors import InputError
from advisor.knowledge.loading import knowledge_folder
from advisor.knowledge.needs_files import parse_needs
from advisor.model.knowledge import FrameworkId, Knowledge
from advisor.model.needs import Answer, Needs
from advisor.model.recommendation import Strength
from advisor.model.text import Strict
from advisor.recommendation import weigh

if TYPE_CHECKING:
    import pandas as pd

FILE = "calibration.yaml"
FRESH = "calibration-fresh.yaml"
"""Cases looked up by others, later; see its first lines."""


class Case(Strict):
    """One published decision. ``chosen``: a framework, or a word for what is none ("keras", "other").

    ``why``: what the knowledge base says where its answer is, or nearly is, another one. ``seen``: whether anybody who
    works on the base has looked at what it says of the case.
    """

    id: str
    source: str
    year: int
    chosen: str
    still_valid: Literal["yes", "contested", "no"]
    tools: tuple[str, ...] = ()
    answers: dict[str, Answer]
    excluded: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    why: str = ""
    seen: bool = True


class Record(Strict):
    """The whole record. ``day``: at which ages are taken. ``frameworks``: those the macro recall is taken over."""

    day: date
    frameworks: tuple[FrameworkId, ...]
    cases: tuple[Case, ...]

    def half(self, *, seen: bool) -> Record:
        """Return the record with those of its cases that have been looked at, or have not."""
        return self.model_copy(update={"cases": tuple(case for case in self.cases if case.seen is seen)})


@dataclass(frozen=True)
class Outcome:
    """A case beside the recommendation for its needs.

    Attributes:
        agrees: None where what was chosen is no alternative of the base.
        tool_offered: whether a chosen tool stands on a route of the recommended framework; None where none is recorded.
        tool_known: whether one stands on a route of any framework.
    """

    case: Case
    recommended: FrameworkId | None
    strength: str
    share: float
    agrees: bool | None
    tool_offered: bool | None
    tool_known: bool | None

    @property
    def differs(self) -> bool:
        """Whether the framework or every chosen tool is another one."""
        return self.agrees is False or self.tool_offered is False


@dataclass(frozen=True)
class Agreement:
    """All outcomes and their figures, over cases that are still valid.

    ``strengths``: of the recommendations of each strength, how many name what was chosen, where that is an alternative.
    """

    outcomes: tuple[Outcome, ...]
    recall: dict[FrameworkId, tuple[int, int]]
    macro: float | None
    strengths: dict[str, tuple[int, int]]
    tools_offered: tuple[int, int]
    tools_known: tuple[int, int]

    def unexplained(self) -> list[str]:
        """Return the cases that differ and do not say why."""
        return [outcome.case.id for outcome in self.outcomes if outcome.differs and not outcome.case.why]

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each case: what was chosen, what is recommended, and whether they agree.

        Columns: case, year, still_valid, chosen, recommended, strength, share (first-rank acceptability of what is
        recommended), agrees and tool_offered (None where a case does not tell), why.
        """
        import pandas as pd

        columns = ["case", "year", "still_valid", "chosen", "recommended", "strength", "share", "agrees"]
        columns += ["tool_offered", "why"]
        rows = [
            (
                one.case.id,
                one.case.year,
                one.case.still_valid,
                one.case.chosen,
                one.recommended,
                one.strength,
                one.share,
                one.agrees,
                one.tool_offered,
                one.case.why,
            )
            for one in self.outcomes
        ]
        return pd.DataFrame(rows, columns=columns)

    def document(self) -> dict[str, Any]:
        """Return the figures and every case, ready for JSON."""
        return {
            "cases": len(self.outcomes),
            "recall": {name: {"agree": hit, "of": of} for name, (hit, of) in self.recall.items()},
            "macro_recall": self.macro,
            "strengths": {name: {"agree": hit, "of": of} for name, (hit, of) in self.strengths.items()},
            "tool_offered_by_recommended": {"agree": self.tools_offered[0], "of": self.tools_offered[1]},
            "tool_offered_anywhere": {"agree": self.tools_known[0], "of": self.tools_known[1]},
            "unexplained": self.unexplained(),
            "outcomes": [
                {
                    "id": outcome.case.id,
                    "chosen": outcome.case.chosen,
                    "still_valid": outcome.case.still_valid,
                    "recommended": outcome.recommended,
                    "strength": outcome.strength,
                    "agrees": outcome.agrees,
                    "tool_offered": outcome.tool_offered,
                    "why": outcome.case.why if outcome.differs else "",
                }
                for outcome in self.outcomes
            ],
        }


def read_record(knowledge: Knowledge, path: Path | None = None) -> Record:
    """Read the record and check every word of it against the base.

    Raises:
        InputError: all problems at once: unknown keys, questions, options or frameworks, ids used twice.
    """
    place = path or knowledge_folder() / FILE
    try:
        record = Record.model_validate(yaml.safe_load(place.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise InputError([f"{place.name}: {error}"]) from error
    except ValidationError as error:
        raise InputError(
            [f"{place.name}: {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        ) from error
    problems = list(_problems(record, knowledge, name=place.name))
    if problems:
        raise InputError(problems)
    return record


def _problems(record: Record, knowledge: Knowledge, *, name: str) -> Iterator[str]:
    for framework in record.frameworks:
        if framework not in knowledge.frameworks:
            yield f"{name}: frameworks: no framework '{framework}'"
    seen: set[str] = set()
    for case in record.cases:
        if case.id in seen:
            yield f"{name}: {case.id}: the id is used twice; give each case its own"
        seen.add(case.id)
        try:
            _needs(case, knowledge)
        except InputError as error:
            yield from (f"{name}: {case.id}: {problem}" for problem in error.problems)


def _needs(case: Case, knowledge: Knowledge) -> Needs:
    answers = {key: value if isinstance(value, str) else list(value) for key, value in case.answers.items()}
    excluded = {key: list(value) for key, value in case.excluded.items()}
    return parse_needs({"schema": "needs/1", "answers": answers, "excluded": excluded}, knowledge)


def backtest(record: Record, knowledge: Knowledge) -> Agreement:
    """Recommend for every case and count where it agrees."""
    problem = scoring.prepare(knowledge, today=record.day)
    outcomes = tuple(_outcome(case, problem) for case in record.cases)
    valid = [outcome for outcome in outcomes if outcome.case.still_valid == "yes"]
    recall = {
        framework: _count([outcome.agrees for outcome in valid if outcome.case.chosen == framework])
        for framework in knowledge.frameworks
    }
    shares = [recall[name][0] / recall[name][1] for name in record.frameworks if recall[name][1]]
    return Agreement(
        outcomes=outcomes,
        recall={name: counts for name, counts in sorted(recall.items()) if counts[1]},
        macro=sum(shares) / len(shares) if shares else None,
        strengths={
            strength: _count([outcome.agrees for outcome in valid if outcome.strength == strength])
            for strength in get_args(Strength)
        },
        tools_offered=_count([outcome.tool_offered for outcome in valid]),
        tools_known=_count([outcome.tool_known for outcome in valid]),
    )


def _outcome(case: Case, problem: Problem) -> Outcome:
    knowledge = problem.knowledge
    needs = _needs(case, knowledge)
    weighed = weigh(problem, needs, random_seed=0)
    routes = routes_for(weighed.scored)
    leader = weighed.scored.leader

    def stands(frameworks: Sequence[str | None]) -> bool | None:
        if not case.tools:
            return None
        tools = {tool for route in routes if route.framework in frameworks for tool in route.tools}
        return bool(tools & set(case.tools))

    return Outcome(
        case=case,
        recommended=leader,
        strength=weighed.strength,
        share=weighed.acceptability.get(leader or "", 0.0),
        agrees=leader == case.chosen if case.chosen in knowledge.frameworks else None,
        tool_offered=stands([leader]),
        tool_known=stands(list(knowledge.frameworks)),
    )


def _count(said: Sequence[bool | None]) -> tuple[int, int]:
    """Return how many of those that say anything say yes, and how many say anything."""
    told = [one for one in said if one is not None]
    return sum(told), len(told)


# ---------------------------------------------------------------- as Markdown


def figures(**parts: Agreement) -> str:
    """Return the figures as a table, a column for each part of the record."""
    names = list(dict.fromkeys(name for agreement in parts.values() for name in agreement.recall))
    rows = {
        **{
            f"recall, {name} chosen": [_share(one.recall.get(name, (0, 0))) for one in parts.values()] for name in names
        },
        "macro recall": ["-" if one.macro is None else f"{one.macro:.3f}" for one in parts.values()],
        **{
            f"said to be {name}, and what was chosen": [_share(one.strengths[name]) for one in parts.values()]
            for name in get_args(Strength)
        },
        "a chosen tool offered with the recommended framework": [_share(one.tools_offered) for one in parts.values()],
        "a chosen tool offered with any framework": [_share(one.tools_known) for one in parts.values()],
    }
    heads = [name.replace("_", " ") for name in parts] if len(parts) > 1 else [""]
    return "\n".join(
        [
            f"| on cases that are still valid | {' | '.join(heads)} |",
            f"| --- | {' | '.join('--:' for _ in heads)} |",
            *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()),
        ]
    )


def differences(agreement: Agreement) -> str:
    """Return every case whose framework or tool is another one, still valid ones first, each with its reason."""
    order = {"yes": 0, "contested": 1, "no": 2}
    rows = sorted(
        (outcome for outcome in agreement.outcomes if outcome.differs),
        key=lambda outcome: (order[outcome.case.still_valid], outcome.case.id),
    )
    return "\n".join(
        [
            "| case | still valid | chosen | recommended | strength | why |",
            "| --- | --- | --- | --- | --- | --- |",
            *(_row(outcome) for outcome in rows),
        ]
    )


def _row(outcome: Outcome) -> str:
    case = outcome.case
    chosen = " · ".join([case.chosen, *case.tools])
    return (
        f"| [{case.id}]({case.source}) | {case.still_valid} | {chosen} | {outcome.recommended or 'nobody'} | "
        f"{outcome.strength} | {case.why or '**not explained**'} |"
    )


def _share(counts: tuple[int, int]) -> str:
    hit, of = counts
    return f"{hit} of {of} ({hit / of:.3f})" if of else "-"
