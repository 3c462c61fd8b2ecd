"""What the session remembers: the answers, the evidence in use, the language, what runs. The one place that writes it.

The session holds the truth, the address mirrors it: a fresh session reads the address, a running one writes it.
Pages and components call the functions here, named by what happens; a test looks for any other writer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from advisor.decisions.document import Decision
from advisor.decisions.runtime_context import RuntimeContext, today
from advisor.errors import InputError
from advisor.knowledge.loading import load_knowledge
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Answer, Needs
from advisor.model.recommendation import Recommendation
from advisor.ui import query_params
from advisor.ui.texts import LANGUAGES
from probes.evidence.documents import EvidenceError, parse_evidence
from probes.statistics.targets import NAMES, TargetName, checked
from probes.types import Evidence

if TYPE_CHECKING:
    from advisor.ui.conversation import Talk
    from advisor.ui.measuring_process import Run

KEPT = 32
"""Recommendations remembered: a turn of the conversation asks for several."""

_memory: dict[tuple[object, ...], Recommendation] = {}
_memory_lock = threading.Lock()

UNDO_DEPTH = 30
"""Changes kept for undo: more than a person retraces."""


def begin() -> None:
    """Fill a fresh session from the address; later runs of the session change nothing but the knowledge base.

    Raises:
        KnowledgeError: it cannot be used.
    """
    state = st.session_state
    # Looked at once a run: a page asks for it a hundred times, and each look at its files takes milliseconds.
    state.base = load_knowledge()
    if "needs" in state:
        return
    parameters = st.query_params.to_dict()
    needs, problems = query_params.decode(parameters, knowledge())
    state.needs, state.address_problems = needs, problems
    state.history, state.skipped, state.evidence = [], frozenset(), {}
    state.lang = _first_language(parameters.get(query_params.LANGUAGE))
    _use_again(parameters.get(query_params.EVIDENCE, ""))


def _first_language(asked: str | None) -> str:
    if asked in LANGUAGES:
        return str(asked)
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def _use_again(named: str) -> None:
    """Use the kept evidence that the address names, so that loading the page anew loses nothing.

    A number alone would mean another measurement on another machine: its end must agree as well.
    """
    if not named:
        return
    # Its database layer takes as long to load as the knowledge base, and most sessions need none.
    from advisor.decisions import store

    for name in filter(None, named.split(",")):
        number, _, ended = name.partition("-")
        try:
            found = parse_evidence(store.evidence_document(int(number)))
        except (ValueError, InputError, EvidenceError):
            found = None
        if found is not None and _digits(found.finished) == ended:
            add_evidence(number, found)
        else:
            st.session_state.address_problems = [
                *st.session_state.address_problems,
                (f"{query_params.EVIDENCE}={name}", ""),
            ]


def _digits(moment: str) -> str:
    return "".join(letter for letter in moment if letter.isdecimal())[:14]


def mirror() -> None:
    """Write the answers, the language and the evidence in use to the address."""
    wanted = {**query_params.encode(needs()), query_params.LANGUAGE: str(st.session_state.lang)}
    kept = [f"{name}-{_digits(session.finished)}" for name, session in evidence().items() if name.isdecimal()]
    if kept:
        wanted[query_params.EVIDENCE] = ",".join(kept)
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def link() -> str:
    """Return the part of an address that restores the answers."""
    from urllib.parse import urlencode

    return "?" + urlencode({**query_params.encode(needs()), query_params.LANGUAGE: st.session_state.lang}, safe=",:")


def knowledge() -> Knowledge:
    """Return the knowledge base as this run of the page found it; the next reads it again where its files changed."""
    found: Knowledge | None = st.session_state.get("base")
    return found or load_knowledge()


def choose_language(lang: str) -> None:
    """Set the language of every page: "en" or "zh"."""
    st.session_state.lang = lang


def address_problems() -> list[query_params.Problem]:
    """Return what the address held that is unknown, until an answer changes."""
    found: list[query_params.Problem] = st.session_state.address_problems
    return found


def remember_pages(pages: Mapping[str, Any]) -> None:
    """Keep Streamlit's pages by the names of their modules, so that a button can open one."""
    st.session_state.pages = dict(pages)


def page(name: str) -> Any:
    """Return Streamlit's page of the module ``name``, None where the frame has not been drawn."""
    return st.session_state.get("pages", {}).get(name)


# ---------------------------------------------------------------- widgets


def widget(key: str) -> Any:
    """Return what the widget ``key`` holds, None where it has not been drawn yet."""
    return st.session_state.get(key)


def show_in_widget(key: str, value: object) -> None:
    """Set what the widget ``key`` shows when it is drawn next."""
    st.session_state[key] = value


