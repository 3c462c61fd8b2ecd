"""Which claims speak to some words: those that hold them, and the closest by TF-IDF, in both languages. Pure.

Own arithmetic on the reader's n-grams: scikit-learn would be loaded for this alone, into the app and into every chat.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from advisor.dialogue.types import Citation, Lang
from advisor.model.knowledge import Claim, ClaimId, Knowledge
from advisor.reading.model import grams
from advisor.reading.normalization import normalise

ENOUGH = 0.12
"""Cosine below which a claim has nothing to do with the words."""


@dataclass(frozen=True)
class Index:
    """Inverted: n-gram -> [(claim, weight)], the claims' vectors being of length one."""

    postings: dict[str, list[tuple[ClaimId, float]]]
    idf: dict[str, float]


def matching(query: str, knowledge: Knowledge) -> list[ClaimId]:
    """Return the claims that hold every word of ``query`` (an empty one is held by all), or else those close to it."""
    asked = query.casefold().split()
    literal = [claim.id for claim in knowledge.claims.values() if _holds(claim, asked, knowledge)]
    return literal or _close(rank(query, knowledge))


def closest(question: str, knowledge: Knowledge, *, most: int = 3) -> list[ClaimId]:
    """Return the claims closest to ``question``, closest first; none where none is close.

    Where a tool is named, only claims about it count.
    """
    scores = rank(question, knowledge)
    named = {tool.id for tool in knowledge.tools.values() if tool.name.lower() in question.lower()}
    about = [claim for claim in scores if named & set(knowledge.claims[claim].tools)]
    return (about or _close(scores))[:most]


def rank(query: str, knowledge: Knowledge) -> dict[ClaimId, float]:
    """Return every claim with its cosine to ``query``, 0..1, the closest first."""
    index = _index(tuple((claim.id, _text(claim)) for claim in knowledge.claims.values()))
    counts = Counter(gram for gram in _all_grams(normalise(query, {}).text) if gram in index.idf)
    scores = dict.fromkeys(knowledge.claims, 0.0)
    for gram, weight in _unit_vector(counts, index.idf).items():
        for claim, other in index.postings[gram]:
            scores[claim] += weight * other
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def _close(scores: Mapping[ClaimId, float]) -> list[ClaimId]:
    return [claim for claim, score in scores.items() if score >= ENOUGH]


def cite(claim_id: ClaimId, knowledge: Knowledge, lang: Lang) -> Citation:
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


def _text(claim: Claim) -> str:
    """Return what a claim says, in both languages; its vector is made of it."""
    texts = (text.in_(lang) for lang in ("en", "zh") for text in (claim.statement, claim.finding))
    return " ".join((claim.id, claim.criterion, *claim.tools, *texts))


def _holds(claim: Claim, words: Iterable[str], knowledge: Knowledge) -> bool:
    """Return True if every word stands in the claim, its criterion's name or its sources' titles."""
    name = knowledge.criteria[claim.criterion].name
    titles = (knowledge.sources[source].title for source in claim.sources if source in knowledge.sources)
    text = " ".join((_text(claim), name.en, name.zh, *titles)).casefold()
    return all(word in text for word in words)


@lru_cache(maxsize=2)
def _index(texts: tuple[tuple[ClaimId, str], ...]) -> Index:
    counted = {claim: Counter(_all_grams(normalise(text, {}).text)) for claim, text in texts}
    frequency = Counter(gram for counts in counted.values() for gram in counts)
    idf = {gram: math.log(len(texts) / count) + 1.0 for gram, count in frequency.items()}
    postings: defaultdict[str, list[tuple[ClaimId, float]]] = defaultdict(list)
    for claim, counts in counted.items():
        for gram, weight in _unit_vector(counts, idf).items():
            postings[gram].append((claim, weight))
    return Index(dict(postings), idf)


def _unit_vector(counts: Counter[str], idf: dict[str, float]) -> dict[str, float]:
    weights = {gram: (1 + math.log(count)) * idf[gram] for gram, count in counts.items()}
    length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
    return {gram: weight / length for gram, weight in weights.items()}


def _all_grams(text: str) -> list[str]:
    """Return the n-grams of a text of any length; ``grams`` reads a clause at a time."""
    return [gram for start in range(0, len(text), 380) for gram in grams(text[start : start + 380])]
