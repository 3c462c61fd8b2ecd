"""The principles of the method and its known limits, with figures computed from the knowledge base."""

from __future__ import annotations

import streamlit as st

from advisor.curation.coverage import balance
from advisor.model.knowledge import Knowledge
from advisor.model.text import Text
from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.texts import GRADE, say, words

TITLE = Text(en="Method and limits", zh="方法与局限")
ICON = "help_center"
ORDER = 80
ADDRESS = "beliefs"


def page() -> None:
    """Show the page."""
    base = state.knowledge()
    st.title(say("Method and limits", "方法与局限"))
    _principles()
    _limits(base)
    _figures(base)
    _constants(base)


def _principles() -> None:
    st.header(say("Principles", "原则"))
    for english, chinese in (
        (
            "Most projects succeed with either framework. Where the evidence cannot tell, we say so and pick none.",
            "多数项目用哪个框架都能成功。证据无法区分时，我们如实说明，而不硬选一个。",
        ),
        (
            "A plan matters more than a name: which tools take the model to where it has to run.",
            "方案比名字重要：关键在于用哪些工具把模型带到要运行的地方。",
        ),
        (
            "A statement counts only with a source and a date. Old statements lose weight over time.",
            "只有注明来源和日期的说法才会计入；陈旧的说法会随时间降权。",
        ),
        (
            "For speed and memory, a measurement on your own machine tells more than a blog post.",
            "就速度和内存而言，在你自己机器上的测量比博客文章更有说服力。",
        ),
        (
            "Your needs decide; our preferences do not. If the frameworks are exchanged in the data, every result is "
            "mirrored exactly; a test checks this.",
            "起作用的是你的需求，而非我们的喜好。把数据中的框架互换，所有结果都会精确镜像；有测试对此进行检查。",
        ),
    ):
        st.markdown(f"- {say(english, chinese)}")


def _limits(base: Knowledge) -> None:
    st.header(say("Known limits", "已知局限"))
    total = len(base.sources)
    vendor = sum(1 for source in base.sources.values() if source.vendor_of != "none")
    for english, chinese in (
        (
            f"{vendor} of our {total} sources are published by a framework's own maker. They know best what it can do "
            "and say least about what it cannot.",
            f"{total} 个来源中有 {vendor} 个由框架厂商自己发布：他们最清楚它能做什么，却最少谈它不能做什么。",
        ),
        (
            "How much a claim moves a criterion is a judgement on a coarse scale of five steps. Two careful people may "
            "differ by one step.",
            "一条论点对准则的影响，是在五级粗略标尺上的判断；两个认真的人可能相差一级。",
        ),
        (
            "How much an answer makes a criterion matter is a judgement, too. That is why the weights are drawn many "
            "times around it, and why you can set them yourself.",
            "一个回答使准则变得多重要，同样是判断。因此我们围绕它多次抽样，你也可以自行设定。",
        ),
        (
            "A small probe is not your job. Its result is widened before it counts, by the figure below.",
            "小探针不等于你的真实任务；其结果在计入前会按下列数值放宽。",
        ),
        (
            "We know nothing of your colleagues, your deadline or your taste. Where the answer is close, those should "
            "decide.",
            "我们不了解你的同事、期限和偏好。结论接近时，应由这些来决定。",
        ),
        (
            "The knowledge base was written by people who had to choose what to look up. What nobody looked up counts "
            "as unknown, not as bad.",
            "知识库由人编写，查什么由人选择。没人查过的按未知处理，而不是按不好处理。",
        ),
    ):
        st.markdown(f"- {say(english, chinese)}")


def _figures(base: Knowledge) -> None:
    st.header(say("Coverage of the knowledge base", "知识库的覆盖情况"))
    counted, today = balance(base), state.context().today
    weighing = [claim for claim in base.claims.values() if claim.weighs]
    rows = [
        (say("Claims that weigh", "计入的论点"), counted.claims),
        (say("… with an independent source", "……其中有独立来源"), sum(one.independent for one in counted.criteria)),
        (say("… that a probe here can test", "……其中可用探针检验"), sum(one.testable for one in counted.criteria)),
        (
            say("… past their review date", "……其中已过复核日期"),
            sum(1 for claim in weighing if claim.review_by < today),
        ),
        (
            say("Claims kept though out of date or wrong", "虽过时或错误但仍保留的论点"),
            sum(one.shown for one in counted.criteria),
        ),
    ]
    rows += [
        (say(f"Claims that favour {elements.name_of(key)}", f"有利于 {elements.name_of(key)} 的论点"), count)
        for key, count in sorted(counted.favouring.items())
    ]
    elements.table(
        [{say("what", "项目"): name, say("how many", "数量"): count} for name, count in rows],
    )
    elements.go_button("knowledge", say("Read the claims", "阅读论点"), icon=":material/menu_book:")


def _constants(base: Knowledge) -> None:
    settings = base.settings
    with st.expander(say("The constants of the method", "方法所用常数"), icon=":material/tune:"):
        rows = [
            (f"{say('Uncertainty of', '不确定度：')} {words(text)}", settings.sd[grade])
            for grade, text in GRADE.items()
            if grade in settings.sd
        ]
        rows += [
            (say("Uncertainty where nobody has said anything", "无人提及时的不确定度"), settings.prior_sd),
            (say("Growth per year past the review date", "过复核日期后每年的增长倍数"), settings.overdue_growth),
            (say("Growth outside the checked versions", "版本超出核对范围时的增长倍数"), settings.outside_version),
            (say("From a small probe to a real job (log ratio)", "从小探针到真实任务（对数比）"), settings.transfer),
            (say("From your own workload to your job", "从你自己的工作负载到任务"), settings.own_transfer),
            (say("Added for another machine", "来自其他机器时附加"), settings.other_machine),
            (say("How closely drawn weights keep to yours", "抽样权重与你所述的贴近程度"), settings.firmness),
            (say("Draws", "抽样次数"), settings.draws),
            (say("“Clear” from", "“明确”的下限"), settings.clear),
            (say("“Leaning” from", "“倾向”的下限"), settings.leaning),
        ]
        elements.table(
            [{say("constant", "常数"): name, say("value", "值"): f"{value:g}"} for name, value in rows],
        )
        st.caption(
            say(
                f"They stand in knowledge/settings.yaml. Knowledge base {base.version}, {base.sha256[:12]}.",
                f"它们位于 knowledge/settings.yaml。知识库 {base.version}，{base.sha256[:12]}。",
            )
        )
