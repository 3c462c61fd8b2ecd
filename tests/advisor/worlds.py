"""Random small worlds: a knowledge base and answers, for properties that must hold in all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from advisor.engine import scoring
from advisor.model.knowledge import Claim, Knowledge, Route
from advisor.model.needs import Needs
from tests.advisor import small

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


@st.composite
def claims(draw: st.DrawFn, names: tuple[str, ...], number: int) -> Claim:
    judged = draw(st.sets(st.sampled_from(names), min_size=1))
    return small.claim(
        f"claim-{number}",
        draw(st.sampled_from(CRITERIA)),
        {name: draw(effects) for name in sorted(judged)},
        grade=draw(grades),
        truth=draw(st.sampled_from(["current", "current", "contested", "outdated", "wrong"])),
        when=draw(conditions),
        unless=draw(exceptions),
        sources=(draw(st.sampled_from(["source", "copy-1", "copy-2"])),),
    )


@st.composite
def routes(draw: st.DrawFn, names: tuple[str, ...], number: int) -> Route:
    return small.route(
        f"route-{number}",
        draw(st.sampled_from(["deploy.mobile", "deploy.web", "device.cpu", "device.gpu"])),
        draw(st.sampled_from(names)),
        effect=draw(effects),
        grade=draw(grades),
        status=draw(st.sampled_from(["supported", "supported", "beta", "dead"])),
        when=draw(conditions),
        unless=draw(exceptions),
        claims=tuple(draw(st.sets(st.sampled_from([f"claim-{i}" for i in range(8)]), max_size=2))),
    )


@st.composite
def knowledges(draw: st.DrawFn, names: tuple[str, ...] = NAMES, *, least: int = 0) -> Knowledge:
    """A knowledge base; with ``least`` claims and as much emphasis, most answers have somebody in the lead."""
    emphasis = st.dictionaries(
        st.sampled_from(CRITERIA), st.integers(0, 3).map(float), min_size=min(1, least), max_size=3
    )
    requires: dict[str, Any] = {"deploy": "all", "device": "any"}
    return small.knowledge(
        names,
        [
            small.criterion("w", full_scale=2.0),
            small.criterion("x"),
            small.criterion("y"),
            small.criterion("mobile", needs=("deploy.mobile", "deploy.web")),
            small.criterion("device", needs=("device.cpu", "device.gpu")),
        ],
        [
            small.question(
                question,
                {option: draw(emphasis) for option in options},
                kind="many" if question in MANY else "one",
                requires=requires.get(question),
            )
            for question, options in OPTIONS.items()
        ],
        [draw(claims(names, number)) for number in range(draw(st.integers(least, max(8, least))))],
        routes=[draw(routes(names, number)) for number in range(draw(st.integers(0, 10)))],
        sources=[small.source("copy-1", origin_group="origin"), small.source("copy-2", origin_group="origin")],
        settings=small.SETTINGS.model_copy(update={"draws": 500}),
    )


@st.composite
def needs(draw: st.DrawFn) -> Needs:
    answers: dict[str, Any] = {}
    for question, options in OPTIONS.items():
        if not draw(st.booleans()):
            continue
        if question in MANY:
            chosen = draw(st.sets(st.sampled_from(options), min_size=1))
            answers[question] = ("none",) if "none" in chosen else tuple(sorted(chosen))
        else:
            answers[question] = draw(st.sampled_from(options))
    excluded = draw(st.dictionaries(st.sampled_from(sorted(OPTIONS)), st.just(("q", "e", "web", "gpu")), max_size=1))
    priorities = draw(st.dictionaries(st.sampled_from(CRITERIA), st.sampled_from([0.0, 0.5, 1.0, 3.0]), max_size=2))
    return Needs(
        answers=answers,
        excluded={q: tuple(o for o in out if o in OPTIONS[q]) for q, out in excluded.items()},
        priorities=priorities,
        certainty={question: 0.5 for question in answers if draw(st.booleans())},
    )


def decided() -> st.SearchStrategy[tuple[Knowledge, Needs]]:
    """Worlds in which somebody leads: without one there is nothing that could change."""
    drawn = st.tuples(knowledges(least=8), needs())
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
