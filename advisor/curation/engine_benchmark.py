"""How fast and how right the decision engine is, as ratios within one run: ``python -m advisor.benchmark``.

Times differ from machine to machine and from minute to minute; the ratios beside them hold. ``machines`` judges the
main job instead, on the machines that users have, emulated here; ``start`` times the app's first page; ``cluster``
kills nodes of a Ray cluster while they measure.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

import click
import numpy as np

from advisor.analysis import answer_changes, probe_value, question_value, tipping_points
from advisor.analysis.leave_one_out import LeaveOneOut
from advisor.analysis.stopping import settled
from advisor.engine import scoring, smaa
from advisor.engine.scoring import Problem, Scored
from advisor.errors import InputError
from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.knowledge.needs_files import read_needs
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.recommendation import measurable_frameworks, recommend
from probes.system import exit_status
from probes.types import Probe
from probes.wording.visible import say

ROUNDS = 7
"""Each time is the least of this many: what the machine can do when nothing disturbs it."""

LOOP_DRAWS = 1000
"""Draws of the slow loop; its time is scaled to the full number."""

OPTION_SHARE = 0.3
"""How likely an option of a many-question is in a random full answer set."""


def least(call: Callable[[], Any]) -> float:
    """Return the least wall time of a call, seconds; nothing remembered from an earlier one."""
    found = []
    for _ in range(ROUNDS):
        smaa.dirichlet.cache_clear()
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def examples(knowledge: Knowledge) -> dict[str, Needs]:
    """Return the example needs by name."""
    folder = knowledge_folder() / "examples"
    return {path.stem: read_needs(str(path), knowledge) for path in sorted(folder.glob("*.yaml"))}


def parts(asked: Needs, knowledge: Knowledge, *, probes: tuple[Probe, ...]) -> dict[str, float]:
    """Return the seconds of a whole recommendation and of what explores it."""
    today = datetime.now(UTC).date()
    scored = scoring.score(asked, knowledge, today=today)
    able = measurable_frameworks(tuple(knowledge.frameworks))

    def explore() -> None:
        smaa.analyse(smaa.trial_of(scored, random_seed=0))
        answer_changes.answer_flips(scored, random_seed=0)
        tipping_points.weight_flip(scored, random_seed=0)
        tipping_points.claim_flip(scored, LeaveOneOut(scored), random_seed=0)
        tipping_points.probe_flip(scored, probe_value.probe_plan(scored, probes, measurable=able), random_seed=0)
        if not settled(scored):
            question_value.next_questions(scored)

    return {
        "advise": least(lambda: recommend(asked, knowledge, today=today, probes=probes)),
        "explore": least(explore),
        "smaa": least(lambda: smaa.analyse(smaa.trial_of(scored, random_seed=0))),
    }


def against_a_loop(scored: Scored) -> dict[str, Any]:
    """Compare SMAA's draws with a loop over pymcdm's weighted sum, one call a draw, on the same draws.

    Raises:
        InputError: pymcdm is not installed.
    """
    weighted_sum = _weighted_sum()
    trial = smaa.trial_of(scored, random_seed=0)
    drawn = trial.sample()
    generator = np.random.default_rng(0)
    values = np.clip(
        generator.normal(drawn.centre[:, :, None], drawn.spread[:, :, None], (*drawn.centre.shape, LOOP_DRAWS)), 0, 1
    )  # (n, J, draws)
    method = weighted_sum(lambda column, cost: column)
    types = np.ones(drawn.centre.shape[1])

    def loop() -> Any:
        first = np.zeros(len(drawn.order))
        for draw in range(LOOP_DRAWS):
            preference = method(values[:, :, draw], drawn.weights[:, draw], types, validation=False)
            first[int(np.argmax(preference))] += 1
        return first / LOOP_DRAWS

    start = time.perf_counter()
    shares = loop()
    slow = (time.perf_counter() - start) * drawn.weights.shape[1] / LOOP_DRAWS
    ours = least(lambda: smaa.first_ranks(trial.sample()))
    found = smaa.first_ranks(drawn)[drawn.order]
    same = list(np.argsort(-shares, kind="stable")) == list(np.argsort(-found, kind="stable"))
    return {"loop": slow, "smaa": ours, "ratio": slow / ours, "same_ranking": same}


def _weighted_sum() -> Any:
    try:
        from pymcdm.methods import WSM
    except ImportError as error:
        raise InputError(
            ["the comparison needs pymcdm; add it with: pip install 'framework-advisor[audit]'"]
        ) from error
    return WSM


def random_answers(knowledge: Knowledge, chance: random.Random) -> Needs:
    """Return every question answered at random."""
    answers: dict[str, Any] = {}
    for question in knowledge.questions.values():
        options = [choice.id for choice in question.options]
        if question.kind == "one":
            answers[question.id] = chance.choice(options)
        else:
            picked = tuple(o for o in options if o != "none" and chance.random() < OPTION_SHARE)
            answers[question.id] = picked or (chance.choice(options),)
    return Needs(answers=answers)


def guided(problem: Problem, full: Needs) -> tuple[str | None, int]:
    """Ask as the guided mode does until it is settled; return who leads then and how many were asked.

    What the full answers leave open is asked and skipped.
    """
    said = Needs(excluded=full.excluded)
    asked: list[str] = []
    while True:
        scored = scoring.judge(problem, said)
        if settled(scored):
            return scored.leader, len(asked)
        left = [step.question for step in question_value.next_questions(scored) if step.question not in asked]
        if not left:
            return scored.leader, len(asked)
        asked.append(left[0])
        if left[0] in full.answers:
            said = answer_changes.changed(said, {left[0]: full.answers[left[0]]})


def interviews(knowledge: Knowledge, sets: Mapping[str, Needs]) -> dict[str, Any]:
    """Compare guided asking with the full questionnaire: same winner, how many questions."""
    problem = scoring.prepare(knowledge, today=datetime.now(UTC).date())
    counts, different = [], []
    for name, full in sets.items():
        leader, asked = guided(problem, full)
        counts.append(asked)
        if leader != scoring.judge(problem, full).leader:
            different.append(name)
    return {
        "same": 1.0 - len(different) / len(sets),
        "median": statistics.median(counts),
        "most": max(counts),
        "different": different,
    }


class _Refusal(click.ClickException):
    """What an ``InputError`` says, as bad input ends everywhere: exit status 2 and no traceback."""

    exit_code = exit_status.BAD_INPUT


class _Benchmarks(click.Group):
    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except InputError as error:
            raise _Refusal("; ".join(error.problems)) from error


@click.group(cls=_Benchmarks, invoke_without_command=True)
@click.option("--interviews", "count", default=2000, show_default=True, help="Random full answer sets to ask through.")
@click.pass_context
def main(context: click.Context, count: int) -> None:
    """Time the decision engine on the examples and check guided asking; the commands judge the rest."""
    if context.invoked_subcommand is None:
        engine(count)


@main.command()
@click.option("--rounds", "count", type=click.IntRange(min=1), default=5, show_default=True, help="Cold starts.")
def start(count: int) -> None:
    """Time the app's first page in a real browser: new server, new browser profile each time."""
    from advisor.curation import first_page

    say("seconds: command to server | from there to options drawn | to a click answered | server's CPU | load")
    found = []
    for one in first_page.rounds(count):
        found.append(one)
        load = "-" if one.load is None else f"{one.load:.2f}"
        say(f"{one.served:8.2f} {one.drawn:8.2f} {one.interactive:8.2f} {one.cpu:8.2f} {load:>8s}")
    say("median  " + "  ".join(f"{name} {value:.2f}" for name, value in first_page.summary(found).items()))


