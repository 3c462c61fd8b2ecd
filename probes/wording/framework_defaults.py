"""Each framework's own defaults in words: where they differ, how to set one, and what a user passed. Pure.

Defaults are what a user gets, so they refuse nothing; a reader of a ratio must know them.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any

QUIET = ("layout",)
"""Defaults that always differ: a caption is enough."""

_WORDS = {
    "en": {
        "differ": "Each framework's own settings differ: {what}.",
        "hint": " To set it alike: {options}.",
        "in": "{value} in {name}",
        "passed": " ({variable} was passed)",
        "of": "{default} {sides}",
        "comma": ", ",
        "semicolon": "; ",
        "unknown": "cannot be read back",
        "nothing": "nothing",
        "True": "on",
        "False": "off",
        "onednn": "oneDNN",
        "layout": "image layout",
        "allocator": "memory allocator",
        "instruction_set": "CPU instructions",
        "set": "Passed with --set",
    },
    "zh": {
        "differ": "各框架自身的设置不同：{what}。",
        "hint": "如需一致：{options}。",
        "in": "{name} {value}",
        "passed": "（已传入 {variable}）",
        "of": "{default}：{sides}",
        "comma": "，",
        "semicolon": "；",
        "unknown": "无法读回",
        "nothing": "无",
        "True": "开启",
        "False": "关闭",
        "onednn": "oneDNN",
        "layout": "图像布局",
        "allocator": "内存分配器",
        "instruction_set": "CPU 指令集",
        "set": "用 --set 传入",
        "channels first": "通道在前",
        "channels last": "通道在后",
        "glibc, thresholds raised": "glibc，已提高阈值",
    },
}


def name(default: str, lang: str) -> str:
    """Return what a default is called, also ``set``, the variables that a user passed."""
    return _WORDS[lang].get(default, default.replace("_", " "))


def value(found: Any, lang: str) -> str:
    """Return what a default, or ``set``, is on one side; None is what cannot be read back."""
    if isinstance(found, Mapping):
        return " ".join(f"{key}={passed}" for key, passed in found.items()) or _WORDS[lang]["nothing"]
    return _WORDS[lang]["unknown"] if found is None else _WORDS[lang].get(str(found), str(found))


def of_session(facts: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    """Return the differing defaults of a session: those of its first probe that has any."""
    return next((differing for found in facts if (differing := of(found))), {})


def of(facts: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the differing defaults that stand beside a ratio; a file from elsewhere may hold anything there."""
    return {name: held for name, held in _mapping(facts.get("defaults")).items() if isinstance(held, Mapping)}


def read_back(environment: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return all defaults of one side and what was passed to it, in words by name; evidence of before has neither."""
    found = dict(_mapping(environment.get("defaults")))
    if "set" in environment:
        found["set"] = environment["set"]
    return {name: value(held, lang) for name, held in found.items()}


def loud(
    defaults: Mapping[str, Mapping[str, Any]],
    *,
    lang: str = "en",
    names: Mapping[str, str] | None = None,
    environments: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """Name the defaults that differ and may move a result, e.g. "oneDNN on in PyTorch, off in TensorFlow".

    Args:
        defaults: name -> {side: value}, as the fact ``defaults`` of a measurement holds them.
        lang: "en" or "zh".
        names: side -> how it is to be called; its id unless told.
        environments: of the evidence; with them it is said which side was passed a variable.
    """
    differing = {key: held for key, held in defaults.items() if key not in QUIET}
    return _told(differing, environments or {}, lang, names or {})


def quiet(
    defaults: Mapping[str, Mapping[str, Any]], lang: str = "en", *, names: Mapping[str, str] | None = None
) -> str:
    """Name the defaults that always differ, for a caption."""
    return _told({key: held for key, held in defaults.items() if key in QUIET}, {}, lang, names or {})


def line(
    defaults: Mapping[str, Mapping[str, Any]],
    environments: Mapping[str, Mapping[str, Any]],
    lang: str = "en",
    *,
    names: Mapping[str, str] | None = None,
) -> str:
    """Return for a session which defaults differ and how one is set, or "" where nothing that moves a result does."""
    words, said = _WORDS[lang], loud(defaults, lang=lang, names=names, environments=environments)
    if not said:
        return ""
    options = _options(defaults, environments)
    hint = words["hint"].format(options=words["comma"].join(options)) if options else ""
    return words["differ"].format(what=said) + hint


def _told(
    defaults: Mapping[str, Mapping[str, Any]],
    environments: Mapping[str, Mapping[str, Any]],
    lang: str,
    names: Mapping[str, str],
) -> str:
    words = _WORDS[lang]
    said = []
    for default, held in defaults.items():
        sides = []
        for side, found in held.items():
            variable = _switch(default, side, environments)
            passed = _passed(side, environments).get(variable)
            note = words["passed"].format(variable=f"{variable}={passed}") if passed is not None else ""
            sides.append(words["in"].format(name=names.get(side, side), value=value(found, lang)) + note)
        said.append(words["of"].format(default=name(default, lang), sides=words["comma"].join(sides)))
    return words["semicolon"].join(said)


def _options(defaults: Mapping[str, Mapping[str, Any]], environments: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the options that set one side as the others are, where a variable does that and none was passed."""
    found = []
    for default, held in defaults.items():
        for side, seen in held.items():
            variable = _switch(default, side, environments)
            if variable and isinstance(seen, bool) and variable not in _passed(side, environments):
                found.append(f"--set {_framework(side, environments)}:{variable}={int(not seen)}")
    return found


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _passed(side: str, environments: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    return _mapping(_mapping(environments.get(side)).get("set"))


def _framework(side: str, environments: Mapping[str, Mapping[str, Any]]) -> str:
    return str(_mapping(environments.get(side)).get("framework", side))


def _switch(default: str, side: str, environments: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the variable by which a user sets a default of a side's framework, or ""."""
    try:
        backend = importlib.import_module(f"probes.backends.{_framework(side, environments)}")
    except ModuleNotFoundError:  # evidence may name a side that is no framework, or one that has no backend here
        return ""
    return str(backend.SWITCHES.get(default, ""))
