"""How well the reader does on the phrases it was not taught: the figures of the model card and of the tests.

Pure but for the reader's own files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from advisor.model.knowledge import Knowledge
from advisor.reading import read
from advisor.reading.model import NOTHING, label
from advisor.reading.phrases import LANGUAGES, OUT_OF_SCOPE, Phrase
from advisor.reading.reader import Reader
from advisor.reading.types import Understanding

BINS = 10


@dataclass(frozen=True)
class Score:
    """Shares over the held-out phrases of one question and language (None: no such phrase).

    Attributes:
        model: the classifier alone names the option (whatever the polarity), "says nothing" being a class.
        read: plain and mixed wordings whose option the whole reader fills in or offers.
        filled: plain and mixed wordings whose option is filled in.
        wrong: plain, mixed and hedged wordings where another option is filled in and the right one is not.
        ruled_out: negated and contrasting wordings whose exclusions are all found.
        reversed_: ruled-out options said as wanted; a count, not a share.
    """

    question: str
    lang: str
    phrases: int
    model: float | None
    read: float | None
    filled: float | None
    wrong: float | None
    ruled_out: float | None
    reversed_: int


def by_question(held: Sequence[Phrase], reader: Reader, knowledge: Knowledge) -> list[Score]:
    """Return a score for each question and language."""
    result = []
    for question in dict.fromkeys(phrase.question for phrase in held if phrase.question != OUT_OF_SCOPE):
        for lang in LANGUAGES:
            own = [phrase for phrase in held if phrase.question == question and phrase.lang == lang]
            result.append(_score(question, lang, own, reader, knowledge))
    return result


def _score(question: str, lang: str, own: Sequence[Phrase], reader: Reader, knowledge: Knowledge) -> Score:
    read_as = [(phrase, read(phrase.text, knowledge, reader=reader)) for phrase in own]
    plain = [(phrase, found) for phrase, found in read_as if phrase.kind in {"wanted", "mixed"}]
    hedged = [(phrase, found) for phrase, found in read_as if phrase.kind in {"wanted", "mixed", "hedged"}]
    ruling = [(ruled_out(phrase), phrase, found) for phrase, found in read_as if ruled_out(phrase)]
    named = [_named(reader, phrase)[0] == label(phrase) for phrase in own if phrase.kind != "contrast"]
    return Score(
        question,
        lang,
        len(own),
        _share(named),
        _share(phrase.option in _said(found, question) for phrase, found in plain),
        _share(phrase.option in found.needs.options(question) for phrase, found in plain),
        _share(
            bool(found.needs.options(question)) and phrase.option not in found.needs.options(question)
            for phrase, found in hedged
        ),
        _share(set(out) <= set(found.needs.excluded.get(question, ())) for out, _, found in ruling),
        sum(len(set(out) & set(found.needs.options(question))) for out, _, found in ruling),
    )


def ruled_out(phrase: Phrase) -> tuple[str, ...]:
    """Return the options a phrase rules out."""
    return (phrase.option,) if phrase.kind == "negated" else phrase.excluded


def _said(found: Understanding, question: str) -> set[str]:
    return {*found.needs.options(question), *found.offers.get(question, ())}


def _named(reader: Reader, phrase: Phrase) -> tuple[str, float]:
    scores = reader.model.scores(reader.normalise(phrase.text).text).get(phrase.question, {"": 0.0})
    best = max(scores, key=scores.__getitem__)
    return best, scores[best]


def calibration_error(held: Sequence[Phrase], reader: Reader, *, own_only: bool = False) -> float:
    """Return the expected calibration error of the classifiers, over ten bins of equal width.

    Each classifier is asked about each phrase, as it is when reading: about its own question's, and about the
    others' that its lexicon words do not speak on, where "says nothing" is right. ``own_only`` leaves those out.
    Guo et al., On Calibration of Modern Neural Networks, 2017, https://arxiv.org/abs/1706.04599
    """
    sure: list[float] = []
    right: list[bool] = []
    for phrase in held:
        if phrase.kind == "contrast":
            continue
        text = reader.normalise(phrase.text).text
        answered = reader.lexicon.questions(text)
        for question, classes in reader.model.scores(text).items():
            if question == phrase.question or not (own_only or question in answered):
                best = max(classes, key=classes.__getitem__)
                sure.append(classes[best])
                right.append(best == (label(phrase) if question == phrase.question else NOTHING))
    confidence, hit = np.array(sure), np.array(right, dtype=float)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(hit[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())]
    return float(sum(gaps))


def out_of_scope(held: Sequence[Phrase], reader: Reader, knowledge: Knowledge) -> tuple[float, float]:
    """Return recall on what is out of scope and the rate of false alarms on what is in scope."""
    outside = [read(p.text, knowledge, reader=reader).out_of_scope for p in held if p.question == OUT_OF_SCOPE]
    inside = [read(p.text, knowledge, reader=reader).out_of_scope for p in held if p.question != OUT_OF_SCOPE]
    return _share(outside) or 0.0, _share(inside) or 0.0


def _share(values: Iterable[bool]) -> float | None:
    listed = list(values)
    return sum(listed) / len(listed) if listed else None
