"""``framework-advisor probe run --ray``: measure on a cluster, kept and written machine by machine."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from advisor.cli import measuring, output
from probes import command
from probes.command import RunRequest
from probes.wording.visible import json_text

if TYPE_CHECKING:
    from probes.evidence.sets import EvidenceSet
    from probes.types import Evidence, Probe

AUTO = "auto"


def check(address: str | None, *, workload: str | None) -> None:
    """Refuse an address of no known form, and what cannot be measured on a cluster.

    Raises:
        InputError: with every problem.
    """
    from advisor.errors import InputError

    if address is None:
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    problems = []
    if address != AUTO and not (host and port.isdecimal() and 0 < int(port) < 1 << 16):
        problems.append(f"--ray {address}: expected {AUTO}, HOST:PORT (Ray's is 6379) or ray://HOST:PORT (10001)")
    if workload is not None:
        problems.append(
            f"--ray: {workload} stays on this machine; on a node: python -m probes run --workload {workload} -o e.json"
        )
    if problems:
        raise InputError(problems)


def run(probes: Sequence[Probe], asked: RunRequest, address: str, *, as_json: bool, lang: str) -> None:
    """Measure on every kind of node; keep and write what arrived, and leave with the exit status."""
    from advisor.errors import InputError
    from advisor.knowledge.loading import load_knowledge
    from probes.cluster import view
    from probes.evidence.sets import set_document

    names = {key: framework.name.in_(lang) for key, framework in load_knowledge().frameworks.items()}
    to_file = bool(asked.target) and not output.is_standard_output(asked.target)

    def write(found: EvidenceSet) -> None:
        output.write_atomically(asked.target, f"{json_text(set_document(found), indent=1)}\n".encode())

    def keep(session: Evidence, found: EvidenceSet) -> None:
        measuring.keep(session, lang=lang)
        if to_file:
            # Now, since nobody knows what becomes of this process while other machines measure; the last write tells.
            with contextlib.suppress(InputError):
                write(found)

    measuring.keep_left(lang=lang)
    with command.kept_safe_each() as safe:
        gathered = command.measure_on_cluster(probes, asked, address, arrived=keep, keep=safe, lang=lang, names=names)
        if gathered.found.sessions and asked.target:
            write(gathered.found)
    if gathered.found.sessions and as_json and not output.is_standard_output(asked.target):
        output.emit(set_document(gathered.found))
    if status := view.status(gathered):
        raise click.exceptions.Exit(status)
