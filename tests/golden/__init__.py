"""What the engine answered when its version was last raised: a frozen knowledge base, needs, and the results.

Nothing is measured there. ``decisions`` holds saved decisions, each with all that went into it: sessions of one machine
and of two, routes, reference evidence, and the program that made it.

``python -m tests.golden`` computes the results anew. Do so only where the engine is meant to answer otherwise, raise
``ENGINE`` with it and say why in the commit. A change of ``knowledge/`` is none: the base in here stays as it is.
"""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

from advisor.knowledge.needs_files import parse_needs
from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import Recommendation
from advisor.recommendation import recommend

HERE = Path(__file__).parent
FILE = HERE / "engine.json.gz"


def held() -> dict[str, Any]:
    """Return the file: engine, numpy, day, knowledge, cases: [{id, needs, result}]."""
    found: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found


def keep(document: dict[str, Any]) -> None:
    """Write the file. Its keys keep their order, which is that of the questions."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def knowledge_of(document: dict[str, Any]) -> Knowledge:
    """Return the frozen base."""
    return Knowledge.model_validate(document["knowledge"])


def answer(needs: dict[str, Any], knowledge: Knowledge, day: str) -> dict[str, Any]:
    """Return what is compared of one recommendation: 10,000 draws from seed 0, nothing measured, nothing installed."""
    parsed = parse_needs(needs, knowledge)
    return summary(recommend(parsed, knowledge, today=date.fromisoformat(day), measurable=("pytorch", "tensorflow")))


def summary(found: Recommendation) -> dict[str, Any]:
    """Return the answer, its figures and what would change it, without any sentence."""
    document = found.document()
    found = {
        "recommended": document["recommended"],
        "strength": document["strength"],
        "settled": document["settled"],
        "acceptability": document["acceptability"],
        "utility": document["utility"],
        "flips": [[flip["change"], flip["recommended"]] for flip in document["flips"]],
        "excluded": sorted(entry["framework"] for entry in document["excluded"]),
        "routes": [[row["need"], row["framework"], row["route"], row["status"]] for row in document["routes"]],
        "next_questions": [entry["question"] for entry in document["next_questions"]],
        "for": document["for"],
        "against": document["against"],
    }
    plain: dict[str, Any] = json.loads(json.dumps(found))
    return plain
