"""What a reader sees, in one language: names and sentences instead of ids. No markup is made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from advisor.analysis.messages import EITHER
from advisor.decisions.document import Decision
from advisor.decisions.parts import whole
from advisor.decisions.provenance import engine_of
from advisor.deployment.route_words import DOCUMENTED, known_in_words
from advisor.model.formatting import percent
from advisor.model.knowledge import WEIGHING, Claim, Source, need_name
from advisor.model.recommendation import CriterionResult, Flip, Recommendation, RouteResult
from advisor.model.text import Text, localized
from advisor.report import ratios
from advisor.report.figures import points
from advisor.report.rows import (
    Answer,
    AnswerRow,
    BriefRow,
    CitedClaim,
    ClaimRow,
    CriterionRow,
    EffectRow,
    ExclusionRow,
    FlipRow,
    PlannedProbeRow,
    PlanRow,
    Priority,
    Reason,
    Share,
    SourceRow,
    Way,
)
from advisor.report.words import WORDS
from probes.statistics import targets

REASONS = 3
"""Reasons for and against on the first page; the whole sum stands below."""

FLIPS = 4
"""What would flip it, on the first page; the rest stands below."""

CLAIMS = 2
"""Claims named beside a reason; all of them stand in the table of criteria."""

TRIFLE = 0.005
"""A criterion that moves the lead by less than half a point of utility is no reason."""


class View:
    """A decision as a reader sees it: names and sentences in one language, in the rows of ``advisor.report.rows``."""

    def __init__(self, decision: Decision, lang: str) -> None:
        self.decision = decision
        self.lang = lang
        self.words = WORDS[lang]
        self.found: Recommendation = decision.recommendation
        self.basis = decision.basis
        self.cited = {name: whole(Claim, claim) for name, claim in decision.claims.items()}
        self._sources = {name: whole(Source, source) for name, source in decision.sources.items()}
        self.names = {name: self.framework(name) for name in self.basis.get("frameworks", {})}

    # ------------------------------------------------------------ names

    def text(self, value: Text | Mapping[str, str] | str | None) -> str:
        """Return a text in the report's language, "" where there is none."""
        return localized(value, self.lang)

    def framework(self, name: str | None) -> str:
        """Return a framework's display name."""
        entry = self.basis.get("frameworks", {}).get(name)
        return self.text(entry["name"]) if entry else str(name)

    def criterion(self, name: str) -> str:
        """Return a criterion's display name."""
        entry = self.basis.get("criteria", {}).get(name)
        return self.text(entry["name"]) if entry else name

    def question(self, name: str) -> str:
        """Return a question's text."""
        entry = self.basis.get("questions", {}).get(name)
        return self.text(entry["text"]) if entry else name

    def option(self, question: str, option: str) -> str:
        """Return an option's display name."""
        return self.text(self._option_name(question, option)) or option

    def _option_name(self, question: str, option: str) -> Text | None:
        entry = self.basis.get("questions", {}).get(question)
        names = (choice["name"] for choice in (entry["options"] if entry else ()) if choice["id"] == option)
        return next((Text.model_validate(name) for name in names), None)

    def need(self, name: str) -> str:
        """Return "deploy.mobile" as the option's name."""
        return self.text(need_name(name, self._option_name))

    def tool(self, name: str) -> str:
        """Return a tool's usual name."""
        entry = self.basis.get("tools", {}).get(name)
        return str(entry["name"]) if entry else name

    def state(self, status: str) -> str:
        """Return a route's or verdict's state in words."""
        return self.words.get(status, status)

    # ------------------------------------------------------------ page one

    def answer(self) -> Answer:
        """Return the answer with its strength in words."""
        found, words = self.found, self.words
        if found.recommended is None:
            everything = {row.framework for row in found.excluded} >= set(found.acceptability)
            why = words["nobody_excluded" if everything else "nobody_why"]
            return Answer(name=words["nobody"], strength="", sentence=why, confidence="")
        name = self.framework(found.recommended)
        share = percent(found.acceptability[found.recommended])
        draws = f"{self.basis['settings']['draws']:,}" if self.basis else "?"
        confidence = percent(found.confidence.get(found.recommended, 0.0))
        return Answer(
            name=name,
            strength=words[found.strength],
            sentence=words[f"{found.strength}_why"].format(name=name, share=share, draws=draws),
            confidence=words["confidence"].format(name=name, share=confidence),
        )

    def notes(self) -> list[str]:
        """Return what a reader must be told beside the result; what the answer's own sentence says is not repeated."""
        return [self.text(note) for note in self.found.notes if note != EITHER]

    def brief(self) -> list[BriefRow]:
        """Return the decision in a few lines: why, what against, what would flip it, what to do next."""
        words = self.words
        rows: list[BriefRow] = []
        if self.found.recommended is not None and self.rival() is not None:
            for side, label in (("for", "brief_why"), ("against", "brief_against")):
                found = self.reasons()[side]
                told = [f"{row.criterion} {row.points}" for row in found[:REASONS]] or [words[f"nothing_{side}"]]
                more = [words["more"].format(n=len(found) - REASONS)] if len(found) > REASONS else []
                rows.append(BriefRow(words[label], [*told, *more]))
            if self.reasons()["for"]:
                rows[0].parts[-1] += " " + words["brief_points"].format(name=self.framework(self.rival()))
            flips = [row.text for row in self.flips()[:1]] or [words["brief_nothing_flips"]]
            rows.append(BriefRow(words["brief_flips"], flips))
        parts, commands = self._next()
        if parts or commands:
            rows.append(BriefRow(words["brief_next"], parts, commands, apart=True))
        return rows

    def _next(self) -> tuple[list[str], list[str]]:
        """Return what to do next, in words, and what to type for it."""
        words, leader = self.words, self.found.recommended
        parts = []
        if leader is None and self.found.excluded:
            parts.append(words["brief_relax"])
        probes, open_ = self.probe_plan(), self.found.next_questions
        if not self.found.settled and open_:
            parts.append(words["brief_answer"].format(question=self.question(open_[0].question)))
        if leader is not None and probes:
            parts.append(words["brief_measure"].format(command=probes[0].command, seconds=probes[0].seconds))
        commands = [line for line in self.install(leader) if not line.startswith("#")][:1]
        if commands:
            parts.append(words["brief_install"])
        return parts, commands

    def order(self) -> list[str]:
        """Return the frameworks by acceptability, then by name: never by the file's order."""
        return sorted(self.found.acceptability, key=lambda key: (-self.found.acceptability[key], key))

    def acceptability(self) -> list[Share]:
        """Return the shares, largest first."""
        shares = {key: self.found.acceptability[key] for key in self.order()}
        return [Share(self.framework(key), share, percent(share)) for key, share in shares.items()]

    def plan(self, framework: str | None) -> list[PlanRow]:
        """Return the ways a framework reaches each need: the best living one, then the others."""
        needs: dict[str, list[RouteResult]] = {}
        for route in self.found.routes:
            if route.framework == framework:
                needs.setdefault(route.need, []).append(route)
        rows = []
        for need, routes in needs.items():
            living = [route for route in routes if route.living]
            best = next((route for route in living if route.best), None)
            others = [self._route(route) for route in routes if route is not best]
            rows.append(
                PlanRow(
                    need=self.need(need),
                    asked=self._asked(need),
                    best=self._route(best) if best else None,
                    others=others,
                )
            )
        return rows

    def _asked(self, need: str) -> str:
        """Return the question of a need whose option does not speak for itself ("Yes, ...", "Under 50 MB")."""
        question = need.partition(".")[0]
        entry = self.basis.get("questions", {}).get(question)
        return self.text(entry["text"]) if entry and entry["kind"] == "one" else ""

    def install(self, framework: str | None) -> list[str]:
        """Return what to type for a framework's plan."""
        return [line for plan in self.found.plans if plan.framework == framework for line in plan.install]

    def mixed(self, framework: str | None) -> str:
        """Return the sentence of a plan that ships through another framework's tools, "" where it does not."""
        return next((self.text(plan.text) for plan in self.found.plans if plan.framework == framework), "")

    def _seen(self, route: RouteResult) -> Text | None:
        """Return what was measured of a route, where any was measured."""
        if (known := known_in_words(route)) is not None:
            return known
        return DOCUMENTED if any(one.seen for one in self.found.routes) else None

    def _route(self, route: RouteResult) -> Way:
        return Way(
            name=self.text(route.name) or route.route,
            tools=[self.tool(tool) for tool in route.tools],
            state=self.state(route.status),
            living=route.living,
            note=self.text(route.note),
            install=route.install or "",
            seen=self.text(self._seen(route)),
            failed=route.seen is not None and route.seen.state != "works",
        )

    def runner_up(self) -> str | None:
        """Return the framework that comes second and is not ruled out, or None."""
        return self.found.runner_up

    def rival(self) -> str | None:
        """Return whom the leader is compared with: the runner-up, else the best of those ruled out."""
        return self.found.closest_rival

    def reasons(self) -> dict[str, list[Reason]]:
        """Return what speaks for and against the leader, criterion by criterion, what moves the lead most first.

        A criterion's lead is the leader's contribution less the rival's; all leads add up to that of the utility.
        """
        leader, rival = self.found.recommended, self.rival()
        rows: dict[str, list[Reason]] = {"for": [], "against": []}
        if leader is None or rival is None:
            return rows
        for row in self.found.criteria:
            lead = row.contribution.get(leader, 0.0) - row.contribution.get(rival, 0.0)
            if abs(lead) < TRIFLE:
                continue
            side, moving = ("for", self.found.for_) if lead > 0 else ("against", self.found.against)
            rows[side].append(
                Reason(
                    criterion=self.criterion(row.id),
                    lead=lead,
                    points=points(lead),
                    claims=[self._claim(name) for name in moving if name in row.claims][:CLAIMS],
                    ways=self._ways(row.id, (leader, rival)),
                    measured=self._measured(row),
                )
            )
        return {side: sorted(found, key=lambda row: (-abs(row.lead), row.criterion)) for side, found in rows.items()}

    def lead(self) -> str:
        """Return the leader's utility less the rival's, in points of a hundred."""
        leader, rival = self.found.recommended, self.rival()
        return points(self.found.utility[leader] - self.found.utility[rival]) if leader and rival else ""

    def _claim(self, name: str) -> CitedClaim:
        """Return what a claim states; only claims that hold or are contested move anything."""
        claim = self.cited[name]
        mark = "" if claim["status"] == "active" else f" ({self.words['claim_disputed']})"
        return CitedClaim(name, self.text(claim["statement"]) + mark)

    def _rests_on(self, row: CriterionResult) -> str:
        """Return what a criterion's values rest on where it is neither claims nor measurements."""
        if row.claims or row.measured:
            return ""
        by_route = bool(self.basis.get("criteria", {}).get(row.id, {}).get("needs"))
        return self.words["from_route" if by_route else "from_nothing"]

    def _ways(self, criterion: str, frameworks: Iterable[str]) -> list[str]:
        """Return each framework's best way to what a criterion of routes is about."""
        needs = self.basis.get("criteria", {}).get(criterion, {}).get("needs", ())
        return [
            f"{self.framework(route.framework)}: {self.text(route.name) or route.route}"
            for framework in frameworks
            for route in self.found.routes
            if route.best and route.framework == framework and route.need in needs
        ]

    def _measured(self, row: CriterionResult) -> list[str]:
        """Return the measured ratios behind a criterion."""
        return [
            ratios.of_criterion(self.decision, pair, "measured", lang=self.lang, names=self.names)
            for pair in (row.measured.pairs if row.measured else ())
        ]

    def flips(self) -> list[FlipRow]:
        """Return what would flip the result, with what it would be then."""
        return [
            FlipRow(
                kind=self.words[f"flip_{flip.kind}"],
                text=self._flip(flip),
                share=self.words["flip_share"].format(share=percent(flip.acceptability[flip.recommended]))
                if flip.recommended in flip.acceptability
                else "",
            )
            for flip in self.found.flips
        ]

    def _flip(self, flip: Flip) -> str:
        if flip.text is not None:
            return self.text(flip.text)
        parts = []
        for question, option in flip.change.items():
            if option is None:
                parts.append(f"{self.question(question)}: {self.words['not_said']}")
                continue
            options = [option] if isinstance(option, str) else list(option)
            parts.append(f"{self.question(question)}: {', '.join(self.option(question, name) for name in options)}")
        return "; ".join(parts) + f" → {self.framework(flip.recommended) if flip.recommended else self.words['nobody']}"

    def exclusions(self) -> list[ExclusionRow]:
        """Return who was ruled out and why."""
        return [
            ExclusionRow(self.framework(row.framework), self.text(row.text) or row.reason)
            for row in self.found.excluded
        ]

    def revisit(self) -> str:
        """Return the day the first claim behind the decision falls due, "" where none does."""
        used = {name for row in self.found.criteria for name in row.claims}
        days = [claim["review_by"] for name, claim in self.cited.items() if name in used]
        return min(days, default="")

    # ------------------------------------------------------------ the rest

    def said(self) -> list[AnswerRow]:
        """Return the answers in the questionnaire's order, and then the numbers asked for."""
        needs = self.decision.needs
        rows = []
        for question in self.basis.get("questions", {}):
            answer = needs.get("answers", {}).get(question)
            options = [] if answer is None else [answer] if isinstance(answer, str) else list(answer)
            out = needs.get("excluded", {}).get(question, [])
            assumed = f" ({self.words['assumed']})" if needs.get("certainty", {}).get(question, 1.0) < 1.0 else ""
            if options or out:
                rows.append(
                    AnswerRow(
                        question=self.question(question),
                        answer=", ".join(self.option(question, name) for name in options) + assumed,
                        excluded=", ".join(self.option(question, name) for name in out),
                    )
                )
        for name, value in needs.get("targets", {}).items():
            called = f"{self.words['target']}{self.words['colon']}{targets.named(name, self.lang)}"
            rows.append(AnswerRow(question=called, answer=targets.bound(name, value, self.lang), excluded=""))
        return rows

    def priorities(self) -> list[Priority]:
        """Return the stated priorities."""
        stated = self.decision.needs.get("priorities", {})
        return [Priority(self.criterion(name), level) for name, level in stated.items()]

    def criteria(self) -> list[CriterionRow]:
        """Return the criteria that weigh, heaviest first."""
        rows = [row for row in self.found.criteria if row.weight > 0]
        return [
            CriterionRow(
                id=row.id,
                name=self.criterion(row.id),
                weight=row.weight,
                value=dict(row.value),
                contribution=dict(row.contribution),
                claims=list(row.claims),
                rests_on=self._rests_on(row),
            )
            for row in sorted(rows, key=lambda row: (-row.weight, row.id))
        ]

    def open_questions(self) -> list[str]:
        """Return the questions not answered, the most valuable first."""
        answered = set(self.decision.needs.get("answers", {})) | set(self.decision.needs.get("excluded", {}))
        ranked = [step.question for step in self.found.next_questions]
        rest = [name for name in self.basis.get("questions", {}) if name not in answered and name not in ranked]
        return [self.question(name) for name in [*ranked, *rest] if name not in answered]

    def probe_plan(self) -> list[PlannedProbeRow]:
        """Return the probes and routes that could still change the result or the plan, the most valuable first."""
        return [
            PlannedProbeRow(
                probe=step.probe,
                question=self.text(self.decision.probes.get(step.probe, {}).get("question")) or step.probe,
                seconds=f"{step.seconds:.0f}",
                effect=self.text(step.reason) or self.words["would_flip_at"].format(ratio=f"{step.would_flip_at:.2f}"),
                command=step.command or f"framework-advisor probe run {step.probe} -o evidence.json",
            )
            for step in self.found.probe_plan
            if step.telling
        ]

    def claims(self) -> list[ClaimRow]:
        """Return every cited claim in full, by criterion."""
        rows = [
            ClaimRow(
                id=name,
                criterion=self.criterion(claim["criterion"]),
                statement=self.text(claim["statement"]),
                finding=self.text(claim["finding"]),
                grade=self.words[f"claim_{claim['grade']}"],
                status=self.words[f"claim_{claim['status']}"],
                kind=self.words.get(f"kind_{claim['kind']}", claim["kind"]),
                weighs=claim["truth"] in WEIGHING,
                effects=[
                    EffectRow(self.framework(key), f"{value:+d}" if value else "0")
                    for key, value in sorted(claim["value"].items())
                ],
                review_by=claim["review_by"],
                overdue=claim["review_by"] < self.decision.made_on.isoformat(),
                sources=[self._source(key) for key in claim["sources"] if key in self._sources],
            )
            for name, claim in self.cited.items()
        ]
        return sorted(rows, key=lambda row: (row.criterion, row.id))

    def sources(self) -> list[SourceRow]:
        """Return every cited source."""
        return [self._source(key) for key in sorted(self._sources)]

    def _source(self, key: str) -> SourceRow:
        source = self._sources[key]
        vendor = str(source.get("vendor_of", "none"))
        return SourceRow(
            id=key,
            title=source["title"],
            url=source["url"] if str(source["url"]).startswith(("https://", "http://")) else "",
            publisher=source["publisher"],
            dates=self._dates(source),
            vendor="" if vendor == "none" else self.words["vendor_of"].format(name=self.framework(vendor)),
        )

    def _dates(self, source: Mapping[str, Any]) -> str:
        """Return when a source was published and read, or that it carries no date."""
        words, undated = self.words, source.get("undated")
        when = f"{words['published']} {source['published']}" if source["published"] else words["undated"]
        # These words are written in English only; "without a date" says the same in short.
        known = f" ({undated})" if undated and not source["published"] and self.lang == "en" else ""
        return f"{when}{known}{words['comma']}{words['accessed']} {source['accessed']}"

    def maker(self) -> str:
        """Return the program and the version of the engine in it."""
        program = self.decision.program
        return f"{self.words['program']} {program['version']} (engine {engine_of(program) or '?'})"
