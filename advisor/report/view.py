"""What a reader sees, in one language: names and sentences instead of ids. No markup is made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from advisor.report.build import Decision
from advisor.report.words import WORDS
from advisor.types import GENERAL_NEEDS, LIVING_ROUTE, Recommendation

REASONS = 3
"""Reasons for and against on the first page; the rest stands below."""


class View:
    """A decision as a reader sees it. Every method returns plain strings, numbers, lists and dicts."""

    def __init__(self, decision: Decision, lang: str) -> None:
        self.decision = decision
        self.lang = lang
        self.words = WORDS[lang]
        self.found: Recommendation = decision.recommendation
        self.basis = decision.basis

    # ------------------------------------------------------------ names

    def text(self, value: Any) -> str:
        """Return a bilingual value (a Text or its dict) in the report's language."""
        if value is None:
            return ""
        if isinstance(value, Mapping):
            return str(value.get(self.lang) or value.get("en") or "")
        return str(value.in_(self.lang)) if hasattr(value, "in_") else str(value)

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
        entry = self.basis.get("questions", {}).get(question)
        for choice in entry["options"] if entry else ():
            if choice["id"] == option:
                return self.text(choice["name"])
        return option

    def need(self, name: str) -> str:
        """Return "deploy.mobile" as the option's name."""
        if name in GENERAL_NEEDS:
            return self.text(GENERAL_NEEDS[name])
        question, _, option = name.partition(".")
        return self.option(question, option) if option else self.question(question)

    def tool(self, name: str) -> str:
        """Return a tool's usual name."""
        entry = self.basis.get("tools", {}).get(name)
        return str(entry["name"]) if entry else name

    def state(self, status: str) -> str:
        """Return a route's or verdict's state in words."""
        return self.words.get(status, status)

    # ------------------------------------------------------------ page one

    def answer(self) -> dict[str, Any]:
        """Return the answer with its strength in words."""
        found, words = self.found, self.words
        if found.recommended is None:
            everything = bool(found.excluded) and len(found.excluded) == len(found.acceptability)
            return {
                "name": words["nobody"],
                "strength": "",
                "sentence": words["nobody_excluded" if everything else "nobody_why"],
                "confidence": "",
            }
        name = self.framework(found.recommended)
        share = percent(found.acceptability[found.recommended])
        draws = f"{self.basis['settings']['draws']:,}"
        return {
            "name": name,
            "strength": words[found.strength],
            "sentence": words[f"{found.strength}_why"].format(name=name, share=share, draws=draws),
            "confidence": words["confidence"].format(
                name=name, share=percent(found.confidence.get(found.recommended, 0.0))
            ),
        }

    def order(self) -> list[str]:
        """Return the frameworks by acceptability, then by name: never by the file's order."""
        return sorted(self.found.acceptability, key=lambda key: (-self.found.acceptability[key], key))

    def acceptability(self) -> list[dict[str, Any]]:
        """Return the shares, largest first."""
        return [
            {"name": self.framework(key), "share": share, "percent": percent(share)}
            for key in self.order()
            for share in [self.found.acceptability[key]]
        ]

    def plan(self, framework: str | None) -> list[dict[str, Any]]:
        """Return the ways a framework reaches each need: the best one, then the others."""
        needs: dict[str, list[Any]] = {}
        for route in self.found.routes:
            if route.framework == framework:
                needs.setdefault(route.need, []).append(route)
        rows = []
        for need, routes in needs.items():
            living = [route for route in routes if route.status in LIVING_ROUTE]
            best = next((route for route in living if route.best), None)
            others = [self._route(route) for route in routes if route is not best]
            rows.append({"need": self.need(need), "best": self._route(best) if best else None, "others": others})
        return rows

    def _route(self, route: Any) -> dict[str, Any]:
        return {
            "name": self.text(route.name) or route.route,
            "tools": [self.tool(tool) for tool in route.tools],
            "state": self.state(route.status),
            "living": route.status in LIVING_ROUTE,
            "note": self.text(route.note),
            "install": route.install or "",
        }

    def runner_up(self) -> str | None:
        """Return the framework that comes second and is not ruled out, or None."""
        out = {exclusion.framework for exclusion in self.found.excluded}
        others = [key for key in self.order() if key != self.found.recommended and key not in out]
        return others[0] if others else None

    def reasons(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return claims as reasons: what holds today, with grade and sources."""
        rows = []
        for name in ids:
            claim = self.decision.claims.get(name)
            if claim is None:
                continue
            rows.append(
                {
                    "id": name,
                    "text": self.text(claim["finding"]),
                    "criterion": self.criterion(claim["criterion"]),
                    "grade": claim["grade"],
                    "sources": list(claim["sources"]),
                }
            )
        return rows

    def flips(self) -> list[dict[str, str]]:
        """Return what would flip the result, with what it would be then."""
        return [{"kind": flip.kind, "text": self._flip(flip), "then": self._outcome(flip)} for flip in self.found.flips]

    def _flip(self, flip: Any) -> str:
        if flip.text is not None:
            return self.text(flip.text)
        parts = []
        for question, option in flip.change.items():
            if option is None:
                parts.append(f"{self.question(question)}: {self.words['not_said']}")
                continue
            options = [option] if isinstance(option, str) else list(option)
            parts.append(f"{self.question(question)}: {', '.join(self.option(question, name) for name in options)}")
        return "; ".join(parts)

    def _outcome(self, flip: Any) -> str:
        if flip.recommended is None:
            return self.words["nobody"]
        share = flip.acceptability.get(flip.recommended)
        return self.framework(flip.recommended) + (f" ({percent(share)})" if share is not None else "")

    def exclusions(self) -> list[dict[str, str]]:
        """Return who was ruled out and why."""
        return [
            {"name": self.framework(row.framework), "reason": self.text(row.text) or row.reason}
            for row in self.found.excluded
        ]

    def revisit(self) -> str:
        """Return the day the first claim behind the decision falls due, "" where none does."""
        used = {name for row in self.found.criteria for name in row.claims}
        days = [claim["review_by"] for name, claim in self.decision.claims.items() if name in used]
        return min(days, default="")

    # ------------------------------------------------------------ the rest

    def said(self) -> list[dict[str, str]]:
        """Return the answers in the questionnaire's order."""
        needs = self.decision.needs
        rows = []
        for question in self.basis.get("questions", {}):
            answer = needs.get("answers", {}).get(question)
            options = [] if answer is None else [answer] if isinstance(answer, str) else list(answer)
            out = needs.get("excluded", {}).get(question, [])
            if options or out:
                rows.append(
                    {
                        "question": self.question(question),
                        "answer": ", ".join(self.option(question, name) for name in options),
                        "excluded": ", ".join(self.option(question, name) for name in out),
                    }
                )
        return rows

    def priorities(self) -> list[dict[str, Any]]:
        """Return the stated priorities."""
        stated = self.decision.needs.get("priorities", {})
        return [{"criterion": self.criterion(name), "level": level} for name, level in stated.items()]

    def criteria(self) -> list[dict[str, Any]]:
        """Return the criteria that weigh, heaviest first."""
        rows = [row for row in self.found.criteria if row.weight > 0]
        return [
            {
                "id": row.id,
                "name": self.criterion(row.id),
                "weight": row.weight,
                "value": dict(row.value),
                "contribution": dict(row.contribution),
                "claims": list(row.claims),
                "measured": row.measured,
            }
            for row in sorted(rows, key=lambda row: (-row.weight, row.id))
        ]

    def sessions(self) -> list[dict[str, Any]]:
        """Return each machine's session with its measurements in words."""
        return [
            {
                "machine": session["machine"],
                "environments": session["environments"],
                "grade": session["grade"],
                "started": str(session["started"])[:16].replace("T", " "),
                "selftest": self._selftest(session.get("selftest")),
                "rows": [self._measurement(row) for row in session["probes"]],
            }
            for session in self.decision.evidence
        ]

    def _selftest(self, selftest: Mapping[str, Any] | None) -> str:
        if not selftest or selftest.get("resolves") is None:
            return ""
        return self.words["selftest"].format(
            ratio=f"{float(selftest['resolves']):.2f}", seconds=f"{float(selftest.get('seconds', 0)):.0f}"
        )

    def _measurement(self, row: Mapping[str, Any]) -> dict[str, Any]:
        ratio = row.get("ratio")
        shown: dict[str, Any] = {
            "probe": row["probe"],
            "status": row["status"],
            "reason": row.get("reason", ""),
            "ratio": ratio,
            "settings": row.get("settings", ""),
            "parity": parity(row.get("parity")),
            "limit": (row.get("roof") or {}).get("limit", ""),
        }
        if ratio:
            shown["interval"] = f"{ratio['value']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]"
            shown["of"] = self.words["ratio_of"].format(
                numerator=self.framework(ratio["numerator"]), denominator=self.framework(ratio["denominator"])
            )
            shown["verdict"] = self.verdict(ratio["favours"])
        return shown

    def verdict(self, favours: str) -> str:
        """Return a verdict in words."""
        if favours in ("equivalent", "inconclusive"):
            return self.words[favours]
        return self.words["cheaper"].format(name=self.framework(favours))

    def conflicts(self) -> list[str]:
        """Return where the machine contradicts the documents, with both figures."""
        rows = []
        for conflict in self.found.contradictions:
            rows.append(
                self.words["conflict"].format(
                    criterion=self.criterion(str(conflict.get("criterion", ""))),
                    expected=figure(conflict.get("expected")),
                    measured=figure(conflict.get("measured")),
                    z=figure(conflict.get("z"), places=1),
                )
            )
        return rows

    def claim_verdicts(self) -> list[dict[str, str]]:
        """Return what became of each claim that was tested."""
        rows = []
        for verdict in self.found.verdicts:
            claim = self.decision.claims.get(str(verdict.get("claim")))
            text = self.text(claim["statement"]) if claim else str(verdict.get("claim"))
            rows.append(
                {
                    "claim": str(verdict.get("claim")),
                    "text": text,
                    "verdict": self.state(str(verdict.get("verdict"))),
                    "probe": str(verdict.get("probe", "")),
                }
            )
        return rows

    def before(self) -> dict[str, str] | None:
        """Return the result before and after measuring, None where nothing was measured."""
        was = self.found.before
        if not was:
            return None

        def line(recommended: str | None, strength: str, shares: Mapping[str, float]) -> str:
            if recommended is None:
                return self.words["nobody"]
            return f"{self.framework(recommended)} · {self.words[strength]} · {percent(shares[recommended])}"

        return {
            "before": line(was.get("recommended"), was.get("strength", "either"), was.get("acceptability", {})),
            "after": line(self.found.recommended, self.found.strength, self.found.acceptability),
        }

    def open_questions(self) -> list[str]:
        """Return the questions not answered, the most valuable first."""
        answered = set(self.decision.needs.get("answers", {})) | set(self.decision.needs.get("excluded", {}))
        ranked = [step.question for step in self.found.next_questions]
        rest = [name for name in self.basis.get("questions", {}) if name not in answered and name not in ranked]
        return [self.question(name) for name in [*ranked, *rest] if name not in answered]

    def probe_plan(self) -> list[dict[str, str]]:
        """Return the probes still worth running, with the ratio at which each would flip the result."""
        rows = []
        for step in self.found.probe_plan:
            at = step.would_flip_at
            effect = self.words["cannot_flip"] if at is None else self.words["would_flip_at"].format(ratio=f"{at:.2f}")
            rows.append({"probe": step.probe, "seconds": f"{step.seconds:.0f}", "effect": effect})
        return rows

    def claims(self) -> list[dict[str, Any]]:
        """Return every cited claim in full, by criterion."""
        rows = [
            {
                "id": name,
                "criterion": self.criterion(claim["criterion"]),
                "statement": self.text(claim["statement"]),
                "finding": self.text(claim["finding"]),
                "grade": claim["grade"],
                "status": claim["status"],
                "review_by": claim["review_by"],
                "overdue": claim["review_by"] < self.decision.made_on.isoformat(),
                "sources": list(claim["sources"]),
            }
            for name, claim in self.decision.claims.items()
        ]
        return sorted(rows, key=lambda row: (row["criterion"], row["id"]))

    def sources(self) -> list[dict[str, str]]:
        """Return every cited source."""
        return [
            {
                "id": key,
                "title": source["title"],
                "url": source["url"] if str(source["url"]).startswith(("https://", "http://")) else "",
                "publisher": source["publisher"],
                "published": source["published"] or source["undated"] or "",
                "accessed": source["accessed"],
            }
            for key, source in sorted(self.decision.sources.items())
        ]


def percent(share: float) -> str:
    """Return a share as a whole percentage; what is not quite all or nothing does not look like it."""
    if 0.995 < share < 1.0:
        return "> 99 %"
    if 0.0 < share < 0.005:
        return "< 1 %"
    return f"{100 * share:.0f} %"


def figure(value: Any, *, places: int = 2) -> str:
    """Return a number with ``places`` decimals, "?" where there is none."""
    return f"{value:.{places}f}" if isinstance(value, int | float) else "?"


def parity(found: Mapping[str, Any] | None) -> str:
    """Return the largest distance of a parity record as a figure, "" where there is none."""
    if not found:
        return ""
    numbers: list[float] = []

    def collect(value: Any) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if key not in ("bounds", "bound", "tolerance", "tolerances"):
                    collect(inner)
        elif isinstance(value, float):
            numbers.append(value)

    collect(found.get("distances", found))
    return f"{max(numbers):.1e}" if numbers else ""
