"""``framework-advisor evidence share`` and ``reference``: measurements for people with a machine like this one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from advisor.cli import output
from probes.command import BadInput, RunRequest, read_run
from probes.system import exit_status
from probes.types import DEVICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.types import Evidence

WORDS = {
    "en": {
        "kept_back": "Kept back: {places}.",
        "nothing": "nothing",
        "whole": "This is all that would be given away; nothing is sent.",
        "unfit": "Not fit for knowledge/evidence as it is:",
        "next": "To contribute it, open a pull request that adds it as knowledge/evidence/{kind}.json.",
        "unfinished": "The session is kept: framework-advisor evidence list",
    },
    "zh": {
        "kept_back": "未包含：{places}。",
        "nothing": "无",
        "whole": "以上即将分享的全部内容；程序不会发送任何数据。",
        "unfit": "目前还不能放入 knowledge/evidence：",
        "next": "如需贡献，请提交合并请求，将其加入 knowledge/evidence/{kind}.json。",
        "unfinished": "测量结果已保存：framework-advisor evidence list",
    },
}

KEPT_BACK = 12
"""Places of removed values that are named; the rest is counted."""


def add_to(group: click.Group) -> None:
    """Register the commands with the group ``evidence``."""
    group.add_command(share)
    group.add_command(reference)


@click.command(epilog="Example: framework-advisor evidence share --dry-run evidence.json")
@click.argument("source", metavar="FILE|NUMBER|-")
@click.option("--dry-run", is_flag=True, help="Print exactly what would be given away, and what is kept back.")
@click.option("-o", "--output", "target", metavar="FILE", help="Write it, once it is fit to be contributed.")
@output.as_json
@output.in_language
def share(source: str, dry_run: bool, target: str | None, as_json: bool, lang: str) -> None:
    """Make a session fit to be given away: no names of hosts or users, no paths, no texts of errors.

    FILE is an evidence document, NUMBER one of the local store. Nothing is sent. With --dry-run the exit status is 1
    where the document could not be contributed as it is.
    """
    from advisor.decisions.reference_evidence import kind_of, shared, unfit
    from advisor.errors import InputError
    from probes.evidence.documents import evidence_document, parse_evidence

    if dry_run == (target is not None):
        raise InputError(["give one of --dry-run, which prints what would be given away, and -o FILE, which writes it"])
    session = _session(source)
    document = shared(session)
    problems = unfit(parse_evidence(document))
    if dry_run:
        output.emit(document)
        _tell(evidence_document(session), document, problems, lang)
        if problems:
            raise click.exceptions.Exit(exit_status.NEGATIVE)
        return
    if problems:
        raise InputError([f"{source}: {problem}" for problem in problems])
    _write(document, str(target), as_json=as_json)
    output.notice(WORDS[lang]["next"].format(kind=kind_of(document["machine"])))


@click.command(epilog="Example: framework-advisor evidence reference -o knowledge/evidence/amd-epyc-2-cores-linux.json")
@click.option("-o", "--output", "target", metavar="FILE", help="By default the kind of machine, in this folder.")
@click.option("--device", type=click.Choice(DEVICES), help="By default the best that all frameworks share.")
@click.option("--python", "pythons", multiple=True, metavar="FRAMEWORK=PATH", help="Which interpreter has a framework.")
@click.option("--frameworks", multiple=True, metavar="A,B", help="Which are compared, every two of them.")
@click.option("--budget", type=output.SECONDS, help="Seconds for all probes; without it every one is measured in full.")
@output.as_json
@output.in_language
def reference(
    target: str | None,
    device: str | None,
    pythons: tuple[str, ...],
    frameworks: tuple[str, ...],
    budget: float | None,
    as_json: bool,
    lang: str,
) -> None:
    """Record this kind of machine: self-test, every probe that needs not be asked for, and the document to contribute.

    Takes about twenty minutes on two cores with nothing else running. Nothing is sent.
    """
    from advisor.cli import measuring
    from advisor.decisions.reference_evidence import kind_of, shared, unfit
    from advisor.errors import InputError
    from probes import command
    from probes.backends import CONTROL
    from probes.evidence.documents import parse_evidence
    from probes.session import outcome
    from probes.system.machine import fingerprint

    path = target or f"{kind_of(fingerprint())}.json"
    output.check_writable(path)
    run, probes = _request(pythons=pythons, frameworks=frameworks, device=device, budget=budget)
    command.selftest(framework=CONTROL, quick=False, lang=lang)
    session = measuring.measure(probes, run, lang=lang)
    measuring.keep(session, lang=lang)
    if (status := outcome.status(session)) == exit_status.INTERRUPTED:  # half a session stands for no kind of machine
        output.notice(WORDS[lang]["unfinished"])
        raise click.exceptions.Exit(status)
    document = shared(session)
    if problems := unfit(parse_evidence(document)):
        output.notice(WORDS[lang]["unfinished"])
        raise InputError(problems)
    _write(document, path, as_json=as_json)
    output.notice(WORDS[lang]["next"].format(kind=kind_of(document["machine"])))


def _request(
    *, pythons: Sequence[str], frameworks: Sequence[str], device: str | None, budget: float | None
) -> tuple[RunRequest, list[Any]]:
    """Return how everything is measured that runs unasked."""
    from advisor.errors import InputError

    try:
        return read_run(
            (),
            target="",
            budget=budget,
            pythons=pythons,
            passed=(),
            frameworks=frameworks,
            device=device,
            threads="one",
            workload=None,
            as_written=False,
            confirm=False,
            random_seed=0,
            jsonl=False,
        )
    except BadInput as error:
        raise InputError(error.problems) from error


def _session(source: str) -> Evidence:
    """Read an evidence file, or what the store holds under a number."""
    from pathlib import Path

    from advisor.decisions import store
    from probes.evidence.documents import parse_evidence

    if source.isdecimal() and not Path(source).exists():
        return parse_evidence(store.evidence_document(int(source)))
    (session,) = output.read_evidence([source])
    return session


def _write(document: dict[str, Any], target: str, *, as_json: bool) -> None:
    content = (json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()
    output.write_atomically(target, content)
    if as_json and not output.is_standard_output(target):
        output.emit(output.written(target, content))


def _tell(whole: dict[str, Any], given: dict[str, Any], problems: Sequence[str], lang: str) -> None:
    """Print on standard error what is kept back, and whether the document could be contributed."""
    words = WORDS[lang]
    places = sorted(set(_kept_back(whole, given)))
    shown = ", ".join(places[:KEPT_BACK]) + (f" (+{len(places) - KEPT_BACK})" if len(places) > KEPT_BACK else "")
    output.notice(words["whole"])
    output.notice(words["kept_back"].format(places=shown or words["nothing"]))
    if problems:
        output.notice(words["unfit"])
    for problem in problems:
        output.notice(f"  {problem}")


def _kept_back(whole: Any, given: Any, place: str = "") -> list[str]:
    """Return the places of what is not given away as it is; probes are told by their ids."""
    if isinstance(whole, dict) and isinstance(given, dict):
        found = []
        for key, value in whole.items():
            where = f"{place}.{key}" if place else key
            if key not in given:
                found.append(where)
            elif key == "probes":
                left = {probe["probe"] for probe in given[key]}
                found += [f"probes.{probe['probe']}" for probe in value if probe["probe"] not in left]
                found += [name for probe in given[key] for name in _of_probe(probe, value)]
            else:
                found += _kept_back(value, given[key], where)
        return found
    return [] if whole == given else [place]


def _of_probe(given: dict[str, Any], probes: list[dict[str, Any]]) -> list[str]:
    """Return what of a probe that is given away is kept back, told once for all probes."""
    whole = next(probe for probe in probes if probe["probe"] == given["probe"])
    return _kept_back(whole, given, "probes[]")
