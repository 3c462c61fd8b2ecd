"""Numbers to be reached: the fields for them, and which answers they count as."""

from __future__ import annotations

import streamlit as st

from advisor.model.knowledge import Question
from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.texts import language, say, words
from probes.statistics import targets
from probes.statistics.targets import NAMES, TARGETS, Refused, TargetName

FIELDS: dict[TargetName, tuple[tuple[str, str], tuple[str, str]]] = {
    "latency_p95_ms": (
        ("p95 latency, at most (ms)", "p95 延迟上限（毫秒）"),
        (
            "95 of 100 answers at batch size 1 arrive within this time.",
            "批大小为 1 时，100 次推理中有 95 次在此时间内完成。",
        ),
    ),
    "artifact_mb": (
        ("Size, at most (MB)", "大小上限（MB）"),
        (
            "All files that are shipped. 1 MB = 1,000,000 bytes; 512 KB is 0.512.",
            "全部交付文件。1 MB = 1,000,000 字节；512 KB 即 0.512。",
        ),
    ),
    "memory_mb": (
        ("Memory, at most (MB)", "内存上限（MB）"),
        ("Peak of a process that loads and runs the model.", "加载并运行模型的进程的内存峰值。"),
    ),
    "cold_start_s": (
        ("Cold start, at most (s)", "冷启动上限（秒）"),
        ("Loading the model and the first answer.", "加载模型并得到第一个结果。"),
    ),
    "throughput_per_s": (
        ("Throughput, at least (per second)", "吞吐量下限（次/秒）"),
        ("Answers a second.", "每秒完成的推理次数。"),
    ),
    "agreement_drop_pct": (
        ("Agreement drop, at most (%)", "一致率下降上限（%）"),
        (
            "Share of answers that a quantized model may give otherwise than the original.",
            "量化后的模型与原模型结果不同的比例上限。",
        ),
    ),
}
"""Label and help of each field, in English and in Chinese."""

COLUMNS = 3


def show_targets() -> None:
    """Show the fields for numbers in an expander, open where one is given."""
    given = state.needs().targets
    shown = targets.text(given, language())
    label = say("Targets in numbers", "用数字给出目标") + (f": {shown}" if given and language() == "en" else "")
    label += f"：{shown}" if given and language() == "zh" else ""
    with st.expander(elements.plain(label), icon=":material/target:", key="targets"):
        st.caption(
            say(
                "Optional. A number is more precise than an option and replaces it.",
                "可选。数字比选项更精确，会取代选项。",
            )
        )
        for at in range(0, len(NAMES), COLUMNS):  # row by row: on a phone, columns stand below each other
            for column, name in zip(st.columns(COLUMNS), NAMES[at : at + COLUMNS], strict=False):
                with column:
                    _field(name)


def _field(name: TargetName) -> None:
    key = f"t-{name}"
    state.show_in_widget(key, state.needs().targets.get(name))

    def changed() -> None:
        value = state.widget(key)
        try:
            state.aim(name, None if value is None else float(value))
        except Refused as refused:
            st.toast(elements.plain(refused), icon=":material/error:")

    label, help_ = FIELDS[name]
    st.number_input(
        say(*label),
        min_value=0.0,
        max_value=float(TARGETS[name].most),
        value=None,
        step=None,
        format="%0.6g",
        key=key,
        on_change=changed,
        help=say(*help_),
        placeholder=say("no target", "无目标"),
    )


def counted(question: Question) -> str | None:
    """Return the option that a target counts as under ``question``, None where none is given."""
    sharper, given = question.sharpened_by, state.needs().targets
    return None if sharper is None or sharper.target not in given else sharper.option(given[sharper.target])


def counts_as(question: Question) -> str:
    """Return in words which option a target counts as under ``question``, "" where none is given."""
    option, sharper = counted(question), question.sharpened_by
    if option is None or sharper is None:
        return ""
    asked = targets.text({sharper.target: state.needs().targets[sharper.target]}, language())
    name = elements.option_name(question.id, option)
    return say(f"The target {asked} counts as “{name}”. ", f"目标“{asked}”按“{name}”计。")


def reason(question: Question) -> str:
    """Return why a target counts as the option that it does, "" where the question knows no target."""
    return words(question.sharpened_by.reason) if question.sharpened_by is not None else ""
