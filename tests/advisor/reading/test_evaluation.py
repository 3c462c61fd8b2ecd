"""The reader on the phrases it was not taught, and the phrases themselves."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from advisor import reading
from advisor.errors import KnowledgeError
from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.reading import evaluation, model, phrases, reader

KNOWLEDGE = load_knowledge()
FOLDER = knowledge_folder() / "phrases"
PHRASES = phrases.load(FOLDER)
HELD = [phrase for phrase in PHRASES if phrase.held_out]
READER = reading.load_model()


@pytest.mark.parametrize("lang", phrases.LANGUAGES)
def test_confidence_means_what_it_says(lang: str) -> None:
    assert evaluation.calibration_error([phrase for phrase in HELD if phrase.lang == lang], READER) <= 0.05


def test_what_is_out_of_scope_is_noticed_without_false_alarm() -> None:
    recall, alarms = evaluation.out_of_scope(HELD, READER, KNOWLEDGE)
    assert recall >= 0.9
    assert alarms <= 0.05


@pytest.mark.parametrize("lang", phrases.LANGUAGES)
def test_devices_are_read_in_new_wordings(lang: str) -> None:
    held = [phrase for phrase in HELD if phrase.question == "hardware" and phrase.lang == lang]
    (score,) = [found for found in evaluation.by_question(held, READER, KNOWLEDGE) if found.lang == lang]
    assert score.read is not None
    assert score.read >= 0.9
    assert score.ruled_out == 1.0
    assert score.reversed_ == 0


def test_a_filled_answer_is_rarely_the_wrong_one() -> None:
    wrong = [score.wrong for score in evaluation.by_question(HELD, READER, KNOWLEDGE) if score.wrong is not None]
    assert sum(wrong) / len(wrong) <= 0.05


def test_nothing_held_out_is_taught() -> None:
    taught = {phrase.text for phrase in PHRASES if not phrase.held_out}
    assert not taught & {phrase.text for phrase in HELD}


def test_every_phrase_names_known_options() -> None:
    for phrase in PHRASES:
        if phrase.question == phrases.OUT_OF_SCOPE:
            continue
        known = {choice.id for choice in KNOWLEDGE.questions[phrase.question].options}
        assert {phrase.option, *phrase.excluded} <= known, phrase


def _counts(question: str) -> dict[tuple[str, str], list[phrases.Phrase]]:
    found: dict[tuple[str, str], list[phrases.Phrase]] = {}
    for phrase in PHRASES:
        if phrase.question == question:
            found.setdefault((phrase.option, phrase.lang), []).append(phrase)
    return found


@pytest.mark.parametrize("question", sorted({p.question for p in PHRASES} - {phrases.OUT_OF_SCOPE}))
def test_every_option_has_enough_wordings_in_both_languages(question: str) -> None:
    counts = _counts(question)
    assert set(counts) == {
        (choice.id, lang) for choice in KNOWLEDGE.questions[question].options for lang in phrases.LANGUAGES
    }
    for own in counts.values():
        assert len(own) >= 40
        assert sum(phrase.held_out for phrase in own) >= 8
        assert sum(phrase.kind != "wanted" for phrase in own) * 4 >= len(own)
        assert len({phrase.text for phrase in own}) == len(own)


def test_a_missing_phrases_file_is_a_question_without_a_model(tmp_path: Path) -> None:
    for name in ("hardware.yaml", "out-of-scope.yaml"):
        (tmp_path / name).write_text((FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8")
    trained = reader.trained(READER.lexicon, phrases.load(tmp_path))
    assert set(trained.heads) == {"hardware", phrases.OUT_OF_SCOPE}
    found = reading.read("on an iPhone", KNOWLEDGE, reader=dataclasses.replace(READER, model=trained))
    assert found.needs.options("deploy") == ("mobile",)


def test_a_wrong_phrases_file_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "hardware.yaml").write_text("train: {cpu: {en: {wanted: [1]}}}", encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        phrases.load(tmp_path)
    assert caught.value.problems[0].file == "knowledge/phrases/hardware.yaml"


def test_a_kept_model_reads_like_the_trained_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path))
    model.keep("x", READER.model)
    kept = model.recall("x")
    assert kept is not None
    for phrase in HELD[:50]:
        text = READER.normalise(phrase.text).text
        assert READER.model.scores(text) == kept.scores(text)


def test_a_broken_cache_is_trained_anew_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "reading-x.npz").write_bytes(b"PK\x03\x04 no archive")
    assert model.recall("x") is None


def test_an_option_with_too_few_wordings_to_learn_from_is_named(tmp_path: Path) -> None:
    (tmp_path / "mood.yaml").write_text("train: {calm: {en: {wanted: [we have time, no hurry]}}}", encoding="utf-8")

    with pytest.raises(KnowledgeError, match=r"mood\.yaml.*train\.calm: 2 wordings, and at least 3 are needed"):
        phrases.load(tmp_path)
