"""``framework-advisor chat``: describe the project in your own words, then ask back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from advisor.cli import output
from advisor.cli.report import form_of, keep

if TYPE_CHECKING:
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.dialogue import Chip, Message, State
    from advisor.model.knowledge import Knowledge
    from advisor.model.needs import Needs
    from advisor.model.recommendation import Recommendation
    from probes.types import Evidence

HINT = {
    "en": "Type a sentence or the number of a choice; an empty line ends.",
    "zh": "输入一句话或选项编号；空行结束。",
}


@click.command(epilog="Example: framework-advisor chat --lang zh")
@click.option("--budget", type=output.SECONDS, default=60.0, show_default=True, help="Seconds for measuring.")
@click.option(
    "--report", "target", metavar="FILE", default="decision.html", show_default=True, help="Report goes here."
)
@output.in_language
def command(budget: float, target: str, lang: str) -> None:
    """Describe the project in your own words, in English or Chinese; it answers, asks back and recommends."""
    from advisor import dialogue
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.knowledge.loading import load_knowledge

    form_of(target)
    output.check_listening("'framework-advisor recommend --text' takes a text at once")
    knowledge = load_knowledge()
    context = RuntimeContext.here(knowledge)
    evidence: list[Evidence] = []

    def judge(needs: Needs) -> Recommendation:
        return context.recommend(needs, knowledge, evidence)

    output.notice(HINT[lang])
    state, messages = dialogue.start(lang="zh" if lang == "zh" else "en")
    while True:
        chips = show(messages)
        wanted = {message.do for message in messages}
        if "measure" in wanted:
            evidence.append(_measured(state, knowledge, budget=budget))
            state, messages = dialogue.reply(state, dialogue.Action(verb="result"), knowledge, judge)
            continue
        if "report" in wanted:
            _report(state, context, evidence, knowledge, target=target)
        said = _listen()
        if not said:
            return
        heard: Any = chips[int(said) - 1].action if said.isdecimal() and 0 < int(said) <= len(chips) else said
        state, messages = dialogue.reply(state, heard, knowledge, judge)


def show(messages: Sequence[Message]) -> list[Chip]:
    """Print the messages, their sources and their choices, numbered; return the choices."""
    from rich.markdown import Markdown
    from rich.markup import escape

    from advisor.cli.prose import console

    out = console()
    chips: list[Chip] = []
    for message in messages:
        out.print(Markdown(message.text))
        for citation in message.citations:
            out.print(f"  [dim]{escape(citation.claim)}: {escape(citation.statement)}[/dim]", highlight=False)
            for title, publisher, day, address in citation.sources:
                out.print(f"    [dim]{escape(f'{title}. {publisher}. {day} {address}')}[/dim]", highlight=False)
        for chip in message.chips:
            chips.append(chip)
            mark = {"said": "✓", "excluded": "✗", "implied": "?"}.get(chip.state, " ")
            quote = f"  “{chip.quote}”" if chip.quote else ""
            out.print(f"  {len(chips):>2} {mark} {escape(chip.label + quote)}", highlight=False)
    return chips


def _listen() -> str:
    try:
        return str(click.prompt(">", default="", show_default=False, prompt_suffix=" ", err=True)).strip()
    except (click.Abort, EOFError):
        return ""


def _measured(state: State, knowledge: Knowledge, *, budget: float) -> Evidence:
    from advisor.cli import measuring
    from probes.command import RunRequest

    return measuring.measure_for(state.assumed(knowledge), knowledge, RunRequest(budget=budget), lang=state.lang)


def _report(
    state: State, context: RuntimeContext, evidence: Sequence[Evidence], knowledge: Knowledge, *, target: str
) -> None:
    """Write the report of what has been said so far."""
    needs = state.assumed(knowledge)
    decision = context.decision(
        needs,
        context.recommend(needs, knowledge, evidence),
        evidence,
        knowledge,
        transcript=[turn.model_dump() for turn in state.transcript],
    )
    output.write_atomically(target, form_of(target).render(decision, state.lang))
    keep(decision, lang=state.lang)
    output.notice(target)