def keep_widgets(*prefixes: str) -> None:
    """Keep what the widgets hold whose keys begin so: Streamlit forgets those it has not drawn in a run."""
    for name in st.session_state:
        if str(name).startswith(prefixes):
            st.session_state[name] = st.session_state[name]


def open_knowledge_tab(number: int) -> None:
    """Note which tab of the knowledge page is open: its name is another one in the other language."""
    st.session_state.knowledge_tab = number


def knowledge_tab() -> int:
    """Return which tab of the knowledge page was open last, the first unless told."""
    return int(st.session_state.get("knowledge_tab", 0))


def keep_upload(key: str, file_id: str) -> None:
    """Note that the file in the uploader ``key`` was taken: it stays there and is not to be taken twice."""
    st.session_state[f"{key}-taken"] = file_id


def upload_kept(key: str) -> str | None:
    """Return the id of the file that was taken last from the uploader ``key``."""
    found: str | None = st.session_state.get(f"{key}-taken")
    return found


# ---------------------------------------------------------------- answers


def needs() -> Needs:
    """Return what the user has said so far."""
    found: Needs = st.session_state.needs
    return found


def anything_known() -> bool:
    """Return whether there is anything that a recommendation could rest on: an answer, a target, a measurement."""
    return bool(needs().answers or needs().targets or evidence())


def put(new: Needs) -> None:
    """Set ``new`` as what the user says; the step can be undone."""
    state = st.session_state
    if new == state.needs:
        return
    state.history = [*state.history[-UNDO_DEPTH:], state.needs]
    state.needs = new
    state.address_problems = []


def undo() -> None:
    """Undo the last change."""
    if st.session_state.history:
        st.session_state.needs = st.session_state.history.pop()


def can_undo() -> bool:
    """Return whether there is a change to take back."""
    return bool(st.session_state.history)


def answer(question: str, options: tuple[str, ...]) -> None:
    """Answer ``question``, or take its answer back where ``options`` is empty."""
    put(answered(needs(), question, options))


def answered(old: Needs, question: str, options: tuple[str, ...]) -> Needs:
    """Return ``old`` with ``question`` answered so; an option that is wanted is no longer ruled out.

    A target that says otherwise is taken back.
    """
    answers: dict[str, Answer] = {key: value for key, value in old.answers.items() if key != question}
    if options:
        answers[question] = options if knowledge().questions[question].kind == "many" else options[0]
    excluded = {
        key: kept
        for key, values in old.excluded.items()
        if (kept := tuple(value for value in values if key != question or value not in options))
    }
    certainty = {key: value for key, value in old.certainty.items() if key != question}
    updated = {"answers": answers, "excluded": excluded, "certainty": certainty}
    sharper = knowledge().questions[question].sharpened_by
    if sharper is not None and sharper.target in old.targets and options:
        asked = old.targets[sharper.target]
        if sharper.option(asked) not in options:  # what is said last holds
            updated["targets"] = {name: value for name, value in old.targets.items() if name != sharper.target}
    return old.model_copy(update=updated)


def aim(target: TargetName, value: float | None) -> None:
    """Ask for a number to be reached, or take it back where it is None.

    Raises:
        Refused: it can be no target.
    """
    old = needs()
    targets = {name: number for name, number in old.targets.items() if name != target}
    if value is not None:
        targets[target] = checked(target, value)
    put(old.model_copy(update={"targets": {name: targets[name] for name in NAMES if name in targets}}))


def rule_out(question: str, options: tuple[str, ...]) -> None:
    """Rule options of ``question`` out; they leave the answer if they stood in it."""
    old = needs()
    kept = tuple(option for option in old.options(question) if option not in options)
    new = answered(old, question, kept)
    excluded = {key: value for key, value in new.excluded.items() if key != question}
    put(new.model_copy(update={"excluded": {**excluded, question: options} if options else excluded}))


def apply(change: Mapping[str, object]) -> None:
    """Apply a change ``{question: option | options | None}``, as the recommendation names it."""
    new = needs()
    for question, value in change.items():
        options = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, (list, tuple)) else ()
        new = answered(new, question, options)
    put(new)


def skip(question: str) -> None:
    """Leave ``question`` out of the guided answering."""
    st.session_state.skipped = skipped() | {question}


def skipped() -> frozenset[str]:
    """Return the questions that were left out."""
    found: frozenset[str] = st.session_state.skipped
    return found


def ask_again() -> None:
    """Ask every open question again."""
    st.session_state.skipped = frozenset()


# ---------------------------------------------------------------- what runs


def begin_measuring(run: Run) -> None:
    """Watch ``run``; what went wrong before is forgotten."""
    st.session_state.run = run
    tell("")


def end_measuring() -> None:
    """Watch no measurement any more."""
    st.session_state.run = None


def measuring() -> Run | None:
    """Return the measurement of this session that has not been taken over yet."""
    found: Run | None = st.session_state.get("run")
    return found


