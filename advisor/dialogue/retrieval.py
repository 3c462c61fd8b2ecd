"""Which claims speak to a question: TF-IDF over the knowledge base, in both languages. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache

from advisor.dialogue.types import Citation, Lang
from advisor.model.knowledge import Knowledge
from advisor.reading.model import grams
from advisor.reading.normalization import normalise

ENOUGH = 0.12
"""Cosine below which a claim has nothing to do with the question."""


@dataclass(frozen=True)
class Index:
    """Inverted: n-gram -> [(claim, weight)], the claims' vectors being of length one."""

    postings: dict[str, list[tuple[str, float]]]
    idf: dict[str, float]


def search(question: str, knowledge: Knowledge, *, most: int = 3) -> list[str]:
    """Return the ids of the claims closest to ``question``, closest first; none where none is close.

    Where a tool is named, only claims about it count.
    """
    index = _index(knowledge.sha256, _documents(knowledge))
    counts = Counter(gram for gram in grams(normalise(question, {}).text) if gram in index.idf)
    weights = {gram: (1 + math.log(count)) * index.idf[gram] for gram, count in counts.items()}
    length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
    scores: defaultdict[str, float] = defaultdict(float)
    for gram, weight in weights.items():
        for claim, other in index.postings[gram]:
            scores[claim] += weight * other / length
    named = {tool.id for tool in knowledge.tools.values() if tool.name.lower() in question.lower()}
    about = [claim.id for claim in knowledge.claims.values() if named & set(claim.tools)]
    best = sorted(about or scores, key=lambda claim: (-scores[claim], claim))[:most]
    return [claim for claim in best if about or scores[claim] >= ENOUGH]


def cite(claim_id: str, knowledge: Knowledge, lang: Lang) -> Citation:
    """Return a claim with its sources in the user's language."""
    claim = knowledge.claims[claim_id]
    sources = [knowledge.sources[name] for name in claim.sources if name in knowledge.sources]
    return Citation(
        claim=claim_id,
        statement=f"{claim.statement.in_(lang)} {claim.finding.in_(lang)}",
        sources=tuple(
            (source.title, source.publisher, source.published.isoformat() if source.published else "", source.url)
            for source in sources
        ),
    )


def _documents(knowledge: Knowledge) -> tuple[tuple[str, str], ...]:
    found = []
    for claim in knowledge.claims.values():
        texts = (text.in_(lang) for lang in ("en", "zh") for text in (claim.statement, claim.finding))
        found.append((claim.id, " ".join((claim.id, claim.criterion, *claim.tools, *texts))))
    return tuple(found)


@lru_cache(maxsize=2)
def _index(sha256: str, documents: tuple[tuple[str, str], ...]) -> Index:
    counted = {claim: Counter(_all_grams(normalise(text, {}).text)) for claim, text in documents}
    frequency = Counter(gram for counts in counted.values() for gram in counts)
    idf = {gram: math.log(len(documents) / count) + 1.0 for gram, count in frequency.items()}
    postings: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for claim, counts in counted.items():
        weights = {gram: (1 + math.log(count)) * idf[gram] for gram, count in counts.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        for gram, weight in weights.items():
            postings[gram].append((claim, weight / length))
    return Index(dict(postings), idf)


def _all_grams(text: str) -> list[str]:
    """Return the n-grams of a text of any length; ``grams`` reads a clause at a time."""
    return [gram for start in range(0, len(text), 380) for gram in grams(text[start : start + 380])]
