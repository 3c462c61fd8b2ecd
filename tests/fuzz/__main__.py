"""``python -m tests.fuzz --inputs 1000000``: give foreign data to every reader; leave with 1 where one fails."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import click

from advisor import reading
from tests.fuzz import trial
from tests.fuzz.readers import READERS, recommender
from tests.fuzz.trial import ACCEPTED, BATCH, CRASHED, OVER, REFUSED, Finding, Tally

Task = tuple[str, str, int]
"""A reader, a seed and how many inputs."""


@click.command()
@click.option("--inputs", type=click.IntRange(1), default=20_000, show_default=True, help="Of all readers together.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same inputs.")
@click.option("--reader", "names", multiple=True, type=click.Choice(list(READERS)), help="Only this; repeatable.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="all cores")
@click.option("--batch", "drawn", metavar="SEED/N", help="Only this batch of one --reader, as a finding names it.")
@click.option(
    "--findings",
    "kept",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("fuzz-findings.jsonl"),
    show_default=True,
    help="Where inputs that fail are kept, one JSON object a line.",
)
def main(inputs: int, seed: int, names: tuple[str, ...], jobs: int, drawn: str | None, kept: Path) -> None:
    """Try inputs at the readers and count: accepted, refused by the reader's own error, crashed, over a second.

    A slow reader gets a smaller share; the table says how many. Example: python -m tests.fuzz --inputs 20000 --seed 7
    """
    chosen = names or tuple(READERS)
    if drawn is not None and len(chosen) != 1:
        raise click.UsageError("--batch is of one reader: name it with --reader")
    tasks = [(chosen[0], drawn, min(inputs, BATCH))] if drawn is not None else list(planned(chosen, inputs, seed))
    began = time.monotonic()
    recommender()  # read once, before the processes part; the classifiers of texts as well
    reading.load_model()
    tallies = {name: Tally() for name in chosen}
    for done, ((name, _, _), tally) in enumerate(all_tried(tasks, jobs), start=1):
        tallies[name].add(tally)
        if sys.stderr.isatty():
            click.echo(f"\r{done} of {len(tasks)} batches", nl=False, err=True)
    show(tallies, time.monotonic() - began, seed=seed, jobs=jobs)
    findings = [finding for tally in tallies.values() for finding in tally.findings.values()]
    if findings:
        keep(findings, kept)
        for finding in findings:
            click.echo(f"\n{finding.reader}: {finding.what}, {finding.message}\n  at {finding.place}")
            click.echo(f"  {_short(finding.given)}\n  {finding.command()}")
        click.echo(f"\n{len(findings)} findings, kept in {kept}")
        sys.exit(1)


def planned(names: tuple[str, ...], inputs: int, seed: int) -> Iterator[Task]:
    """Yield the batches: every reader's share, at least one input each."""
    shares = sum(READERS[name].share for name in names)
    left = inputs
    for at, name in enumerate(names):
        rest = len(names) - at - 1
        size = left if not rest else max(1, min(left - rest, round(inputs * READERS[name].share / shares)))
        left -= size
        for number in range(-(-size // BATCH)):
            yield name, f"{seed}/{number}", min(BATCH, size - number * BATCH)


def all_tried(tasks: list[Task], jobs: int) -> Iterator[tuple[Task, Tally]]:
    """Try every batch; one that ends its process is found by giving each batch left a process of its own."""
    if jobs == 1 and len(tasks) == 1:
        yield tasks[0], trial.batch(*tasks[0])
        return
    left = list(tasks)
    try:
        with ProcessPoolExecutor(jobs) as pool:
            asked = {pool.submit(trial.batch, *task): task for task in tasks}
            for future in as_completed(asked):
                tally = future.result()
                left.remove(asked[future])
                yield asked[future], tally
    except BrokenProcessPool:
        for task in left:
            yield task, alone(task)


def alone(task: Task) -> Tally:
    """Try a batch in a process of its own; its death is a finding."""
    name, drawn, size = task
    try:
        with ProcessPoolExecutor(1) as pool:
            return pool.submit(trial.batch, *task).result()
    except BrokenProcessPool:
        tally = Tally()
        tally.counts[CRASHED] += 1
        place = "the process died"
        tally.findings[CRASHED, place] = Finding(name, CRASHED, place, f"within {size} inputs", drawn, size, b"")
        return tally


def show(tallies: dict[str, Tally], seconds: float, *, seed: int, jobs: int) -> None:
    """Print the table."""
    head = ("reader", "inputs", ACCEPTED, REFUSED, CRASHED, OVER, "slowest s", "carried on", "CPU s")
    rows = [
        (
            name,
            f"{tally.inputs:,}",
            *(f"{tally.counts[what]:,}" for what in (ACCEPTED, REFUSED, CRASHED, OVER)),
            f"{tally.slowest:.2f}",
            f"{tally.carried:,}",
            f"{tally.seconds:.0f}",
        )
        for name, tally in tallies.items()
    ]
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    rows.append(
        (
            "all",
            f"{total.inputs:,}",
            *(f"{total.counts[what]:,}" for what in (ACCEPTED, REFUSED, CRASHED, OVER)),
            f"{total.slowest:.2f}",
            f"{total.carried:,}",
            f"{total.seconds:.0f}",
        )
    )
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        click.echo("  ".join(cells))
    click.echo(f"seed {seed}, {jobs} processes, {seconds:.0f} s")


def keep(findings: list[Finding], path: Path) -> None:
    """Write findings down: the input as Python spells it."""
    with path.open("a", encoding="utf-8") as file:
        for finding in findings:
            entry = {
                "reader": finding.reader,
                "what": finding.what,
                "place": finding.place,
                "message": finding.message,
                "repeat": finding.command(),
                "input": repr(finding.given),
            }
            file.write(json.dumps(entry) + "\n")


def _short(given: str | bytes) -> str:
    text = repr(given)
    return text if len(text) <= 300 else f"{text[:200]} … ({len(given):,} long)"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="fuzz-home-") as home:
        # Nothing kept by whoever runs this is seen or touched; the model of texts is trained once and kept elsewhere.
        os.environ.setdefault("FRAMEWORK_ADVISOR_HOME", home)
        main()
