"""From answers to things one can do: routes to every named need, exclusions with their reason, whole plans.

Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.deployment.install_commands import install_lines
from advisor.deployment.route_words import seen_in_words
from advisor.engine.problem import RouteOption
from advisor.engine.scoring import Scored
from advisor.model.knowledge import GENERAL_NEEDS, Knowledge, Route
from advisor.model.needs import Needs
from advisor.model.recommendation import Exclusion, Plan, PlanStep, RouteResult, RouteSeen
from advisor.model.text import Text


def named_needs(needs: Needs) -> tuple[str, ...]:
    """Return every chosen option as "question.option"."""
    return tuple(f"{question}.{option}" for question in needs.answers for option in needs.options(question))


def planned_needs(needs: Needs) -> tuple[str, ...]:
    """Return what a plan answers: every named need, and what every project needs."""
    return (*named_needs(needs), *GENERAL_NEEDS)


def routes_for(scored: Scored) -> tuple[RouteResult, ...]:
    """Return every route to what a plan answers from every framework: living before dead, best first."""
    problem = scored.problem
    found: list[RouteResult] = []
    for need in planned_needs(scored.needs):
        for framework in problem.frameworks:
            options = [o for o in problem.routes.get((need, framework), ()) if scored.held[o.condition]]
            found.extend(_result(o, best=rank == 0 and o.living) for rank, o in enumerate(options))
    return tuple(found)


def _result(option: RouteOption, *, best: bool) -> RouteResult:
    route = option.route
    return RouteResult(
        need=route.need,
        framework=route.framework,
        route=route.id,
        tools=route.tools,
        status=route.status,
        claims=route.claims,
        name=route.name,
        note=route.note,
        install=route.install,
        environment=route.environment,
        best=best,
        seen=option.seen,
    )


def joined(names: Sequence[Text]) -> Text:
    """Join names into one list of words."""
    return Text(en=", ".join(name.en for name in names), zh="、".join(name.zh for name in names))


def unmet(scored: Scored) -> dict[str, list[tuple[str, ...]]]:
    """Return the requirements each framework misses: one tuple of needs each; in a tuple any one would do."""
    problem = scored.problem
    missed: dict[str, list[tuple[str, ...]]] = {framework: [] for framework in problem.frameworks}
    for question in problem.knowledge.questions:
        if question not in problem.requirements:
            continue
        requirement = problem.requirements[question]
        excluding = requirement.missed(scored.answers[None, :], scored.held[None, :])[0]  # (needs, n)
        chosen = [f"{question}.{option}" for option in scored.needs.options(question)]
        for a, framework in enumerate(problem.frameworks):
            by_need = dict(zip(requirement.needs, excluding[:, a].tolist(), strict=True))
            without = tuple(need for need in chosen if by_need.get(need))
            if requirement.mode == "all":
                missed[framework].extend((need,) for need in without)
            elif without:
                missed[framework].append(without)
    return missed


def exclusions(scored: Scored) -> tuple[Exclusion, ...]:
    """Return one exclusion per requirement a framework misses, with the dead routes' claims as evidence."""
    knowledge = scored.problem.knowledge
    found = []
    for framework, requirements in unmet(scored).items():
        for missed in requirements:
            name = knowledge.frameworks[framework].name
            what = joined([knowledge.need_name(need) for need in missed])
            seen = scored.problem.finding.routes
            ways = [r for r in knowledge.routes if r.need in missed and r.framework == framework]
            dead = [route for route in ways if route.id not in seen]
            tried = [_tried(route, seen[route.id]) for route in ways if route.id in seen]
            text = Text(
                en=" ".join([f"{name.en} has no living route to: {what.en}.", *_dead_en(dead), *(t.en for t in tried)]),
                zh="".join(
                    [f"{name.zh}没有仍在维护的途径可达到：{what.zh}。", *_dead_zh(dead), *(t.zh for t in tried)]
                ),
            )
            claims = tuple(dict.fromkeys(claim for route in ways for claim in route.claims))
            found.append(
                Exclusion(framework=framework, reason=text.en, claims=claims, requirement=" | ".join(missed), text=text)
            )
    return tuple(found)


def _dead_en(dead: Sequence[Route]) -> list[str]:
    return [f"No longer usable, or not under these answers: {joined([r.name for r in dead]).en}."] if dead else []


def _dead_zh(dead: Sequence[Route]) -> list[str]:
    return [f"已不可用或不适用于这些回答：{joined([r.name for r in dead]).zh}。"] if dead else []


def _tried(route: Route, seen: RouteSeen) -> Text:
    """Return how a route that is closed by what was measured went."""
    found = seen_in_words(seen)
    return Text(en=f"{route.name.en}: {found.en}", zh=f"{route.name.zh}：{found.zh}")


def relaxations(scored: Scored) -> tuple[Text, ...]:
    """Return, where every framework is excluded, which requirement to give up for which framework, fewest first."""
    knowledge = scored.problem.knowledge
    misses = unmet(scored)
    if not misses or not all(misses.values()):
        return ()
    notes = [
        Text(
            en="No framework meets every requirement, so none is recommended.",
            zh="没有任何框架能满足全部要求，因此不作推荐。",
        )
    ]
    fewest = min(len(missed) for missed in misses.values())
    for framework in sorted(misses, key=lambda f: (len(misses[f]), f)):
        if len(misses[framework]) == fewest:
            name = knowledge.frameworks[framework].name
            what = joined([knowledge.need_name(need) for missed in misses[framework] for need in missed])
            notes.append(
                Text(en=f"Give up {what.en} and {name.en} is possible.", zh=f"若放弃“{what.zh}”，则可以用 {name.zh}。")
            )
    return tuple(notes)


def _devices(knowledge: Knowledge) -> frozenset[str]:
    """Return the questions whose options are devices to compute on: any one of them will do."""
    return frozenset(question.id for question in knowledge.questions.values() if question.requires == "any")


def plan_of(framework: str, routes: Sequence[RouteResult], knowledge: Knowledge, *, role: str) -> Plan:
    """Return a framework's best living route to each named need, and what to install for it."""
    steps = [route for route in routes if route.framework == framework and route.best]
    known = knowledge.frameworks[framework]
    foreign = {
        tool: knowledge.tools[tool].framework
        for step in steps
        for tool in step.tools
        if tool in knowledge.tools and knowledge.tools[tool].framework not in (framework, "neutral")
    }
    borrowed = {tool: owner for tool, owner in foreign.items() if owner in knowledge.frameworks}
    text = None
    if borrowed:
        tools = ", ".join(knowledge.tools[tool].name for tool in borrowed)
        owners = [knowledge.frameworks[owner].name for owner in dict.fromkeys(borrowed.values())]
        text = Text(
            en=f"A mixed plan: train in {known.name.en}, ship through {tools} ({joined(owners).en}).",
            zh=f"混合方案：用 {known.name.zh} 训练，经 {tools}（{joined(owners).zh}）交付。",
        )
    return Plan(
        framework=framework,
        role=role,
        install=install_lines(known, steps, devices=_devices(knowledge)),
        steps=tuple(
            PlanStep(
                need=step.need,
                route=step.route,
                tools=step.tools,
                status=step.status,
                name=step.name,
                install=step.install,
                seen=step.seen,
            )
            for step in steps
        ),
        borrowed=tuple(borrowed),
        text=text,
    )
