"""What the reader's files name must exist: questions, options and criteria of the knowledge base.

Reads lexicon.yaml, phrases/ and descriptions/; every problem at once, with its line and the nearest known word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from advisor.errors import KnowledgeError, Problem, nearest
from advisor.knowledge import yaml_lines
from advisor.knowledge.yaml_lines import Document
from advisor.model.knowledge import Knowledge
from advisor.reading import benchmark_texts, lexicon, phrases
from probes.system.suggestions import spelled


def integrity(root: Path, knowledge: Knowledge) -> list[Problem]:
    """Return what is wrong in the reader's files under ``root``; a file that is missing is not read."""
    try:
        if (root / "lexicon.yaml").is_file():
            lexicon.load(root / "lexicon.yaml")
        phrases.load(root / "phrases")
        benchmark_texts.load(root / "descriptions")
    except KnowledgeError as error:
        return error.problems
    return sorted(
        [
            *(problem for document in _documents(root, "lexicon.yaml") for problem in _lexicon(document, knowledge)),
            *(problem for document in _documents(root, "phrases/*.yaml") for problem in _phrases(document, knowledge)),
            *(
                problem
                for document in _documents(root, "descriptions/*.yaml")
                for problem in _descriptions(document, knowledge)
            ),
        ]
    )


def _documents(root: Path, pattern: str) -> Iterator[Document]:
    for path in sorted(root.glob(pattern)):
        name = path.relative_to(root.parent).as_posix()
        yield yaml_lines.read_yaml(path.read_text(encoding="utf-8"), name, plain=True)


def _lexicon(document: Document, knowledge: Knowledge) -> Iterator[Problem]:
    for at, concept in enumerate(document.data["concepts"]):
        for key in lexicon.OPTION_KEYS & concept.keys():
            place = ("concepts", at, key)
            yield from _answers(document, place, concept[key], knowledge, key=f"concepts.{concept['id']}.{key}")
    for name, criteria in document.data["critiques"].items():
        for criterion in [criteria] if isinstance(criteria, str) else criteria:
            if criterion not in knowledge.criteria:
                message = f"unknown criterion '{criterion}'"
                yield document.problem(("critiques", name), message, nearest(criterion, knowledge.criteria))


def _phrases(document: Document, knowledge: Knowledge) -> Iterator[Problem]:
    question = Path(document.file).stem
    if question == phrases.OUT_OF_SCOPE:
        return
    if question not in knowledge.questions:
        way_out = nearest(question, knowledge.questions)
        yield document.problem((), f"the file's name is not a question: '{question}'", way_out)
        return
    for part in ("train", "held_out"):
        for option in document.data.get(part, {}):
            place = (part, option)
            yield from _option(document, place, question, str(option), knowledge, key=spelled(place))


def _descriptions(document: Document, knowledge: Knowledge) -> Iterator[Problem]:
    for at, text in enumerate(document.data):
        for key in ("wanted", "excluded", "maybe"):
            yield from _answers(document, (at, key), text.get(key, {}), knowledge, key=f"{text['id']}.{key}")


def _answers(
    document: Document, place: yaml_lines.Path, answers: Mapping[str, Any], knowledge: Knowledge, *, key: str
) -> Iterator[Problem]:
    """Check question -> option or options; "a|b" names two."""
    for question, options in answers.items():
        here = f"{key}.{question}"
        if question not in knowledge.questions:
            message, way_out = f"unknown question '{question}'", nearest(question, knowledge.questions)
            yield document.problem((*place, question), message, way_out, key=here)
            continue
        for written in [options] if isinstance(options, str) else options:
            for option in written.split("|"):
                yield from _option(document, (*place, question), question, option, knowledge, key=here)


def _option(
    document: Document, place: yaml_lines.Path, question: str, option: str, knowledge: Knowledge, *, key: str
) -> Iterator[Problem]:
    known = {choice.id for choice in knowledge.questions[question].options}
    if option not in known:
        yield document.problem(place, f"'{question}' has no option '{option}'", nearest(option, known), key=key)