def tell(problem: str) -> None:
    """Set what the pages show: why a measurement gave nothing, or what was not kept or read; "" for nothing."""
    st.session_state.run_message = problem


def told() -> str:
    """Return what the pages have to show of the last measurement, "" where nothing went wrong."""
    return st.session_state.get("run_message") or ""


def begin_self_test(run: Run, *, quick: bool) -> None:
    """Watch the instrument's own test; what went wrong before is forgotten."""
    st.session_state.selftest_run, st.session_state.selftest_quick = run, quick
    st.session_state.selftest_message = ""


def end_self_test(problem: str) -> None:
    """Watch no self-test any more; ``problem`` says why it gave nothing, "" where it did."""
    st.session_state.selftest_run, st.session_state.selftest_message = None, problem


def self_testing() -> Run | None:
    """Return the self-test of this session that runs."""
    found: Run | None = st.session_state.get("selftest_run")
    return found


def self_test_is_quick() -> bool:
    """Return whether the running self-test is the quick one."""
    return bool(st.session_state.selftest_quick)


def self_test_problem() -> str:
    """Return why the last self-test gave nothing, "" where it did."""
    return st.session_state.get("selftest_message") or ""


def keep_survey(pythons: Mapping[str, str], found: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep what each framework's interpreter holds, as looked up in ``pythons``."""
    st.session_state.surveyed = (dict(pythons), found)


def survey(pythons: Mapping[str, str]) -> Mapping[str, Mapping[str, Any]]:
    """Return what was seen in these very interpreters, nothing where others were looked at or none."""
    asked, found = st.session_state.get("surveyed", ({}, {}))
    return found if asked == pythons else {}


# ---------------------------------------------------------------- the conversation and an opened decision


def begin_talk(talk: Talk) -> None:
    """Begin the conversation anew."""
    st.session_state.talk = talk
    keep_transcript(())


def talk() -> Talk | None:
    """Return the conversation of this session."""
    found: Talk | None = st.session_state.get("talk")
    return found


def keep_transcript(turns: Iterable[dict[str, str]]) -> None:
    """Keep the conversation so far as the report holds it."""
    st.session_state.transcript = tuple(turns)


def transcript() -> tuple[dict[str, str], ...]:
    """Return the conversation so far, a line a turn, as the report keeps it."""
    return tuple(st.session_state.get("transcript", ()))


def open_decision(document: dict[str, Any]) -> None:
    """Open a decision that was kept or received."""
    st.session_state.opened = document


def close_decision() -> None:
    """Close the decision that is open."""
    st.session_state.opened = None


def opened_decision() -> dict[str, Any] | None:
    """Return the decision that is open."""
    found: dict[str, Any] | None = st.session_state.get("opened")
    return found


# ---------------------------------------------------------------- evidence and result


def add_evidence(name: str, evidence: Evidence) -> None:
    """Add ``evidence``, known as ``name`` in the store, to what the recommendation uses."""
    st.session_state.evidence = {**st.session_state.evidence, name: evidence}


def drop_evidence(name: str) -> None:
    """Remove the evidence ``name`` from what the recommendation uses."""
    st.session_state.evidence = {key: value for key, value in st.session_state.evidence.items() if key != name}


def evidence() -> dict[str, Evidence]:
    """Return the evidence in use, by its name in the store."""
    found: dict[str, Evidence] = st.session_state.evidence
    return found


def context() -> RuntimeContext:
    """Return the day, the installed versions, this machine and its probes, looked up once a session and a day."""
    found: RuntimeContext | None = st.session_state.get("context")
    if found is None or found.today != today():
        found = st.session_state.context = RuntimeContext.here(knowledge())
    return found


def recommendation() -> Recommendation:
    """Return the recommendation for the present answers and evidence; unchanged input is not computed twice."""
    return recommendation_for(needs(), evidence())


def recommendation_for(wanted: Needs, measured: Mapping[str, Evidence]) -> Recommendation:
    """Return the recommendation for ``wanted``; the last ones are remembered for whoever asks the same again."""
    base, here = knowledge(), context()
    sessions = tuple(sorted((name, session.finished) for name, session in measured.items()))
    asked = json.dumps([wanted.document(), here.versions], sort_keys=True)
    key = (asked, sessions, base.sha256, here.today)
    with _memory_lock:
        if key in _memory:
            return _memory[key]
    found = here.recommend(wanted, base, tuple(measured.values()))
    with _memory_lock:
        while len(_memory) >= KEPT:
            _memory.pop(next(iter(_memory)))
        _memory[key] = found
    return found


def decision() -> Decision:
    """Build the decision from the session."""
    return context().decision(
        needs(), recommendation(), tuple(evidence().values()), knowledge(), transcript=transcript()
    )
