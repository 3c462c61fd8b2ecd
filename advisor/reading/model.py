"""What the lexicon does not know: one calibrated classifier a question on character n-grams.

Trained from `knowledge/phrases/` with scikit-learn and kept as plain arrays, never as a pickle, beside the phrases and
read from there. Where the words of a knowledge base were changed, it is trained anew (seconds) and kept under the
user's cache directory. Each carries the hash of what it was made from. Reading needs NumPy only.

Method: TF-IDF of character n-grams (2-4 in Latin words, 1-3 in Chinese), linear SVM, temperature calibration.
One more classifier, taught by all questions together, decides whether a wording denies what it speaks of.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.reading.phrases import OUT_OF_SCOPE, Phrase
from probes.system import data_folders
from probes.system.files import write_atomically

VERSION = 2
"""Raised whenever features or training change, so that old caches are not read."""
NOTHING = "-"
"""The class of texts that say nothing on the question."""
ABSENCES = frozenset({"none", "any"})
"""Options that are themselves an absence: "nothing gets deployed" says one, "we do deploy" denies it."""
_DENIED = "denied"
_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9][a-z0-9'+.#/-]*")
_LONGEST = 400
"""Characters of one clause that are looked at; a clause of prose is shorter."""


def grams(text: str) -> list[str]:
    """Return the character n-grams of a normalised text."""
    found = []
    for run in _RUN.findall(text[:_LONGEST]):
        if run[0] >= "\u3400":
            found += [run[i : i + n] for n in (1, 2, 3) for i in range(len(run) - n + 1)]
        else:
            padded = f" {run} "
            found += [padded[i : i + n] for n in (2, 3, 4) for i in range(len(padded) - n + 1)]
    return found


@dataclass(frozen=True)
class Head:
    """Classes of one question and their columns of the weights; ``beta`` is the inverse temperature."""

    classes: tuple[str, ...]
    start: int
    beta: float


@dataclass(frozen=True)
class Model:
    """All classifiers over one vocabulary.

    ``weights`` (features, columns), ``bias`` (columns,), ``idf`` (features,). ``denial``: the classifier of
    polarity, None when nothing negated was taught.
    """

    vocabulary: dict[str, int]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    heads: dict[str, Head]
    denial: Head | None = None

    def denied(self, text: str) -> float:
        """Return the probability that one clause, normalised and ``bare``, denies what it speaks of."""
        decisions = self._decisions(text)
        if decisions is None or self.denial is None:
            return 0.0
        return _shares(self.denial, decisions)[_DENIED]

    def scores(self, text: str) -> dict[str, dict[str, float]]:
        """Return question -> class -> calibrated probability for one normalised clause."""
        decisions = self._decisions(text)
        return {} if decisions is None else {name: _shares(head, decisions) for name, head in self.heads.items()}

    def _decisions(self, text: str) -> NDArray[np.float32] | None:
        counts = Counter(place for gram in grams(text) if (place := self.vocabulary.get(gram)) is not None)
        if not counts:
            return None
        places = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        terms = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (1.0 + np.log(terms)) * self.idf[places]
        values /= np.linalg.norm(values)
        decisions: NDArray[np.float32] = (values @ self.weights[places] + self.bias).astype(np.float32)  # (columns,)
        return decisions


def _shares(head: Head, decisions: NDArray[np.float32]) -> dict[str, float]:
    logits = head.beta * decisions[head.start : head.start + len(head.classes)]
    powers = np.exp(logits - logits.max())
    return dict(zip(head.classes, (powers / powers.sum()).tolist(), strict=True))


def label(phrase: Phrase) -> str:
    """Return the class a wording is an example of; what denies an absence says nothing of the kind."""
    return NOTHING if phrase.kind == "negated" and phrase.option in ABSENCES else phrase.option


def train(
    phrases: Sequence[Phrase],
    normalise: Callable[[str], str],
    questions_of: Callable[[str], set[str]],
    *,
    bare: Callable[[str], str],
) -> Model:
    """Fit on the phrases that are not held out.

    Args:
        phrases: held-out ones are left aside.
        normalise: text to the form ``grams`` reads.
        questions_of: questions on which the lexicon finds anything in a normalised text; a wording of another
            question is no example of "says nothing" where it does.
        bare: a normalised text without what it names: a denial is one whatever it denies.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = [phrase for phrase in phrases if not phrase.held_out and phrase.kind != "contrast"]
    texts = [normalise(phrase.text) for phrase in rows]
    answered = [questions_of(text) for text in texts]
    vectoriser = TfidfVectorizer(analyzer=grams, sublinear_tf=True, min_df=2, dtype=np.float32)
    matrix = vectoriser.fit_transform(texts)
    heads: dict[str, Head] = {}
    weights: list[NDArray[np.float32]] = []
    bias: list[float] = []
    for question in dict.fromkeys(phrase.question for phrase in rows):
        own = [i for i, phrase in enumerate(rows) if phrase.question == question]
        others = [i for i, phrase in enumerate(rows) if phrase.question != question and question not in answered[i]]
        if not others:
            continue
        wanted = max(len(own) * 3, 900)
        chosen = [*own, *others[:: max(len(others) // wanted, 1)]]
        labels = [label(rows[i]) if rows[i].question == question else NOTHING for i in chosen]
        classes, coefficients, intercepts, beta = _fit(matrix[chosen], labels)
        heads[question] = Head(classes, len(bias), beta)
        weights += list(coefficients)
        bias += list(intercepts)
    denial = None
    stated = [i for i, row in enumerate(rows) if row.kind != "hedged" and row.option not in ABSENCES | {OUT_OF_SCOPE}]
    polarity = [_DENIED if rows[i].kind == "negated" else NOTHING for i in stated]
    if len(set(polarity)) > 1:
        classes, coefficients, intercepts, beta = _fit(vectoriser.transform([bare(texts[i]) for i in stated]), polarity)
        denial = Head(classes, len(bias), beta)
        weights += list(coefficients)
        bias += list(intercepts)
    return Model(
        vocabulary=dict(vectoriser.vocabulary_),
        idf=vectoriser.idf_.astype(np.float32),
        weights=_as_kept(np.array(weights, dtype=np.float32).reshape(len(bias), -1).T),
        bias=np.array(bias, dtype=np.float32),
        heads=heads,
        denial=denial,
    )


def _as_kept(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weights with the digits that are kept on disk, so that the first reading is like every later one."""
    return np.ascontiguousarray(weights.astype(np.float16).astype(np.float32))


def _fit(matrix: Any, labels: list[str]) -> tuple[tuple[str, ...], Any, Any, float]:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=1.0, class_weight="balanced", tol=1e-3, random_state=0)
    fitted = CalibratedClassifierCV(machine, method="temperature", ensemble=False, cv=3).fit(matrix, labels)
    inner = fitted.calibrated_classifiers_[0]
    coefficients, intercepts = inner.estimator.coef_, inner.estimator.intercept_
    if len(fitted.classes_) == 2:  # one column d stands for the two logits (-d, d)
        coefficients = np.vstack([-coefficients, coefficients])
        intercepts = np.concatenate([-intercepts, intercepts])
    return tuple(map(str, fitted.classes_)), coefficients, intercepts, float(inner.calibrators[0].beta_)


def folder() -> Path:
    """Return where trained models are kept.

    Raises:
        Nowhere: there is no such folder.
    """
    return data_folders.cache()


SHIPPED = "model.npz"
"""The file beside the phrases that holds what was learned from them."""

LARGEST = 64_000_000
"""Bytes of a kept model, unpacked; ours takes five million."""


def recall(name: str, *, beside: Path | None = None) -> Model | None:
    """Return the model ``name``, None where there is none or it cannot be read.

    Args:
        name: of what it was made from. beside: a folder of phrases that may hold it; else the user's cache.
    """
    try:
        place = folder() / f"reading-{name}.npz" if beside is None else beside / SHIPPED
        with zipfile.ZipFile(place) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST:
                return None
        with np.load(place, allow_pickle=False) as held:
            facts = json.loads(str(held["facts"]))
            if facts.get("made_from", name) != name:
                return None
            heads = {q: Head(tuple(h["classes"]), h["start"], h["beta"]) for q, h in facts["heads"].items()}
            denial = heads.pop(_DENIED, None)
            vocabulary = {gram: place for place, gram in enumerate(facts["grams"])}
            weights = held["weights"].astype(np.float32)
            found = Model(vocabulary, held["idf"], weights, held["bias"], heads, denial)
    except (
        OSError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        EOFError,
        RecursionError,
        zipfile.BadZipFile,
        data_folders.Nowhere,
    ):
        return None
    return found if _fits(found) else None


def _fits(model: Model) -> bool:
    """Return whether the arrays of a model belong together, so that no text can stumble over them."""
    columns = len(model.bias)
    heads = [*model.heads.values(), *([model.denial] if model.denial else [])]
    return (
        model.weights.shape == (len(model.vocabulary), columns)
        and model.bias.shape == (columns,)
        and model.idf.shape == (len(model.vocabulary),)
        and all(bool(np.isfinite(part).all()) for part in (model.weights, model.bias, model.idf))
        and all(len(head.classes) > 1 and 0 <= head.start <= columns - len(head.classes) for head in heads)
    )


def keep(name: str, model: Model) -> None:
    """Keep ``model`` for next time; a place that cannot be written costs time only, so it is no error."""
    try:
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        write_atomically(place / f"reading-{name}.npz", packed(name, model))
    except (OSError, data_folders.Nowhere):
        return


def packed(name: str, model: Model) -> bytes:
    """Return a model as the file that ``recall`` reads."""
    heads = model.heads | ({_DENIED: model.denial} if model.denial else {})
    facts = {
        "made_from": name,
        "grams": sorted(model.vocabulary, key=model.vocabulary.__getitem__),
        "heads": {q: {"classes": h.classes, "start": h.start, "beta": h.beta} for q, h in heads.items()},
    }
    arrays = io.BytesIO()
    np.savez_compressed(
        arrays,
        facts=np.array(json.dumps(facts)),
        idf=model.idf,
        weights=model.weights.astype(np.float16),
        bias=model.bias,
    )
    return arrays.getvalue()


__all__ = [
    "ABSENCES",
    "NOTHING",
    "OUT_OF_SCOPE",
    "SHIPPED",
    "VERSION",
    "Head",
    "Model",
    "folder",
    "grams",
    "keep",
    "label",
    "packed",
    "recall",
    "train",
]
