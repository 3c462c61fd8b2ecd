"""The routes that a decision's evidence holds, as a reader sees them. No markup is made here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from advisor.engine import route_results
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.report import charts, route_rows
from advisor.report.figures import amount
from advisor.report.machines import moment
from advisor.report.view import View
from probes.evidence.routes import RoutesDocument
from probes.statistics import targets
from probes.types import Routes


@dataclass(frozen=True)
class Section:
    """The table that is trusted most, its chart, how many others there are, and what stands between sentences."""

    table: route_rows.Table
    chart: charts.RoutesChart | None
    others: str
    space: str

    def joined(self, sentences: Iterable[str]) -> str:
        """Return sentences as one text: those of some languages stand without a space between them."""
        return self.space.join(filter(None, sentences))


class Deployment:
    """The part of a report about measured routes."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.words = view.words

    def section(self) -> Section | None:
        """Return the part, None where the evidence holds no routes."""
        decision = self.view.decision
        held = [found for session in decision.evidence if (found := _read(session.get("routes"))) is not None]
        if not held or not decision.basis:
            return None
        knowledge, needs = Knowledge.model_validate(decision.basis), decision.recommendation.needs
        asked_by = Needs.model_validate({key: value for key, value in needs.items() if key != "schema"})
        first, *rest = route_results.trusted(held, decision.recommendation.machine)
        table = route_rows.table(
            first.routes,
            lang=self.view.lang,
            asked=targets_of(asked_by, first.routes),
            frameworks=self.view.names,
            moment=moment(first.routes.started),
            elsewhere=first.elsewhere,
            indicative=lambda row: route_results.indicative(row, first, asked_by, knowledge),
        )
        return Section(
            table=table,
            chart=charts.sizes_and_times(
                table.points(),
                most_mb=table.asked.get("artifact_mb"),
                most_ms=table.asked.get("latency_p95_ms"),
                paint=charts.colours(self.view.names),
            ),
            space="" if self.view.lang == "zh" else " ",
            others=self.words["routes_older"].format(count=len(rest)) if rest else "",
        )

    def size(self, value: float) -> str:
        """Return a mark of the axis of sizes, in bytes."""
        return targets.amount("artifact_mb", float(f"{value / 1e6:.6g}"), self.view.lang)

    def time(self, value: float) -> str:
        """Return a mark of the axis of times, in milliseconds."""
        return amount(value / 1e3, "s", self.view.lang)

    def bound(self, name: str, value: float) -> str:
        """Return a target's number with its sign."""
        return targets.bound(name, float(f"{value:.6g}"), self.view.lang)


def targets_of(needs: Needs, found: Routes) -> dict[str, float]:
    """Return the targets that a table is held to: the needs', else those it was measured for."""
    return {str(name): value for name, value in (needs.targets or found.targets).items() if name in targets.TARGETS}


def _read(document: object) -> Routes | None:
    """Read a table as it stands; one of another shape is none. Whether its samples agree was asked when it came in."""
    if document is None:
        return None
    try:
        return RoutesDocument.model_validate(document).table()
    except ValidationError:
        return None
