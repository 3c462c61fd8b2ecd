"""The languages of the front end: both wordings stand where they are used, so neither can be missing.

``say("Start", "开始")`` returns the one of the reader's language. Words that several pages share stand here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import streamlit as st

from advisor.model.text import Text, localized

LANGUAGES = {"en": "English", "zh": "中文"}

STRENGTH = {
    "clear": Text(en="Clear", zh="明确"),
    "leaning": Text(en="Leaning", zh="倾向"),
    "either": Text(en="Either works", zh="都可以"),
}

ROUTE_STATUS = {
    "supported": (Text(en="supported", zh="受支持"), "green"),
    "beta": (Text(en="beta", zh="测试版"), "blue"),
    "experimental": (Text(en="experimental", zh="实验性"), "orange"),
    "maintenance": (Text(en="maintenance only", zh="仅维护"), "orange"),
    "deprecated": (Text(en="deprecated", zh="已弃用"), "red"),
    "dead": (Text(en="dead", zh="已终止"), "red"),
}

TOOL_STATUS = {
    "active": (Text(en="active", zh="活跃"), "green"),
    "maintenance": (Text(en="maintenance only", zh="仅维护"), "orange"),
    "deprecated": (Text(en="deprecated", zh="已弃用"), "red"),
    "archived": (Text(en="archived", zh="已归档"), "red"),
    "renamed": (Text(en="renamed", zh="已更名"), "blue"),
    "removed": (Text(en="removed", zh="已移除"), "red"),
}

TRUTH = {
    "current": (Text(en="holds today", zh="至今成立"), "green"),
    "contested": (Text(en="contested", zh="有争议"), "orange"),
    "outdated": (Text(en="out of date", zh="已过时"), "red"),
    "wrong": (Text(en="wrong", zh="不正确"), "red"),
}

GRADE = {
    "high": Text(en="strong evidence", zh="证据强"),
    "moderate": Text(en="fair evidence", zh="证据中等"),
    "low": Text(en="weak evidence", zh="证据弱"),
    "very-low": Text(en="very weak evidence", zh="证据很弱"),
}

GRADE_REASON = {
    "imprecise": Text(en="imprecise", zh="不精确"),
    "inconsistent": Text(en="sources disagree", zh="来源不一致"),
    "indirect": Text(en="indirect", zh="间接"),
    "old-version": Text(en="about an old version", zh="针对旧版本"),
    "one-run": Text(en="from a single run", zh="仅一次运行"),
    "secondary": Text(en="second hand", zh="二手资料"),
    "subjective": Text(en="a matter of taste", zh="主观"),
    "undated": Text(en="undated", zh="无日期"),
    "vendor-claim": Text(en="said by the maker", zh="厂商自述"),
}

SECTION = {
    "design": "设计",
    "philosophy": "理念",
    "graph mode": "图模式",
    "scenario": "场景",
    "cross-platform": "跨平台",
    "distributed": "分布式",
    "industrial": "工业",
    "research": "研究",
    "hardware": "硬件",
    "perf": "性能",
    "memory": "内存",
    "training": "训练",
    "ecosystem": "生态",
    "community": "社区",
    "pretrained": "预训练模型",
    "tools": "工具",
    "usability": "易用性",
    "debug": "调试",
    "code style": "代码风格",
    "entry": "入门",
    "features": "特性",
    "PT": "PyTorch",
    "TF": "TensorFlow",
    "choose": "选择",
    "summary": "总结",
    "trend": "趋势",
}
"""Chapters of the source document, as the claims name them in English."""

KIND = {
    "documented": Text(en="documented", zh="有文档"),
    "measured": Text(en="measured", zh="实测"),
    "observed": Text(en="observed", zh="观察所得"),
    "inferred": Text(en="inferred", zh="推断"),
}

GROUP = {
    "speed": Text(en="Speed", zh="速度"),
    "deployment": Text(en="Deployment", zh="部署"),
    "hardware": Text(en="Hardware", zh="硬件"),
    "scale": Text(en="Scale", zh="规模"),
    "development": Text(en="Development", zh="开发"),
    "team": Text(en="Team", zh="团队"),
    "ecosystem": Text(en="Ecosystem", zh="生态"),
    "longevity": Text(en="Longevity", zh="长期性"),
}

PROBE_STATUS = {
    "ok": Text(en="measured", zh="已测量"),
    "not-installed": Text(en="framework not installed", zh="未安装框架"),
    "not-supported": Text(en="not supported here", zh="此处不支持"),
    "failed": Text(en="failed", zh="失败"),
    "timed-out": Text(en="took too long", zh="超时"),
    "not-comparable": Text(en="not comparable", zh="不可比较"),
    "cancelled": Text(en="cancelled", zh="已取消"),
    "skipped": Text(en="skipped for the budget", zh="预算之外，未运行"),
}

MODE = {
    "default": Text(en="each the way its handbook shows", zh="各按官方教程"),
    "eager": Text(en="both eager", zh="均为即时执行"),
    "compiled": Text(en="both compiled", zh="均为编译执行"),
    "xla": Text(en="both through XLA", zh="均经 XLA"),
}

DEVICE = {
    "auto": Text(en="the best that both share", zh="双方共有的最佳设备"),
    "cpu": Text(en="processor (CPU)", zh="处理器（CPU）"),
    "gpu": Text(en="any accelerator", zh="任意加速器"),
    "cuda": Text(en="NVIDIA GPU", zh="NVIDIA 显卡"),
    "rocm": Text(en="AMD GPU", zh="AMD 显卡"),
    "mps": Text(en="Apple GPU", zh="Apple 显卡"),
    "xpu": Text(en="Intel GPU", zh="Intel 显卡"),
    "tpu": Text(en="Google TPU", zh="Google TPU"),
}

VERDICT = {
    "confirmed": (Text(en="confirmed", zh="得到证实"), "green"),
    "contradicted": (Text(en="contradicted", zh="被推翻"), "red"),
    "no practical difference": (Text(en="no practical difference", zh="无实际差别"), "blue"),
    "inconclusive": (Text(en="cannot tell", zh="无法判断"), "gray"),
    "not testable here": (Text(en="not testable here", zh="此处无法检验"), "gray"),
}


def language() -> Literal["en", "zh"]:
    """Return the reader's language."""
    return "zh" if st.session_state.get("lang") == "zh" else "en"


def say(en: str, zh: str) -> str:
    """Return the wording in the reader's language."""
    return zh if language() == "zh" else en


def words(text: Text | Mapping[str, str] | str | None) -> str:
    """Return a text of the data in the reader's language, "" where there is none."""
    return localized(text, language())


def named(names: Mapping[str, Text], key: str) -> str:
    """Return the reader's word for an id, or the id itself where there is none."""
    return words(names[key]) if key in names else key.replace("_", " ")


def section(name: str) -> str:
    """Return where in the source document a claim stands, in the reader's language."""
    if language() == "en":
        return name
    known = "|".join(sorted(map(re.escape, SECTION), key=len, reverse=True))
    return re.sub(rf"\b({known})\b", lambda found: SECTION[found[0]], name)


def listed(items: list[str]) -> str:
    """Join words as the reader's language joins them."""
    return say(", ", "、").join(items)