@main.command()
@click.option("--sessions", type=click.IntRange(min=6), default=50, show_default=True, help="Open at once.")
@click.option(
    "--rounds", type=click.IntRange(min=1), default=10, show_default=True, help="Clicks on each of six pages."
)
@click.option("--seed", default=0, show_default=True, help="Of the answers.")
def app(sessions: int, rounds: int, seed: int) -> None:
    """Load the app's server with many sessions at once; about two minutes.

    Example: python -m advisor.benchmark app --sessions 50
    """
    from advisor.curation import app_load

    found = app_load.measure(sessions, rounds=rounds, seed=seed, progress=lambda text: say(text, err=True))
    for line in app_load.lines(found, sessions):
        say(line)


@main.command()
@click.argument("names", nargs=-1, metavar="[MACHINE]...")
@click.option("--budget", default=60.0, show_default=True, help="Seconds of measuring on each of them.")
def machines(names: tuple[str, ...], budget: float) -> None:
    """Run the main job on emulated machines; about a minute each.

    Example: python -m advisor.benchmark machines one-core no-home
    """
    _on_machines(names, budget=budget)


@main.command()
@click.argument("names", nargs=-1, metavar="[COMMAND]...")
@click.option(
    "--most", type=click.IntRange(min=0), default=12, show_default=True, help="Calls of a kind failed in a way."
)
@click.option(
    "--signals", type=click.IntRange(min=0), default=20, show_default=True, help="SIGINTs, and SIGKILLs, at random."
)
@click.option("--kind", "kinds", multiple=True, help="Call, error or signal, by its name; all unless told.")
@click.option("--seed", default=0, show_default=True, help="Of the calls and the moments.")
def faults(names: tuple[str, ...], most: int, signals: int, kinds: tuple[str, ...], seed: int) -> None:
    """Fail the system's calls one by one, and end commands at each: what is lost, what is left behind.

    Example: python -m advisor.benchmark faults "evidence import" --most 40 --signals 0
    """
    from advisor.curation import faults as failing

    broken_off = False
    try:
        with failing.Trials(seed=seed, progress=lambda text: say(text, err=True)) as trials:
            if unknown := sorted({*names} - {*trials.jobs}):
                raise InputError([f"no command {', '.join(unknown)}; known: {', '.join(trials.jobs)}"])
            try:
                for name in names or trials.jobs:
                    trials.fail_each_call(name, most=most, kinds=kinds)
                    trials.end_at_random_by_all(name, runs=signals, kinds=kinds)
            except KeyboardInterrupt:  # what was counted took long
                broken_off = True
    except InputError as error:
        raise click.UsageError("; ".join(error.problems)) from error
    tally = trials.tally
    for line in (*tally.faults, *failing.table(tally.rows)):
        say(line)
    say(f"{len(tally.faults)} faults, seed {seed}{', broken off' if broken_off else ''}")
    if tally.faults or broken_off:
        raise click.exceptions.Exit(exit_status.NEGATIVE)


