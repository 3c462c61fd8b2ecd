"""The reader's model card: data, method, scores per language, limits; written from the present files."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.knowledge import Knowledge
from advisor.reading import benchmark_texts, evaluation
from advisor.reading.benchmark_texts import HALVES, Description
from advisor.reading.phrases import LANGUAGES, OUT_OF_SCOPE, Phrase
from advisor.reading.reader import Reader

_HEAD = """# Model card: reading free text

Written by `python -m advisor.reading card`; do not edit by hand.

**What it is for.** Reading an English, Chinese or mixed description of a machine learning project into the
questionnaire's answers, offline. Not for anything else; it makes no decision, and every answer it fills in is
shown with the words it was read from and can be taken back.

**How it works.** A bilingual lexicon with rules of negation, doubt and comparison (`knowledge/lexicon.yaml`) reads
what has a name. What has none goes to one classifier a question: TF-IDF of character n-grams (2-4 in Latin words,
1-3 in Chinese), linear support vector machine, temperature calibration in three folds, taught by the `train` part of
`knowledge/phrases/`. One more such classifier hears denials that no rule knows, where a word that may deny stands:
what is named there is offered at most (from .5) or ruled out (from .85). Otherwise a rule beats a classifier. A rule
fills from .85 on, a classifier from .97 and a lead of .25; what is less sure is offered as a choice. Words that only
hint ("customers": production) yield to all that is said. What becomes of existing code (kept, complained about, left)
is taken from the text as a whole. Trained on first
use with scikit-learn, kept as plain arrays.

**Data.** Our own wordings, written by people who knew the options; no text of any user, no public data set."""

_LIMITS = """**Limits.**
- The held-out wordings were written to avoid the lexicon's words: `filled` is a lower bound for real texts, which
  mostly name things. `model` counts "says nothing" as a wrong answer for them.
- Irony, quotations, other people's projects and comparisons over several sentences are read at face value.
- A denial told in a way that neither rules nor examples know is not heard ("the sales people would love a phone
  version; I would not"). In doubt nothing is filled, so some complaints ("the phone has no ...") are offered only.
  `reversed` counts the ruled-out options that were said as wanted all the same.
- Calibration holds for the mix of clauses met in reading; on a question's own wordings alone the classifiers are
  less well calibrated (second figure).
- Other languages are not read; what is named in Latin letters in them may be."""


_WHOLE = """**Whole descriptions** (`knowledge/descriptions/`): chat lines, issue comments, e-mails and forum posts in
the first and third person, with asides, complaints, migrations and reported speech, made up for this and taught to
nothing. All questions count. What fails in the half `tune` was looked at to improve the reader; the half `blind` was
only counted. Both were written by those who went on to extend the lexicon, so take even the blind figures as upper
bounds. The 26 texts numbered `f` were written when the reader had been improved on the others: at first sight it read
them with an F1 of .79 (en) and .80 (zh), where the reader of before reached .74 and .76."""

_STRANGERS = """**Strangers' wishes.** On 27 November 2026, 323 short descriptions by strangers in public threads were
put into other words and labelled by people who did not know the reader (172 en, 151 zh; not part of the project, as
they follow other people's texts). On the questions on deployment, hardware, field, stage, scale, experience and weights
it read them at first sight with an F1 of .82 (en) and .83 (zh). Half of them, and half of the rest, were then
looked at to improve it; on the quarter that nobody has looked at it reads .84 (en) and .86 (zh). Expect that of a
text by a stranger. Missed most is what a team knows, and whether weights are taken from others, where neither is
named."""


def card(phrases: Sequence[Phrase], described: Sequence[Description], reader: Reader, knowledge: Knowledge) -> str:
    """Return the model card in Markdown."""
    held = [phrase for phrase in phrases if phrase.held_out]
    ours = [phrase for phrase in phrases if phrase.question != OUT_OF_SCOPE]
    lines = [_HEAD, ""]
    for lang in LANGUAGES:
        own = [phrase for phrase in ours if phrase.lang == lang]
        odd = sum(phrase.kind != "wanted" for phrase in own)
        lines.append(
            f"- {lang}: {len(own)} wordings, {sum(p.held_out for p in own)} of them held out, "
            f"{odd / max(len(own), 1):.0%} negated, hedged, mixed or contrasting"
        )
    lines += ["", "**Scores on the held-out wordings**, which nothing was trained on:", ""]
    lines += [
        "| question | language | wordings | model | read | filled | wrong | ruled out found | reversed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for score in evaluation.by_question(held, reader, knowledge):
        shares = (score.model, score.read, score.filled, score.wrong, score.ruled_out)
        cells = " | ".join("–" if share is None else f"{share:.2f}" for share in shares)
        lines.append(f"| {score.question} | {score.lang} | {score.phrases} | {cells} | {score.reversed_} |")
    lines += [
        "",
        "`model`: the classifier alone names the option. `read`: the reader fills or offers it. `filled`: fills it. "
        "`wrong`: fills another one instead.",
        "",
    ]
    for lang in LANGUAGES:
        own = [phrase for phrase in held if phrase.lang == lang]
        error, alone = (
            evaluation.calibration_error(own, reader),
            evaluation.calibration_error(own, reader, own_only=True),
        )
        lines.append(f"- expected calibration error, {lang}: {error:.3f} (own wordings alone: {alone:.3f})")
    recall, alarms = evaluation.out_of_scope(held, reader, knowledge)
    lines += [f"- out of scope: recall {recall:.2f}, false alarms {alarms:.3f}", ""]
    lines += [*_descriptions(described, reader, knowledge), "", _STRANGERS, "", _LIMITS, ""]
    return "\n".join(lines)


def _descriptions(described: Sequence[Description], reader: Reader, knowledge: Knowledge) -> list[str]:
    lines = [
        _WHOLE,
        "",
        "| half | language | texts | precision | recall | F1 | ruled out found | reversed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for half in HALVES:
        for lang in ("en", "zh", "mixed", "all"):
            own = [one for one in described if one.half == half and lang in {one.lang, "all"}]
            sums = benchmark_texts.total(benchmark_texts.tally(own, reader, knowledge))
            lines.append(
                f"| {half} | {lang} | {len(own)} | {sums.precision:.2f} | {sums.recall:.2f} | {sums.f1:.2f} "
                f"| {sums.ruled_out_found} of {sums.ruled_out} | {sums.reversed_} |"
            )
    return [
        *lines,
        "",
        "`precision`: of what is filled in, what is said or allowed. `recall`: of what must be filled in, what is.",
    ]
