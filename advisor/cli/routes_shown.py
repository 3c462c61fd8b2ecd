"""Routes as lines and tables in the terminal, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from advisor.report.figures import amount
from probes import reasons
from probes.wording.visible import say

if TYPE_CHECKING:
    from advisor.deployment.known_routes import EnvironmentHere, KnownRoute

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "comma": ", ",
        "seconds": "s",
        "routes_of": "Routes of {framework}",
        "installed": "installed",
        "add": "to add it: {line}",
        "deprecated": "deprecated: {text}",
        "environments": "Environments of their own",
        "there": "installed, {size}, in {folder}",
        "outdated": "installed from older lock files; to renew it: {line}",
        "half": "what an interrupted installation left is not used; {line} makes it anew",
        "missing": "not installed, takes about {size}; to add it: {line}",
    },
    "zh": {
        "comma": "、",
        "seconds": "秒",
        "routes_of": "{framework} 的路线",
        "installed": "已安装",
        "add": "安装命令：{line}",
        "deprecated": "已弃用：{text}",
        "environments": "独立环境",
        "there": "已安装，{size}，位于 {folder}",
        "outdated": "由较早的锁定文件安装；更新命令：{line}",
        "half": "不使用中断的安装留下的内容；重新安装：{line}",
        "missing": "未安装，约占 {size}；安装命令：{line}",
    },
}


def listing(routes: Iterable[KnownRoute], environments: Sequence[EnvironmentHere], *, lang: str) -> None:
    """Print every route, a line each with what adds it below where it is missing, and the environments."""
    words = WORDS[lang]
    for framework, found in groupby(routes, key=lambda route: route.framework):
        say(words["routes_of"].format(framework=framework))
        for route in found:
            precisions = ", ".join(route.precisions)
            seconds = f"{route.seconds:>3.0f} {words['seconds']}"
            here = f"  {words['installed']}" if route.installed else ""
            say(f"  {route.id:<28} {precisions:<11} {seconds}  {route.name[lang]}{here}")
            if not route.installed:
                say(f"      {words['add'].format(line=route.add)}")
            if route.deprecated:
                say(f"      {words['deprecated'].format(text=route.deprecated)}")
    say(words["environments"])
    for environment in environments:
        say(f"  {environment.id:<14} {environment.title[lang]}")
        say(f"      {_state(environment, lang)}")


def _state(environment: EnvironmentHere, lang: str) -> str:
    """Return what is here of an environment, and what adds it."""
    words, size = WORDS[lang], amount(environment.mb * 1e6, "bytes", lang)
    if environment.installed:
        key = "there" if environment.current else "outdated"
    elif environment.unfit is not None:
        return reasons.text(environment.unfit, lang)
    else:
        key = "half" if environment.half else "missing"
    return words[key].format(size=size, folder=environment.folder, line=environment.add)
