"""From what a command was given about a project to its recommendation: what ``recommend`` and ``report`` share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

from advisor.cli import inputs, output

if TYPE_CHECKING:
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.model.knowledge import Knowledge
    from advisor.model.needs import Needs
    from advisor.model.recommendation import Recommendation
    from probes.types import Evidence

_OPTIONS = (
    inputs.needs_file,
    inputs.free_text,
    inputs.target,
    output.with_evidence,
    click.option("--probe", is_flag=True, help="Measure first, on this machine, and weigh what was measured."),
    click.option("--budget", type=output.SECONDS, default=60.0, show_default=True, help="Seconds for --probe."),
    output.with_variables,
    output.with_reference,
    output.random_seed,
)


@dataclass(frozen=True)
class Given:
    """What a command was given about a project, as written: the options by their names."""

    needs_file: str | None
    text: str | None
    targets: tuple[str, ...]
    evidence_files: tuple[str, ...]
    probe: bool
    budget: float
    passed: tuple[str, ...]
    reference: bool
    random_seed: int


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of a project; it takes them as one ``Given``, its first argument."""

    @functools.wraps(command)
    def collected(**passed: Any) -> None:
        command(Given(**{field.name: passed.pop(field.name) for field in fields(Given)}), **passed)

    for option in reversed(_OPTIONS):
        collected = option(collected)
    return collected


@dataclass(frozen=True)
class Asked:
    """What that says.

    Attributes:
        needs: without ``targets``.
        targets: of ``--target``; they win over those of the needs.
        variables: side -> environment variables that ``--set`` passes to it.
    """

    needs: Needs
    targets: dict[str, float]
    evidence: tuple[Evidence, ...]
    variables: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Answered:
    """What came of it.

    Attributes:
        needs: with the targets.
        evidence: with the session that ``--probe`` measured.
        status: the exit status of that session, 0 where there is none.
    """

    needs: Needs
    evidence: tuple[Evidence, ...]
    recommendation: Recommendation
    context: RuntimeContext
    status: int


def read(given: Given, knowledge: Knowledge) -> Asked:
    """Read what a command was given.

    Raises:
        InputError: with the problems of all of it.
    """
    return Asked(
        *output.together(
            lambda: inputs.needs_of(knowledge, given.needs_file, given.text),
            lambda: inputs.read_targets(given.targets),
            lambda: output.read_evidence(given.evidence_files),
            lambda: output.variables(given.passed, measuring=given.probe),
        )
    )


def answer(given: Given, asked: Asked, knowledge: Knowledge, *, lang: str) -> Answered:
    """Measure first where that is asked for, and recommend."""
    from advisor.decisions.runtime_context import RuntimeContext

    needs, evidence, status = inputs.with_targets(asked.needs, asked.targets, lang=lang), asked.evidence, 0
    context = RuntimeContext.here(knowledge, reference=given.reference)
    if given.probe:
        from advisor.cli import measuring
        from probes.command import RunRequest

        run = RunRequest(budget=given.budget, variables=asked.variables)
        evidence, status = measuring.measure_first(needs, knowledge, evidence, run, lang=lang, context=context)
    recommendation = context.recommend(needs, knowledge, evidence, random_seed=given.random_seed)
    return Answered(needs, evidence, recommendation, context, status)
