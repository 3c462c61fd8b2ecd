"""What the user said: answers, exclusions and priorities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema, field_validator
from pydantic.json_schema import JsonSchemaValue

from advisor.model.knowledge import CriterionId, Question, Share
from advisor.model.text import Strict
from probes.statistics.targets import TARGETS, TargetName, checked

Answer = str | tuple[str, ...]


def _targets_schema() -> JsonSchemaValue:
    """Return the JSON Schema of targets; ``targets.checked`` holds the same bounds and says what to write instead."""
    described = {
        name: {
            "type": "number",
            "description": target.unit,
            "minimum" if target.zero else "exclusiveMinimum": 0,
            "maximum": target.most,
        }
        for name, target in TARGETS.items()
    }
    return {"type": "object", "properties": described, "additionalProperties": False, "default": {}}


class Needs(Strict):
    """What the user said. ``answers``: option id ("one") or tuple of ids ("many"); absent = not answered.

    ``excluded``: what was ruled out. ``priorities``: criterion -> 0..3. ``certainty``: question -> 0..1,
    how surely it was answered (1 where absent). ``targets``: the numbers asked for, by their names and in their units.
    """

    answers: dict[str, Answer] = {}
    excluded: dict[str, tuple[str, ...]] = {}
    priorities: dict[CriterionId, Annotated[float, Field(ge=0.0, le=3.0)]] = {}
    certainty: dict[str, Share] = {}
    targets: Annotated[
        dict[TargetName, Annotated[float, Field(ge=0.0, allow_inf_nan=False)]], WithJsonSchema(_targets_schema())
    ] = {}

    @field_validator("targets")
    @classmethod
    def _within_reach(cls, targets: dict[TargetName, float]) -> dict[TargetName, float]:
        return {name: checked(name, value) for name, value in targets.items()}

    def options(self, question: str) -> tuple[str, ...]:
        """Return the chosen options of ``question``, empty where unanswered."""
        answer = self.answers.get(question, ())
        return (answer,) if isinstance(answer, str) else tuple(answer)

    def contradictions(self) -> dict[str, tuple[str, ...]]:
        """Return the options both wanted and ruled out, by question id, sorted; both sides are kept."""
        both = {
            question: tuple(option for option in self.options(question) if option in excluded)
            for question, excluded in sorted(self.excluded.items())
        }
        return {question: options for question, options in both.items() if options}

    def sharpened(self, questions: Mapping[str, Question]) -> Needs:
        """Return the needs with the answers that the targets give; a number is sharper than an option and wins."""
        given = {
            question.id: question.sharpened_by.option(self.targets[question.sharpened_by.target])
            for question in questions.values()
            if question.sharpened_by is not None and question.sharpened_by.target in self.targets
        }
        if not given:
            return self
        certainty = {question: share for question, share in self.certainty.items() if question not in given}
        return self.model_copy(update={"answers": {**self.answers, **given}, "certainty": certainty})

    def document(self) -> dict[str, Any]:
        """Return the ``needs/1`` document."""
        answers = {q: a if isinstance(a, str) else list(a) for q, a in self.answers.items()}
        found: dict[str, Any] = {"schema": "needs/1", "answers": answers}
        for key in ("excluded", "priorities", "certainty", "targets"):
            value = getattr(self, key)
            if value:
                found[key] = {k: list(v) if isinstance(v, tuple) else v for k, v in value.items()}
        return found
