"""Decisions to make reports of, with evidence of every kind of outcome and without."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from typing import Any

from advisor import report
from advisor.decisions.document import Decision, build_decision
from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.knowledge.needs_files import read_needs
from advisor.model.needs import Needs
from advisor.recommendation import recommend
from probes import reasons
from probes.catalog.loading import load_catalog
from probes.types import VERBATIM, Evidence, Reason, Status
from tests.advisor.evidence import measurement, ratio_of, session

TODAY = date(2026, 11, 24)
LANGUAGES = ("en", "zh")
EXAMPLES = sorted((knowledge_folder() / "examples").glob("*.yaml"))
PAIR = {"numerator": "tensorflow", "denominator": "pytorch"}
MACHINE = {"cpu": "Example CPU", "cores": 8, "cores_host": 8, "memory_bytes": 25_276_514_304, "gpus": [], "os": "Linux"}
SAID = ({"who": "user", "text": "a phone app"}, {"who": "advisor", "text": "Which phones?"})
PARITY = {
    "passed": True,
    "outputs": {
        "bound": 1e-4,
        "pytorch": {"distance": 3.3e-7, "array": "logits", "bound": 1e-4},
        "tensorflow": {"distance": 4.5e-7, "array": "logits", "bound": 1e-4},
    },
}
ROOF = {"pytorch": {"compute": 0.44, "bandwidth": 0.1, "limit": "compute"}}


def _said(side: str, detail: str, instead: str) -> dict[str, Any]:
    """Return the reason of one side as evidence holds it; evidence of before held nothing but a sentence."""
    if instead:
        return {"reason": instead}
    return reasons.document(Reason("side", side=side, reason=Reason(VERBATIM, detail=detail)))


def measured(reason: str = "", cpu: str = "Example CPU") -> Evidence:
    """Return a session of every kind of outcome."""
    costs = {"pytorch": (0.001, 0.0011, 0.0012), "tensorflow": (0.005, 0.0052, 0.0055)}
    tuned = {"pytorch": (0.0010, 0.0011, 0.0012), "tensorflow": (0.0026, 0.0026, 0.0027)}
    training: dict[str, Any] = {"scenario": "training_step", "workload": "mlp", "mode": "default"}
    found = session(
        measurement(
            "training-mlp-default",
            **{**training, "ratio": None},
            samples=costs,
            parity=PARITY,
            roof=ROOF,
        ),
        measurement("training-mlp-tuned", **training, samples=tuned, settings="tuned"),
        measurement("training-mlp-xla", status=Status.NOT_SUPPORTED, **_said("pytorch", "has no such side", reason)),
        measurement(
            "inference-mlp-default", status=Status.FAILED, **_said("tensorflow", "it broke\n  deep inside", reason)
        ),
        measurement("inference-convnet-default", status=Status.SKIPPED, reason="the budget of 60 s has 4 s left"),
        machine={**MACHINE, "cpu": cpu},
    )
    first, second, *others = found.probes
    first = replace(first, ratio=ratio_of(5.0, 0.02, **PAIR))
    second = replace(second, ratio=ratio_of(2.4, 0.9, **PAIR), facts={"disturbed": {"pairs": 4, "of": 9}})
    first = replace(first, facts={"defaults": {"onednn": {"pytorch": True, "tensorflow": False}}})
    defaults = {"onednn": True, "instruction_set": None}
    environments = {
        "pytorch": {
            "versions": {"torch": "2.13.0"},
            "threads": 4,
            "flags": {"tf32": False},
            "defaults": defaults,
            "set": {"LEVEL": "3"},
        }
    }
    return replace(found, probes=(first, second, *others), environments=environments)


@cache
def decision(name: str = "phone-app", *, with_evidence: bool = True, transcript: bool = True) -> Decision:
    knowledge = load_knowledge()
    needs = read_needs(str(knowledge_folder() / "examples" / f"{name}.yaml"), knowledge)
    return decide(needs, (measured(),) if with_evidence else (), SAID if transcript else ())


def decide(needs: Needs, evidence: tuple[Evidence, ...], transcript: tuple[dict[str, str], ...] = ()) -> Decision:
    knowledge, probes = load_knowledge(), tuple(load_catalog().values())
    machine = evidence[0].machine if evidence else None
    found = recommend(needs, knowledge, evidence, today=TODAY, probes=probes, machine=machine)
    return build_decision(needs, found, evidence, knowledge, made_on=TODAY, transcript=transcript, probes=probes)


def text_of(made: Decision, form: str, lang: str = "en") -> str:
    return report.formats()[form].render(made, lang).decode()


class Page(HTMLParser):
    """Tags with their attributes, in order, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def names(self) -> list[str]:
        return [tag for tag, _ in self.tags]