@main.command()
@click.option("--module", "modules", multiple=True, metavar="NAME", help="A deciding module; all unless told.")
@click.option("--sample", type=click.IntRange(min=1), help="How many mutants to try; all unless told.")
@click.option("--seed", default=0, show_default=True, help="Of the sample.")
@click.option("--children", type=click.IntRange(min=1), default=2, show_default=True, help="Mutants tried at once.")
def mutation(modules: tuple[str, ...], sample: int | None, seed: int, children: int) -> None:
    """Plant faults in the modules that decide and print which of them no test notices.

    Example: python -m advisor.benchmark mutation --module pooling --sample 30
    """
    from advisor.curation import mutation as mutants

    try:
        tried = mutants.mutate(
            modules, sample=sample, seed=seed, children=children, progress=lambda text: say(text, err=True)
        )
    except InputError as error:
        raise click.UsageError("; ".join(error.problems)) from error
    for mutant in tried:
        if mutant.fate is not mutants.Fate.KILLED:
            say("\n".join(part for part in (f"{mutant.fate}: {mutant.name}", mutant.change, mutant.reason, "") if part))
    say(mutants.score(tried))


@main.command()
@click.option("--runs", type=click.IntRange(min=1), default=20, show_default=True, help="Each with one node killed.")
@click.option("--seed", default=0, show_default=True, help="Of which node is killed, and when.")
def cluster(runs: int, seed: int) -> None:
    """Measure on a Ray cluster of three nodes on this machine and kill one of them each time; half a minute a run.

    Example: python -m advisor.benchmark cluster --runs 20 --seed 0
    """
    if find_spec("ray") is None:
        raise click.UsageError("Ray is not installed: python -m pip install 'framework-advisor[cluster]'")
    from probes.cluster import trial

    try:
        tried = trial.trials(runs, seed=seed, progress=say)
    except trial.TooFewCores:
        raise click.UsageError("the nodes are told apart by their cores, which takes two cores") from None
    well = sum(not one.wrong for one in tried)
    say(f"every kind of node that lives was measured in {well} of {runs} runs with one node killed (seed {seed})")
    say(f"finished probes kept: {sum(one.kept for one in tried)} of {sum(one.finished for one in tried)}")
    if well < runs:
        raise SystemExit(exit_status.NEGATIVE)


def engine(count: int) -> None:
    """Print the times of the examples, the loop beside SMAA and ``count`` random interviews."""
    from probes.catalog.loading import load_catalog

    _weighted_sum()  # minutes of other figures would be lost by finding out at the end
    knowledge = load_knowledge()
    probes = tuple(load_catalog().values())
    asked = examples(knowledge)
    unit = least(lambda: np.random.default_rng(0).standard_gamma(2.0, 1_000_000))
    say(f"unit: a million gamma draws, {1e3 * unit:.1f} ms; times below in ms and in units\n")
    for name, one in asked.items():
        cells = [f"{k} {1e3 * v:6.1f} ({v / unit:.1f})" for k, v in parts(one, knowledge, probes=probes).items()]
        say(f"{name:24s} {'   '.join(cells)}")
    scored = scoring.score(next(iter(asked.values())), knowledge, today=datetime.now(UTC).date())
    loop = against_a_loop(scored)
    say(
        f"\nSMAA against a loop over pymcdm: {loop['ratio']:.0f} times as fast, "
        f"{'the same' if loop['same_ranking'] else 'ANOTHER'} ranking"
    )
    chance = random.Random(0)  # noqa: S311 - a benchmark's answers, not a secret
    sets = {str(number): random_answers(knowledge, chance) for number in range(count)}
    for title, found in (("examples", interviews(knowledge, asked)), (f"{count} random", interviews(knowledge, sets))):
        say(
            f"guided asking, {title}: same winner {100 * found['same']:.1f} %, median {found['median']:g} questions, "
            f"most {found['most']}"
        )


def _on_machines(names: tuple[str, ...], *, budget: float) -> None:
    """Print the table of the main job on emulated machines; exit status 1 where one of them goes wrong."""
    from advisor.curation import main_job
    from probes.system.emulated_machines import MACHINES

    unknown = [name for name in names if name not in MACHINES]
    if unknown:
        raise click.UsageError(f"no machine {', '.join(unknown)}; known: {', '.join(MACHINES)}")
    table, well = main_job.matrix(names, budget=budget, progress=lambda text: say(text, err=True))
    say(table)
    if not well:
        raise SystemExit(exit_status.NEGATIVE)
