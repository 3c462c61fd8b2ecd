"""Random small worlds: a knowledge base and answers, for properties that must hold in all of them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, TypeVar

from hypothesis import strategies as st

from advisor.engine import scoring
from advisor.model.knowledge import Claim, Knowledge, Route
from advisor.model.needs import Needs
from tests.advisor import small

T = TypeVar("T", Claim, Route)

NAMES = ("a", "b", "c")
CRITERIA = ("w", "x", "y", "mobile", "device")
OPTIONS = {
    "stage": ("p", "q", "r"),
    "domain": ("d", "e"),
    "deploy": ("none", "mobile", "web"),
    "device": ("cpu", "gpu"),
}
MANY = ("domain", "deploy", "device")

effects = st.integers(-2, 2)
grades = st.sampled_from(["high", "moderate", "low", "very-low"])
conditions = st.one_of(
    st.just({}),
    st.sampled_from([(question, option) for question, options in OPTIONS.items() for option in options]).map(
        lambda pair: {pair[0]: (pair[1],)}
    ),
)


exceptions = st.lists(
    st.lists(
        st.sampled_from(
            [("stage", ("p",)), ("deploy", ("web",)), ("deploy", ("none", "mobile")), ("device", ("gpu",))]
        ),
        min_size=1,
        max_size=2,
    ).map(dict),
    max_size=2,
)


# Made once: a strategy that is made while another draws is checked anew for every example.
frameworks = st.sampled_from(NAMES)
criteria = st.sampled_from(CRITERIA)
truths = st.sampled_from(["current", "current", "contested", "outdated", "wrong"])
origins = st.sampled_from(["source", "copy-1", "copy-2"])
living = st.sampled_from(["supported", "supported", "beta", "dead"])
needed = st.sampled_from(["deploy.mobile", "deploy.web", "device.cpu", "device.gpu"])
judgements = st.dictionaries(frameworks, effects, min_size=1)
cited = st.sets(st.sampled_from([f"claim-{i}" for i in range(8)]), max_size=2)


@st.composite
def unnumbered_claims(draw: st.DrawFn) -> Claim:
    judged = draw(judgements)
    return small.claim(
        "claim",
        draw(criteria),
        dict(sorted(judged.items())),
        grade=draw(grades),
        truth=draw(truths),
        when=draw(conditions),
        unless=draw(exceptions),
        sources=(draw(origins),),
    )


@st.composite
def unnumbered_routes(draw: st.DrawFn) -> Route:
    return small.route(
        "route",
        draw(needed),
        draw(frameworks),
        effect=draw(effects),
        grade=draw(grades),
        status=draw(living),
        when=draw(conditions),
        unless=draw(exceptions),
        claims=tuple(draw(cited)),
    )


def numbered(made: Sequence[T]) -> list[T]:
    """Name claims or routes by their place."""
    return [one.model_copy(update={"id": f"{one.id}-{number}"}) for number, one in enumerate(made)]


LEAST = 8
"""Claims with which, and as much emphasis, most answers have somebody in the lead."""

emphases = {
    least: st.dictionaries(criteria, st.integers(0, 3).map(float), min_size=min(1, least), max_size=3)
    for least in (0, LEAST)
}
claims = {least: st.lists(unnumbered_claims(), min_size=least, max_size=8).map(numbered) for least in (0, LEAST)}
routes = st.lists(unnumbered_routes(), max_size=10).map(numbered)

JUDGED_BY = (
    small.criterion("w", full_scale=2.0),
    small.criterion("x"),
    small.criterion("y"),
    small.criterion("mobile", needs=("deploy.mobile", "deploy.web")),
    small.criterion("device", needs=("device.cpu", "device.gpu")),
)
SOURCES = (small.source("copy-1", origin_group="origin"), small.source("copy-2", origin_group="origin"))
SETTINGS = small.SETTINGS.model_copy(update={"draws": 500})


@st.composite
def knowledges(draw: st.DrawFn, *, least: int = 0) -> Knowledge:
    """A knowledge base of ``least`` claims (0 or ``LEAST``) and more."""
    emphasis = emphases[least]
    requires: dict[str, Any] = {"deploy": "all", "device": "any"}
    return small.knowledge(
        NAMES,
        JUDGED_BY,
        [
            small.question(
                question,
                {option: draw(emphasis) for option in options},
                kind="many" if question in MANY else "one",
                requires=requires.get(question),
            )
            for question, options in OPTIONS.items()
        ],
        draw(claims[least]),
        routes=draw(routes),
        sources=SOURCES,
        settings=SETTINGS,
    )


def several(chosen: Set[str]) -> tuple[str, ...]:
    return ("none",) if "none" in chosen else tuple(sorted(chosen))


answered: dict[str, st.SearchStrategy[Any]] = {
    question: st.sets(st.sampled_from(options), min_size=1).map(several)
    if question in MANY
    else st.sampled_from(options)
    for question, options in OPTIONS.items()
}
ruled_out = st.dictionaries(st.sampled_from(sorted(OPTIONS)), st.just(("q", "e", "web", "gpu")), max_size=1)
priorities = st.dictionaries(criteria, st.sampled_from([0.0, 0.5, 1.0, 3.0]), max_size=2)


@st.composite
def needs(draw: st.DrawFn) -> Needs:
    answers = {question: draw(answer) for question, answer in answered.items() if draw(st.booleans())}
    return Needs(
        answers=answers,
        excluded={q: tuple(o for o in out if o in OPTIONS[q]) for q, out in draw(ruled_out).items()},
        priorities=draw(priorities),
        certainty={question: 0.5 for question in answers if draw(st.booleans())},
    )


def decided() -> st.SearchStrategy[tuple[Knowledge, Needs]]:
    """Worlds in which somebody leads: without one there is nothing that could change."""
    drawn = st.tuples(knowledges(least=LEAST), needs())
    return drawn.filter(lambda world: scoring.score(world[1], world[0], today=small.TODAY).leader is not None)


def exchanged(knowledge: Knowledge, one: str, other: str) -> Knowledge:
    """Return the knowledge base with everything said about two frameworks exchanged."""
    swap = {one: other, other: one}
    return knowledge.model_copy(
        update={
            "claims": {
                key: claim.model_copy(
                    update={
                        "value": {swap.get(name, name): effect for name, effect in claim.value.items()},
                        "favours": swap.get(claim.favours, claim.favours),
                        "versions": {swap.get(name, name): span for name, span in claim.versions.items()},
                    }
                )
                for key, claim in knowledge.claims.items()
            },
            "routes": tuple(
                route.model_copy(update={"framework": swap.get(route.framework, route.framework)})
                for route in knowledge.routes
            ),
        }
    )


def without(knowledge: Knowledge, name: str) -> Knowledge:
    """Return the knowledge base as if a framework had never been entered."""
    return knowledge.model_copy(
        update={
            "frameworks": {key: value for key, value in knowledge.frameworks.items() if key != name},
            "claims": {
                key: claim.model_copy(update={"value": {k: v for k, v in claim.value.items() if k != name}})
                for key, claim in knowledge.claims.items()
            },
            "routes": tuple(route for route in knowledge.routes if route.framework != name),
        }
    )
