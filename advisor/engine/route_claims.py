"""What tables of routes say of the claims that name rows of them (``Claim.measured``). Pure: no files, no clock.

The most trusted table that decides a claim speaks for it. A claim is confirmed where every row is as it says,
contradicted where one is not, and left open where rows are missing. What works weighs by its route already, so a
confirmed claim weighs as before; a contradicted one weighs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from advisor.engine.claim_verdicts import CONFIRMED, CONTRADICTED, NOT_TESTABLE, overall
from advisor.engine.observations import Finding
from advisor.engine.route_results import FAILING, Table
from advisor.model.knowledge import Claim, Knowledge, RowCheck
from advisor.model.recommendation import ProbeVerdict
from advisor.model.text import Text
from probes import reasons
from probes.statistics import targets
from probes.types import INCONCLUSIVE, Interval, RouteRow, Routes, Status

BYTES_A_WEIGHT = 4
"""Of float32."""

DECISIVE = (CONFIRMED, CONTRADICTED)


@dataclass(frozen=True)
class Told:
    """What a row says of one check: a verdict, and the row in words."""

    verdict: str
    text: Text


def with_verdicts(finding: Finding, tables: Sequence[Table], knowledge: Knowledge) -> Finding:
    """Return a finding with what tables of routes say of claims joined to what probes say; without tables the same."""
    told = verdicts_of_tables(tables, knowledge)
    if not told:
        return finding
    by_claim = {verdict.claim: verdict for verdict in finding.verdicts}
    confirmed, dropped = set(finding.confirmed), set(finding.dropped)
    for claim, of_routes in told.items():
        of_probes = by_claim[claim].probes if claim in by_claim else ()
        verdict = overall(knowledge.claims[claim], [*of_probes, of_routes])
        by_claim[claim] = verdict
        if verdict.verdict != CONFIRMED:
            confirmed.discard(claim)
        if of_routes.verdict in DECISIVE:
            (dropped.add if verdict.verdict == CONTRADICTED else dropped.discard)(claim)
    return replace(
        finding,
        verdicts=tuple(verdict for _, verdict in sorted(by_claim.items())),
        confirmed=frozenset(confirmed),
        dropped=frozenset(dropped),
    )


def failing(route: str, knowledge: Knowledge) -> Table:
    """Return a table in which a route fails, in each precision that claims speak of."""
    named = {check.precision for claim in knowledge.claims.values() for check in claim.measured if check.route == route}
    rows = tuple(RouteRow(route, "", "", precision, Status.FAILED) for precision in sorted(named))
    return Table(Routes({}, {"kind": "workload"}, {}, rows, 1, 0, "D", "", "", {}), elsewhere=False)


def verdicts_of_tables(tables: Sequence[Table], knowledge: Knowledge) -> dict[str, ProbeVerdict]:
    """Return claim -> what the most trusted table that decides it says; claims of which none holds a row are out."""
    found: dict[str, ProbeVerdict] = {}
    for claim in knowledge.claims.values():
        said = [verdict for table in tables if claim.measured and (verdict := of_table(claim, table)) is not None]
        if said:
            found[claim.id] = min(said, key=lambda verdict: _surest(verdict.verdict))
    return found


def _surest(verdict: str) -> int:
    return 0 if verdict in DECISIVE else 1 if verdict == INCONCLUSIVE else 2


def of_table(claim: Claim, table: Table) -> ProbeVerdict | None:
    """Return what one table says of a claim, None where it holds none of its rows."""
    told = [(check, told) for check in claim.measured if (told := _of_row(check, table)) is not None]
    if not told:
        return None
    absent = [f"{check.route} {check.precision}" for check in claim.measured if _row(check, table) is None]
    verdicts = {one.verdict for _, one in told} | ({NOT_TESTABLE} if absent else set())
    verdict = CONTRADICTED if CONTRADICTED in verdicts else CONFIRMED
    if verdict == CONFIRMED and verdicts != {CONFIRMED}:
        verdict = INCONCLUSIVE if verdicts & {CONFIRMED, INCONCLUSIVE} else NOT_TESTABLE
    shown = [one.text for _, one in told if verdict != CONTRADICTED or one.verdict == CONTRADICTED]
    if absent and verdict != CONTRADICTED:
        shown.append(Text(en=f"not measured: {', '.join(absent)}", zh=f"未测量：{'、'.join(absent)}"))
    return ProbeVerdict(
        probe=", ".join(dict.fromkeys(f"{check.route} {check.precision}" for check, _ in told)),
        by_facts=verdict in DECISIVE,
        verdict=verdict,
        reason=Text(en="; ".join(text.en for text in shown), zh="；".join(text.zh for text in shown)),
    )


def _row(check: RowCheck, table: Table) -> RouteRow | None:
    return next((r for r in table.routes.rows if (r.route, r.precision) == (check.route, check.precision)), None)


def _of_row(check: RowCheck, table: Table) -> Told | None:
    """Return what the row that a check names says of it; None where the table has none.

    A figure of the trial is made again with the program's own small net: a model of the user's tells whether it works.
    """
    row = _row(check, table)
    if row is None:
        return None
    label = f"{row.route} {row.precision}"
    if row.status is not Status.OK:
        why = {lang: reasons.text(reasons.of(row), lang).rstrip(".。") for lang in ("en", "zh")}
        text = Text(
            en=f"{label}: {reasons.status(row.status, 'en')} ({why['en']})",
            zh=f"{label}：{reasons.status(row.status, 'zh')}（{why['zh']}）",
        )
        return Told(CONTRADICTED if row.status in FAILING else NOT_TESTABLE, text)
    if check.figure == "works" or table.own:
        return Told(CONFIRMED, Text(en=f"{label}: answers like its source", zh=f"{label}：与原模型结果一致"))
    found = _figure(check, row, table)
    if found is None:
        return Told(NOT_TESTABLE, Text(en=f"{label}: not measured", zh=f"{label}：未测得"))
    held = {check.holds(end) for end in (found.low, found.high)}
    verdict = INCONCLUSIVE if len(held) > 1 else CONFIRMED if True in held else CONTRADICTED
    return Told(verdict, _words(check, label, found))


def _figure(check: RowCheck, row: RouteRow, table: Table) -> Interval | None:
    """Return the figure that a check is about, divided by what it is held against."""
    if check.figure == "p50_ms":
        return row.ratio if check.of == "own" else row.p50_ms
    value = row.artifact_bytes if check.figure == "artifact_bytes" else (row.parity or {}).get("max_abs")
    if value is None:
        return None
    by = 1.0
    if check.of == "weights":
        parameters = table.routes.source.get("parameters")
        if not isinstance(parameters, int) or not parameters:
            return None
        by = BYTES_A_WEIGHT * float(parameters)
    return Interval(value / by, value / by, value / by)


_NAMES = {
    ("artifact_bytes", "weights"): Text(en="{value} times the bytes of its weights", zh="为权重字节数的 {value} 倍"),
    ("artifact_bytes", ""): Text(en="{value}", zh="{value}"),
    ("max_abs", ""): Text(en="answers at most {value} apart", zh="结果最多相差 {value}"),
    ("p50_ms", "own"): Text(
        en="{value} times the framework's own median latency", zh="延迟中位数为框架自身的 {value} 倍"
    ),
    ("p50_ms", ""): Text(en="median latency {value}", zh="延迟中位数 {value}"),
}


def _words(check: RowCheck, label: str, found: Interval) -> Text:
    """Return a row's figure, what the claim has, and what the trial had."""
    said = {}
    for lang, at_most, at_least, trial, stop, colon in (
        ("en", "claimed: at most {}", "claimed: at least {}", "our trial: {}", ", ", ": "),
        ("zh", "论断：至多 {}", "论断：至少 {}", "我们的试验：{}", "，", "："),
    ):
        bounds = ((at_most, check.at_most), (at_least, check.at_least), (trial, check.trial))
        parts = [_NAMES[check.figure, check.of].in_(lang).format(value=_amount(check, found.value, lang))]
        parts += [words.format(_amount(check, value, lang)) for words, value in bounds if value is not None]
        said[lang] = f"{label}{colon}{stop.join(parts)}"
    return Text(**said)


def _amount(check: RowCheck, value: float, lang: str) -> str:
    if check.of or check.figure == "max_abs":
        return f"{value:.3g}"
    if check.figure == "p50_ms":
        return targets.amount("latency_p95_ms", float(f"{value:.3g}"), lang)
    return targets.amount("artifact_mb", float(f"{value / 1e6:.3g}"), lang)
