"""What the session remembers: the answers, the evidence in use, the language. The one place that writes it.

The session holds the truth, the address mirrors it: a fresh session reads the address, a running one writes it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping

import streamlit as st

from advisor.decisions.document import Decision
from advisor.errors import InputError
from advisor.knowledge.loading import load_knowledge
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Answer, Needs
from advisor.model.recommendation import Recommendation
from advisor.runtime import RuntimeContext
from advisor.ui import query_params
from advisor.ui.texts import LANGUAGES
from probes.evidence.documents import EvidenceError, parse_evidence
from probes.types import Evidence

KEPT = 32
"""Recommendations remembered: a turn of the conversation asks for several."""

_memory: dict[tuple[object, ...], Recommendation] = {}
_memory_lock = threading.Lock()

UNDO_DEPTH = 30
"""Changes kept for undo: more than a person retraces."""


def begin() -> None:
    """Fill a fresh session from the address; later runs of the session change nothing."""
    state = st.session_state
    if "needs" in state:
        return
    parameters = st.query_params.to_dict()
    needs, problems = query_params.decode(parameters, knowledge())
    state.needs, state.address_problems = needs, problems
    state.history, state.skipped, state.evidence, state.unused = [], set(), {}, set()
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
    """Return the knowledge base; it is read again when its files change."""
    return load_knowledge()


# ---------------------------------------------------------------- answers


def needs() -> Needs:
    """Return what the user has said so far."""
    found: Needs = st.session_state.needs
    return found


def put(new: Needs) -> None:
    """Take ``new`` as what the user says; the step can be undone."""
    state = st.session_state
    if new == state.needs:
        return
    state.history = [*state.history[-UNDO_DEPTH:], state.needs]
    state.needs = new
    state.address_problems = []


def undo() -> None:
    """Take the last change back."""
    if st.session_state.history:
        st.session_state.needs = st.session_state.history.pop()


def can_undo() -> bool:
    """Return whether there is a change to take back."""
    return bool(st.session_state.history)


def answer(question: str, options: tuple[str, ...]) -> None:
    """Answer ``question``, or take its answer back where ``options`` is empty."""
    put(answered(needs(), question, options))


def answered(old: Needs, question: str, options: tuple[str, ...]) -> Needs:
    """Return ``old`` with ``question`` answered so; an option that is wanted is no longer ruled out."""
    answers: dict[str, Answer] = {key: value for key, value in old.answers.items() if key != question}
    if options:
        answers[question] = options if knowledge().questions[question].kind == "many" else options[0]
    excluded = {
        key: kept
        for key, values in old.excluded.items()
        if (kept := tuple(value for value in values if key != question or value not in options))
    }
    certainty = {key: value for key, value in old.certainty.items() if key != question}
    return old.model_copy(update={"answers": answers, "excluded": excluded, "certainty": certainty})


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


# ---------------------------------------------------------------- evidence and result


def add_evidence(name: str, evidence: Evidence) -> None:
    """Let the recommendation use ``evidence``, known as ``name`` in the store."""
    st.session_state.evidence = {**st.session_state.evidence, name: evidence}


def drop_evidence(name: str) -> None:
    """Let the recommendation no longer use the evidence ``name``."""
    st.session_state.evidence = {key: value for key, value in st.session_state.evidence.items() if key != name}


def evidence() -> dict[str, Evidence]:
    """Return the evidence in use, by its name in the store."""
    found: dict[str, Evidence] = st.session_state.evidence
    return found


def context() -> RuntimeContext:
    """Return the day, the installed versions, this machine and its probes: the only look of the pages at them."""
    return RuntimeContext.here(knowledge())


def transcript() -> tuple[dict[str, str], ...]:
    """Return the conversation so far, a line a turn, as the report keeps it."""
    return tuple(st.session_state.get("transcript", ()))


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
