"""What the machines said, in one language: medians, ratios, checks, surroundings. No markup is made here."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from advisor.model.formatting import percent
from advisor.model.recommendation import MovedCriterion
from advisor.report import ratios, reference_rows
from advisor.report.figures import amount
from advisor.report.reference_rows import ReferenceRow
from advisor.report.rows import (
    BeforeAfter,
    ClaimVerdicts,
    Environments,
    MeasuredRow,
    MissingRow,
    ParityRow,
    Session,
    SettingRow,
    TestedClaim,
    TogetherRow,
)
from advisor.report.view import View
from probes import reasons
from probes.session import harmonization_words, outcome
from probes.types import Reason, Status
from probes.wording import framework_defaults, verdicts

PARTS = ("outputs", "loss", "gradients", "weights")
HELD = (Status.OK.value, Status.SKIPPED.value)
"""Statuses that are no failure."""

WORTH_NAMING = 0.001
"""A move of the lead below a tenth of a point of utility is not told."""


class Machines:
    """The evidence of a decision as a reader sees it, in the rows of ``advisor.report.rows``."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.words = view.words
        self.found = view.found

    def sessions(self) -> list[Session]:
        """Return each machine's session: what was measured, what was not and why, and under which conditions."""
        shown = []
        for session in self.view.decision.evidence:
            measured = [row for row in session["probes"] if row["status"] == Status.OK.value]
            pairs = {(r["ratio"]["numerator"], r["ratio"]["denominator"]) for r in measured if r.get("ratio")}
            rows = [self._row(row, several=len(pairs) > 1) for row in measured]
            names = sorted({name for row in rows for name in row.costs})
            differing = framework_defaults.of_session(row.get("facts") or {} for row in measured)
            shown.append(
                Session(
                    machine=self.machine(session["machine"]),
                    title=str(session["machine"].get("cpu") or session["machine"].get("model") or ""),
                    environments=self._environments(session["environments"]),
                    grade=session["grade"],
                    grade_why=self.words.get(f"grade_{session['grade']}", ""),
                    started=moment(str(session["started"])),
                    selftest=self._selftest(session.get("selftest")),
                    frameworks={name: self.view.framework(name) for name in names},
                    sides=self._sides(*next(iter(pairs))) if len(pairs) == 1 else None,
                    defaults=framework_defaults.line(
                        differing, session["environments"], self.view.lang, names=self.view.names
                    ),
                    compared=[row for row in rows if row.ratio],
                    facts=[row for row in rows if not row.ratio],
                    tuned=self._tuned(session["probes"]),
                    missing=[self._missing(row) for row in session["probes"] if row["status"] not in HELD],
                    left_out=outcome.skipped(
                        [(row["probe"], str(row["status"]), reasons.read(row)) for row in session["probes"]],
                        self.view.lang,
                    ),
                    alike=self._alike(session["probes"]),
                )
            )
        return shown

    def _alike(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return what was set alike in both sides of a model of the user's, once however many probes it took."""
        return list(
            dict.fromkeys(
                line for row in rows for line in harmonization_words.lines(row.get("facts") or {}, self.view.lang)
            )
        )

    # ------------------------------------------------------------ one measurement

    def _row(self, row: Mapping[str, Any], *, several: bool) -> MeasuredRow:
        ratio, unit, facts = row.get("ratio"), str(row.get("unit") or "s"), row.get("facts") or {}
        names, lang = self.view.names, self.view.lang
        costs = {
            name: amount(statistics.median(samples), unit, self.view.lang)
            for name, samples in sorted(row.get("samples", {}).items())
            if samples
        }
        shown = MeasuredRow(
            probe=row["probe"],
            question=self.question(row["probe"]),
            ratio=ratio,
            costs=costs,
            turns={name: len(samples) for name, samples in row.get("samples", {}).items()},
            settings=self.words["tuned"] if row.get("settings") == "tuned" else "",
            own=bool(row.get("own_workload")),
            parity=self._parity(row.get("parity")),
            limits=self._limits(row.get("roof")),
            facts=self._facts(facts),
        )
        if not ratio:
            return shown
        defaults = framework_defaults.of(facts)
        notes = (framework_defaults.loud(defaults, lang=lang, names=names), verdicts.disturbed(facts, lang))
        metric = ratios.metric(self.view.decision, row["probe"])
        return replace(
            shown,
            sides=self._sides(ratio["numerator"], ratio["denominator"]),
            verdict=verdicts.sentence(
                verdicts.judged(ratio), unit=unit, metric=metric, lang=lang, names=names, several=several
            ),
            notes=[note for note in notes if note],
            layout=framework_defaults.quiet(defaults, lang, names=names),
        )

    def question(self, probe: str) -> str:
        """Return what a probe asks, its id where the decision does not hold the question."""
        return self.view.text(self.view.decision.probes.get(probe, {}).get("question")) or probe

    def _sides(self, numerator: str, denominator: str) -> tuple[str, str]:
        """Return who is ahead to the left of 1 on the axis and who to the right."""
        return self.view.framework(numerator), self.view.framework(denominator)

    def _parity(self, found: Mapping[str, Any] | None) -> list[ParityRow]:
        """Return the distances of each side from the double-precision reference, beside what is allowed."""
        rows = []
        for part in PARTS:
            sides = {
                name: side
                for name, side in sorted(((found or {}).get(part) or {}).items())
                if isinstance(side, Mapping) and isinstance(side.get("distance"), int | float)
            }
            if sides:
                bound = next(iter(sides.values())).get("bound")
                rows.append(
                    ParityRow(
                        part=self.words[f"part_{part}"],
                        distances=", ".join(
                            f"{self.view.framework(name)} {side['distance']:.1e}" for name, side in sides.items()
                        ),
                        bound=f"{bound:.0e}" if isinstance(bound, int | float) else "",
                    )
                )
        return rows

    def _limits(self, roof: Mapping[str, Any] | None) -> list[str]:
        """Return what held each side back, and how much of what this machine can do it reached."""
        rows = []
        for name, side in sorted((roof or {}).items()):
            if not isinstance(side, Mapping) or "limit" not in side:
                continue
            limit = str(side["limit"])
            reached = side.get("bandwidth" if limit == "bandwidth" else "compute")
            share = self.words["of_roof"].format(share=percent(reached)) if isinstance(reached, int | float) else ""
            rows.append(f"{self.view.framework(name)}: {self.words.get(f'limit_{limit}', limit)}{share}")
        return rows

    def _facts(self, facts: Mapping[str, Any]) -> dict[str, list[str]]:
        """Return single figures and words that a probe noted of each framework."""
        known = set(self.view.basis.get("frameworks", {}))
        return {
            self.view.framework(name): [
                f"{_plain(key)}: {self._fact(key, value)}"
                for key, value in found.items()
                if isinstance(value, str | int | float) and value != ""
            ]
            for name, found in sorted(facts.items())
            if name in known and isinstance(found, Mapping)
        }

    def _fact(self, key: str, value: Any) -> str:
        if isinstance(value, bool):
            return self.words["yes" if value else "no"]
        if isinstance(value, int | float):
            unit = next((unit for ending, unit in (("_s", "s"), ("bytes", "bytes")) if key.endswith(ending)), "")
            return amount(float(value), unit, self.view.lang)
        return str(value)

    def _missing(self, row: Mapping[str, Any]) -> MissingRow:
        """Return a probe that gave no figure, with its reason and the way out."""
        status = str(row["status"])
        return MissingRow(
            probe=row["probe"],
            question=self.question(row["probe"]),
            status=self.words.get(f"status_{status}", status),
            reason=self._reason(reasons.read(row)),
            way_out=self.words.get(f"way_out_{status}", "").format(probe=row["probe"]),
        )

    def _reason(self, reason: Reason) -> str:
        """Return a reason as one sentence, with the frameworks by their names."""
        sentence = first_line(reasons.text(reason, self.view.lang, names=self.view.names)).rstrip(".:。：")
        return f"{sentence}{self.words['full_stop']}" if sentence else ""

    def _tuned(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return what tuned settings changed beside the defaults of the same scenario and workload."""
        measured = [row for row in rows if row["status"] == "ok" and row.get("samples")]
        plain = {
            (row["scenario"], row.get("workload")): row
            for row in measured
            if row.get("settings") != "tuned" and row.get("mode") == "default"
        }
        said = []
        for row in measured:
            other = plain.get((row["scenario"], row.get("workload")))
            if row.get("settings") != "tuned" or other is None:
                continue
            changes = []
            for name in sorted(set(row["samples"]) & set(other["samples"])):
                was, now = statistics.median(other["samples"][name]), statistics.median(row["samples"][name])
                unit = str(row.get("unit") or "s")
                figures = f"{amount(was, unit, self.view.lang)} → {amount(now, unit, self.view.lang)}"
                changes.append(f"{self.view.framework(name)} {figures} ({100 * (now / was - 1):+.0f} %)")
            said.append(f"{self.question(other['probe'])} {'; '.join(changes)}")
        return said

    # ------------------------------------------------------------ the surroundings

    def machine(self, found: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return what a machine is, as label and value."""
        words = self.words
        cores = str(found.get("cores", ""))
        if found.get("cores_host") not in (None, found.get("cores")):
            cores += f" {words['of']} {found['cores_host']}"
        gpus = ", ".join(str(gpu.get("name", "GPU")) for gpu in found.get("gpus") or () if isinstance(gpu, Mapping))
        memory = found.get("memory_bytes")
        size = amount(float(memory), "bytes", self.view.lang) if isinstance(memory, int | float) else ""
        rows = [
            (words["env_cpu"], " ".join(str(found.get(key, "")) for key in ("cpu", "arch")).strip()),
            (words["env_cores"], cores),
            (words["env_memory"], size),
            (words["env_gpus"], gpus or words["none"]),
            (words["env_os"], str(found.get("os", ""))),
            (words["env_virtual"], words["yes" if found["virtual"] else "no"] if "virtual" in found else ""),
        ]
        return [(label, value.strip()) for label, value in rows if value.strip()]

    def _environments(self, found: Mapping[str, Mapping[str, Any]]) -> Environments:
        """Return the settings read back from each framework, as rows of one table."""
        sides = {name: self._settings(environment) for name, environment in sorted(found.items())}
        keys = list(dict.fromkeys(key for side in sides.values() for key in side))
        return Environments(
            names=[self.view.framework(name) for name in sides],
            rows=[
                SettingRow(
                    label=self.words.get(f"env_{key}") or framework_defaults.name(key, self.view.lang),
                    values=[side.get(key, "") for side in sides.values()],
                )
                for key in keys
            ],
        )

    def _settings(self, environment: Mapping[str, Any]) -> dict[str, str]:
        """Flatten one environment; what stands twice and what is empty is left out."""
        flags = {key: value for key, value in (environment.get("flags") or {}).items() if key not in environment}
        shown = {}
        for key, value in {**environment, **flags}.items():
            if key in ("flags", "devices", "executable", "cores", "quota", "defaults", "set"):
                continue
            text = self._value(value)
            if text:
                shown[str(key)] = text
        return {**shown, **framework_defaults.read_back(environment, self.view.lang)}

    def _value(self, value: Any) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return self.words["yes" if value else "no"]
        if isinstance(value, Mapping):
            pieces = [(_plain(str(key)), self._value(inner)) for key, inner in value.items() if inner is not False]
            return ", ".join(f"{key} {text}" for key, text in pieces if text)
        if isinstance(value, list | tuple):
            return ", ".join(filter(None, (self._value(inner) for inner in value)))
        return str(value)

    def _selftest(self, selftest: Mapping[str, Any] | None) -> str:
        if not selftest:
            return self.words["selftest_none"]
        if selftest.get("resolves") is None:
            return self.words["selftest_busy"]
        seconds = selftest.get("seconds_a_probe", selftest.get("seconds"))
        return self.words["selftest"].format(
            percent=f"{100 * (float(selftest['resolves']) - 1):.0f} %", seconds=f"{float(seconds or 0):.0f}"
        )

    # ------------------------------------------------------------ what it means for the decision

    def before(self) -> BeforeAfter | None:
        """Return the result before and after measuring and what moved it, None where nothing was measured."""
        was = self.found.before
        if not was:
            return None

        def line(recommended: str | None, strength: str, shares: Mapping[str, float]) -> str:
            if recommended is None:
                return self.words["nobody"]
            share = percent(shares.get(recommended, 0.0))
            return f"{self.view.framework(recommended)}, {self.words[strength]} ({share})"

        return BeforeAfter(
            before=line(was.recommended, was.strength, was.acceptability),
            after=line(self.found.recommended, self.found.strength, self.found.acceptability),
            moved=self._moved(was.moved),
        )

    def _moved(self, rows: Iterable[MovedCriterion]) -> list[str]:
        """Return by how much each criterion moved the lead of the first over the second."""
        leader, rival = self.found.recommended, self.view.runner_up()
        if leader is None or rival is None:
            return []
        said = []
        for row in rows:
            gap = [when.get(leader, 0.0) - when.get(rival, 0.0) for when in (row.before, row.after)]
            move = gap[1] - gap[0]
            if abs(move) >= WORTH_NAMING:
                said.append(
                    self.words["moved"].format(
                        criterion=self.view.criterion(row.criterion),
                        points=f"{100 * abs(move):.1f}",
                        name=self.view.framework(leader if move > 0 else rival),
                    )
                )
        return said

    def conflicts(self) -> list[str]:
        """Return where a machine contradicts the documents, with both figures."""
        return [self.view.text(conflict.text) for conflict in self.found.contradictions]

    def together(self) -> list[TogetherRow]:
        """Return what the documents say, what was measured and what both say together, criterion by criterion."""
        rows = []
        for result in self.found.criteria:
            for pair in result.measured.pairs if result.measured else ():
                told = partial(
                    ratios.of_criterion, self.view.decision, pair, lang=self.view.lang, names=self.view.names
                )
                rows.append(
                    TogetherRow(
                        self.view.criterion(result.id),
                        documented=told("documented"),
                        measured=told("measured"),
                        together=told("together"),
                        elsewhere=self.words["elsewhere"] if pair.other_machine else "",
                    )
                )
        return rows

    def reference(self) -> list[ReferenceRow]:
        """Return what machines like the user's say where the user has not measured, one row a machine."""
        return reference_rows.reference_rows(self.found, self.view.lang)

    def reference_heading(self) -> str:
        """Return the heading of those rows."""
        return reference_rows.HEADING[self.view.lang]

    def reference_sentence(self, row: ReferenceRow) -> str:
        """Return one of those rows as running text."""
        return reference_rows.sentence(row, self.view.lang)

    def claim_verdicts(self) -> ClaimVerdicts:
        """Return what became of each claim that was tested: those with a verdict, then those without."""
        tested = ClaimVerdicts(told=[], untold=[])
        for verdict in self.found.verdicts:
            name, word = verdict.claim, verdict.verdict
            claim = self.view.cited.get(name)
            row = TestedClaim(
                claim=name,
                text=self.view.text(claim["statement"]) if claim else name,
                verdict=self.words.get(word, word),
                reason=first_line(self.view.text(verdict.reason)),
                probe=verdict.probe,
            )
            (tested.untold if word == "not testable here" else tested.told).append(row)
        return tested


def moment(text: str) -> str:
    """Return an ISO moment to the minute, with its zone where that is UTC: a colleague may sit elsewhere."""
    zone = " UTC" if text.endswith(("Z", "+00:00")) else ""
    return text[:16].replace("T", " ") + zone


def first_line(text: str) -> str:
    """Return the first line of a reason; frameworks like to put a whole traceback there."""
    return text.strip().partition("\n")[0].strip()


def _plain(key: str) -> str:
    """Return a key as words; its unit stands beside the figure."""
    return key.removesuffix("_s").removesuffix("_bytes").replace("_", " ")
