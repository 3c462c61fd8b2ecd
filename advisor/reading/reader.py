"""The lexicon and the model of one knowledge base, loaded once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, zip_longest
from pathlib import Path

from advisor.knowledge.loading import knowledge_folder
from advisor.reading import conflict_resolution, lexicon, model, negation_scope, normalization, phrases, targets
from advisor.reading.conflict_resolution import Reading
from advisor.reading.lexicon import Concept, Lexicon
from advisor.reading.model import ABSENCES, NOTHING, OUT_OF_SCOPE, Model
from advisor.reading.negation_scope import Clause, Cues, Polarity
from advisor.reading.normalization import NormalizedText
from advisor.reading.roles import Roles
from advisor.reading.types import FILL, OFFER
from probes.system import logs

MARGIN = 0.25
"""The best class must lead the second by this much to be filled in."""
_FILL_BY_MODEL = 0.97
"""Stricter than for a rule: the model knows phrases, and real texts say much that none of them says."""
_FEW = 2
"""In a text of more clauses the model does not fill from a scrap of one: much of it is about nothing we ask."""
_SCRAP = (4, 6)
"""Latin words, or Chinese characters, below which a clause is a scrap."""
_DOUBTFUL = 0.7
"""The model cannot see what a "not" governs: where one stands that no rule understood, it only offers."""
_DENYING = 0.5
_SURELY_DENYING = 0.85
"""Probability of a denial at which what is named in a clause, and no rule saw denied, is only offered; ruled out."""
_CLAUSES = 48
"""Clauses the model looks at; a longer text has said by then what it is about."""
_OUT = 0.36
_OUT_AGAINST_RULES = 0.9
"""Probability of being out of scope at which it is said, without and with a word of ours in the text."""


@dataclass(frozen=True)
class Reader:
    """Everything that reading needs, immutable."""

    lexicon: Lexicon
    cues: Cues
    model: Model

    def normalise(self, text: str) -> NormalizedText:
        """Return the text as lexicon and model see it."""
        return normalization.normalise(text, self.lexicon.traditional)

    def by_rule(self, text: str, roles: Roles) -> tuple[list[Reading], list[Clause]]:
        """Return what the rules read in a normalised text, and its clauses."""
        clauses = negation_scope.clauses(text, self.lexicon.find(text), self.cues)
        found: list[Reading] = []
        conditional: list[tuple[Concept, list[Reading]]] = []
        for clause, following in zip_longest(clauses, clauses[1:]):
            polarities = negation_scope.polarities(text, clause, self.cues, targets=roles.target)
            if negation_scope.unnoticed_denial(text, clause, polarities, self.cues):
                polarities = self._doubted(text, clause, polarities)
            turned = (
                negation_scope.taken_back(text, clause, following, self.cues) if following and clause.matches else None
            )
            if turned is not None:
                polarities = _turned(clause, polarities, turned)
            for match, polarity in zip(clause.matches, polarities, strict=True):
                said = conflict_resolution.evidence(match, polarity, background=roles.background)
                if match.concept.needs:
                    conditional.append((match.concept, said))
                else:
                    found += said
        found += [
            reading
            for concept, said in conditional
            if conflict_resolution.conditional(concept, found)
            for reading in said
        ]
        return found, clauses

    def numbers(self, text: str) -> list[targets.Reading]:
        """Return the numbers that a normalised text asks to be reached."""
        return [] if self.lexicon.targets is None else self.lexicon.targets.read(text, self.cues.hedge)

    def _doubted(self, text: str, clause: Clause, polarities: list[Polarity]) -> list[Polarity]:
        """Return the polarities as the classifier of denials sees a clause in which the rules saw none."""
        denied = self._denied(text, clause)
        if denied < _DENYING:
            return polarities
        return _turned(clause, polarities, "excluded" if denied >= _SURELY_DENYING else "hedged")

    def _denied(self, text: str, clause: Clause) -> float:
        if not negation_scope.suspicious(text, clause, self.cues):
            return 0.0
        return self.model.denied(negation_scope.bare(text, clause, self.cues))

    def by_model(self, text: str, clauses: list[Clause], answered: set[str]) -> list[Reading]:
        """Return what the classifiers read on the questions that no rule has ``answered``."""
        found = []
        for clause, following in islice(zip_longest(clauses, clauses[1:]), _CLAUSES):
            turned = negation_scope.taken_back(text, clause, following, self.cues) if following else None
            part = text[clause.start : clause.end]
            for match in clause.matches:
                if match.concept.silent or match.concept.opaque:
                    place = slice(match.start - clause.start, match.end - clause.start)
                    part = part[: place.start] + " " * (match.end - match.start) + part[place.stop :]
            start, end = clause.start + len(part) - len(part.lstrip()), clause.start + len(part.rstrip())
            if end <= start or not _enough(part):
                continue
            negated = turned is not None or negation_scope.negated_at_all(text, clause, self.cues)
            doubtful = negation_scope.doubtful(text, clause, self.cues)
            scrap = not _enough(part, latin=_SCRAP[0], chinese=_SCRAP[1])
            denied = self._denied(text, clause)
            factor = conflict_resolution.HEDGED if negation_scope.hedged_at_all(text, clause, self.cues) else 1.0
            for question, classes in self.model.scores(part).items():
                if question in answered or question == OUT_OF_SCOPE:
                    continue
                (best, sure), (_, second) = sorted(classes.items(), key=lambda item: -item[1])[:2]
                if best == NOTHING or sure < OFFER:
                    continue
                if sure - second < MARGIN or sure < _FILL_BY_MODEL or (len(clauses) > _FEW and scrap):
                    sure = min(sure, FILL - 0.01)
                absence = best in ABSENCES
                if (doubtful or denied >= _DENYING) and not negated and not absence:
                    sure = min(sure, _DOUBTFUL)
                wanted = absence or not (negated or denied >= _SURELY_DENYING)
                found.append(Reading(question, best, wanted, sure * factor, start, end, by="model"))
        return found

    def out_of_scope(self, text: str, *, answered: bool) -> bool:
        """Return True if a normalised text is not about our subject. ``answered``: some rule found something."""
        sure = self.model.scores(text).get(OUT_OF_SCOPE, {}).get(OUT_OF_SCOPE)
        if sure is None:
            return not answered and self.cues.subject.search(text) is None
        ours = answered or self.cues.subject.search(text) is not None
        return sure >= (_OUT_AGAINST_RULES if ours else _OUT)


def _turned(clause: Clause, polarities: list[Polarity], turned: Polarity) -> list[Polarity]:
    """Turn what is wanted in ``clause``; where it speaks on several questions, it is not clear which one is denied."""
    questions = {question for match in clause.matches for question in match.concept.says}
    if turned == "excluded" and len(questions) > 1:
        turned = "hedged"
    open_ = {"wanted", "hedged", "aside"} if turned == "excluded" else {"wanted", "hedged"}
    return [turned if polarity in open_ else polarity for polarity in polarities]


def _enough(part: str, *, latin: int = 2, chinese: int = 3) -> bool:
    """Return True if a clause has enough words to be judged, by Latin words or Chinese characters."""
    characters = sum(map(normalization.is_cjk, part))
    return characters >= chinese or characters + len(part.split()) >= latin


def load(path: Path | None = None) -> Reader:
    """Return the reader of the knowledge base at ``path``; one whose words were changed is trained on first use.

    Raises:
        KnowledgeError: the lexicon or a phrases file is wrong.
    """
    root = (path or knowledge_folder()).resolve()
    files = (root / "lexicon.yaml", *sorted((root / "phrases").glob("*.yaml")))
    return _loaded(root, tuple(file.stat().st_mtime_ns for file in files if file.exists()))


def made_from(root: Path) -> str:
    """Return the name of the model that belongs to a knowledge base: a hash of the words it is made from."""
    return f"{model.VERSION}-{phrases.digest(root / 'lexicon.yaml', root / 'phrases')[:24]}"


@lru_cache(maxsize=2)
def _loaded(root: Path, stamps: tuple[int, ...]) -> Reader:
    words = lexicon.load(root / "lexicon.yaml")
    name = made_from(root)
    found = model.recall(name, beside=root / "phrases") or model.recall(name)
    if found is None:
        with logs.phase("text model training"):
            found = trained(words, phrases.load(root / "phrases"))
        model.keep(name, found)
    return Reader(words, Cues.of(words.cues), found)


def trained(words: Lexicon, examples: list[phrases.Phrase]) -> Model:
    """Train on ``examples``; the held-out ones are left aside."""

    def plain(text: str) -> str:
        return normalization.normalise(text, words.traditional).text

    cues = Cues.of(words.cues)

    def bare(text: str) -> str:
        return negation_scope.bare(text, Clause(0, len(text), tuple(words.find(text))), cues)

    return model.train(examples, plain, words.questions, bare=bare)
