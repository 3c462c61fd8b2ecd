"""``framework-advisor ask``: the questionnaire in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from advisor.cli import inputs, output
from probes.wording.visible import say

if TYPE_CHECKING:
    from advisor.model.knowledge import Knowledge, Question
    from advisor.model.needs import Needs
    from advisor.model.recommendation import Recommendation

WORDS = {
    "en": {
        "prompt_one": "number, ? for help, s to skip, b to go back, q to finish",
        "prompt_many": "numbers with commas, ? for help, s to skip, b to go back, q to finish",
        "why": "Why this question",
        "settled": "No remaining answer can change this. Done asking.",
        "wrong": "Please give one of the numbers shown.",
        "asked": "{n} questions answered",
    },
    "zh": {
        "prompt_one": "输入编号；? 看说明，s 跳过，b 返回，q 结束",
        "prompt_many": "输入编号，可用逗号分隔多个；? 看说明，s 跳过，b 返回，q 结束",
        "why": "为什么问这个",
        "settled": "剩下的任何回答都改变不了结果，不再提问。",
        "wrong": "请输入上面列出的编号。",
        "asked": "已回答 {n} 个问题",
    },
}


@click.command(epilog="Example: framework-advisor ask --lang zh -o needs.yaml")
@click.option("--answers", "answers_file", metavar="FILE", help="Replay choices for scripts: needs/1, used when asked.")
@inputs.target
@click.option("-o", "--output", "target", metavar="FILE", help="Save the needs.")
@output.as_json
@output.in_language
def command(answers_file: str | None, targets: tuple[str, ...], target: str | None, as_json: bool, lang: str) -> None:
    """Answer the questions in the terminal; only what can still change the result is asked."""
    import yaml

    from advisor.cli import prose
    from advisor.knowledge.loading import load_knowledge
    from advisor.knowledge.needs_files import read_needs
    from advisor.model.needs import Needs

    if target is not None:
        output.check_writable(target)
    if answers_file is None:
        output.check_listening("--answers FILE replays choices")
    knowledge = load_knowledge()
    script, asked = output.together(
        lambda: None if answers_file is None else read_needs(answers_file, knowledge),
        lambda: inputs.read_targets(targets),
    )
    begun = Needs() if script is None else Needs(targets=script.targets)
    begun = inputs.with_targets(begun, asked, lang=lang)
    needs, recommendation = converse(knowledge, begun, script=script, lang=lang)
    if target is not None:
        text = yaml.safe_dump(needs.document(), allow_unicode=True, sort_keys=False)
        output.write_atomically(target, text.encode())
    if as_json:
        output.emit(recommendation.document())
    else:
        prose.recommendation(recommendation, knowledge, lang=lang)


def converse(knowledge: Knowledge, needs: Needs, *, script: Needs | None, lang: str) -> tuple[Needs, Recommendation]:
    """Ask, beginning with ``needs``, until the result is settled, nothing is left, or the user has had enough."""
    from advisor.decisions.runtime_context import RuntimeContext

    recommend = RuntimeContext.here(knowledge).recommender(knowledge)
    words = WORDS[lang]
    history: list[Needs] = []
    asked: list[str] = []
    while True:
        recommendation = recommend(needs)
        left = [step for step in recommendation.next_questions if step.question not in asked]
        if recommendation.settled:
            output.notice(words["settled"])
            break
        if not left:
            break
        question = knowledge.questions[left[0].question]
        if script is not None:
            asked.append(question.id)
            needs = scripted(needs, question, script)
            continue
        why = left[0].why or question.why
        reply = prompt(question, why.in_(lang), lang=lang)
        if reply == "q":
            break
        if reply == "b":
            if asked:
                asked.pop()
                needs = history.pop()
            continue
        history.append(needs)
        asked.append(question.id)
        if reply != "s":
            needs = needs.model_copy(update={"answers": {**needs.answers, question.id: reply}})
    output.notice(words["asked"].format(n=len(needs.answers)))
    return needs, recommendation


def scripted(needs: Needs, question: Question, script: Needs) -> Needs:
    """Return the answer that the script holds; a question it does not answer is skipped."""
    update: dict[str, Any] = {}
    if question.id in script.answers:
        update["answers"] = {**needs.answers, question.id: script.answers[question.id]}
    if question.id in script.excluded:
        update["excluded"] = {**needs.excluded, question.id: script.excluded[question.id]}
    return needs.model_copy(update=update)


def prompt(question: Question, why: str, *, lang: str) -> Any:
    """Show one question and return "s", "b", "q", an option id, or a tuple of option ids."""
    words = WORDS[lang]
    say(f"\n{question.text.in_(lang)}", err=True)
    say(f"  {words['why']}: {why}", err=True)
    for number, option in enumerate(question.options, start=1):
        say(f"  {number:>2}  {option.name.in_(lang)}", err=True)
    hint = words["prompt_one" if question.kind == "one" else "prompt_many"]
    while True:
        said = click.prompt(hint, err=True, type=str).strip().lower()
        if said in ("s", "b", "q"):
            return said
        if said == "?":
            say(f"  {question.help.in_(lang)}", err=True)
            for option in question.options:
                if option.help is not None:
                    say(f"  {option.name.in_(lang)}: {option.help.in_(lang)}", err=True)
            continue
        chosen = _options(said, question)
        if chosen is not None:
            return chosen
        say(words["wrong"], err=True)


def _options(said: str, question: Question) -> Any:
    """Read numbers (or option ids) into an answer, None where they make none."""
    known: Mapping[str, str] = {
        **{str(number): option.id for number, option in enumerate(question.options, start=1)},
        **{option.id: option.id for option in question.options},
    }
    parts = [part for part in said.replace("，", ",").replace("、", ",").replace(" ", ",").split(",") if part]
    if not parts or any(part not in known for part in parts):
        return None
    chosen = tuple(dict.fromkeys(known[part] for part in parts))
    if question.kind == "one":
        return chosen[0] if len(chosen) == 1 else None
    if "none" in chosen and len(chosen) > 1:
        return None
    return chosen
