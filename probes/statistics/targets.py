"""Targets: the numbers a user asks for, how they are written, and whether what was measured meets them. Pure.

parse("p95<=20ms, size<=512KB")  # {"latency_p95_ms": 20.0, "artifact_mb": 0.512}
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol, TypeVar, get_args

from probes.system.suggestions import nearest_word
from probes.types import Status

MEETS, FAILS, CANNOT_TELL, INDICATIVE = "meets", "fails", "cannot-tell", "indicative"

TargetName = Literal[
    "latency_p95_ms", "artifact_mb", "memory_mb", "cold_start_s", "throughput_per_s", "agreement_drop_pct"
]

NAMES: tuple[TargetName, ...] = get_args(TargetName)

Name = TypeVar("Name", bound=str)
"""Mappings with any names of targets for keys; their type knows no narrower key in place of a wider one."""


@dataclass(frozen=True)
class Target:
    """One number that can be asked for.

    Attributes:
        unit: in which ``needs/1`` and ``routes/1`` hold it.
        at_least: True where more is better (throughput).
        travels: True where what was measured here holds on every machine (a file's size, agreement).
        short: as it is typed: "p95".
        name: in English and in Chinese.
        words: other names it goes by, in lower case, words apart by one space.
        most: a larger number is a slip of the unit.
        zero: whether 0 can be asked for.
        repeats: by which share another process may read more, or this one have read too much, where fewer than
            ``ENOUGH`` processes were measured; 0 where all read the same.
    """

    unit: str
    at_least: bool = False
    travels: bool = False
    short: str = ""
    name: tuple[str, str] = ("", "")
    words: tuple[str, ...] = ()
    most: float = math.inf
    zero: bool = False
    repeats: float = 0.0


TARGETS: Mapping[str, Target] = {
    "latency_p95_ms": Target(
        "ms",
        short="p95",
        name=("p95 latency", "p95 延迟"),
        words=(
            *("latency", "latency p95", "response time", "response", "inference time", "inference latency", "delay"),
            *("延迟", "时延", "响应时间", "推理时间", "推理延迟", "p95延迟", "延迟 p95"),
        ),
        most=3_600_000,  # an hour
        repeats=1.0,
    ),
    "artifact_mb": Target(
        "MB",
        travels=True,
        short="size",
        name=("size", "大小"),
        words=(
            *("model size", "file size", "artifact", "artifact size", "model", "file", "footprint", "download"),
            *("download size", "模型大小", "文件大小", "体积", "模型体积", "包体积", "模型", "文件"),
        ),
        most=10_000_000,  # 10 TB
    ),
    "memory_mb": Target(
        "MB",
        short="memory",
        name=("memory", "内存"),
        words=("ram", "peak memory", "memory use", "ram use", "peak ram", "内存占用", "峰值内存", "运行内存"),
        most=10_000_000,
        repeats=0.02,
    ),
    "cold_start_s": Target(
        "s",
        short="cold start",
        name=("cold start", "冷启动"),
        words=(
            *("coldstart", "cold start time", "start up", "startup", "start up time", "startup time", "start time"),
            *("load time", "loading time", "冷启动时间", "启动时间", "启动", "加载时间"),
        ),
        most=86_400,  # a day
        repeats=1.0,
    ),
    "throughput_per_s": Target(
        "/s",
        at_least=True,
        short="throughput",
        name=("throughput", "吞吐量"),
        words=("qps", "rps", "requests", "requests per second", "吞吐", "每秒请求数"),
        most=1_000_000_000,
        repeats=1.0,
    ),
    "agreement_drop_pct": Target(
        "%",
        travels=True,
        short="agreement drop",
        name=("agreement drop", "一致率下降"),
        words=(
            *("accuracy drop", "accuracy loss", "drop in accuracy", "loss of accuracy", "drop in agreement"),
            *("精度下降", "精度损失", "准确率下降", "准确率损失"),
        ),
        most=100,
        zero=True,
    ),
}
"""By their names in ``needs/1``. MB are 10**6 bytes; cold start is loading and the first answer.

``repeats``: of 80 fresh processes of ONNX Runtime 1.32 that loaded and ran two files on two busy cores, peak memory lay
within 0.2 % of the median and cold start within 30 % (33 MB) and 110 % (0.3 MB). The 95th percentile over all processes
lay up to 1.5 times above the interval of one of them where other load came and went.
"""

ENOUGH = 6
"""Fresh processes from which the interval alone decides. With 5 the true value was said to be met in up to 2.2 % of
simulated sessions of one kind of noise, with 4 in up to 2.8 %; ``python -m probes benchmark --routes`` counts it."""

_BYTES = {"b": "0.000001", "byte": "0.000001", "bytes": "0.000001", "字节": "0.000001"} | {
    spelled: str(Decimal(base) ** power / 10**6)
    for power, letter, long in ((1, "k", "kilo"), (2, "m", "mega"), (3, "g", "giga"), (4, "t", "tera"))
    for base, spellings in (
        (1000, (letter, f"{letter}b", f"{letter}byte", f"{letter}bytes", f"{long}byte", f"{long}bytes")),
        (1024, (f"{letter}ib", f"{letter}i")),
    )
    for spelled in spellings
}
_SECONDS = {
    **dict.fromkeys(("ns", "纳秒"), "0.000000001"),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds", "微秒"), "0.000001"),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds", "毫秒"), "0.001"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "秒", "秒钟"), "1"),
    **dict.fromkeys(("min", "minute", "minutes", "分钟"), "60"),
}
_RATES = {
    **dict.fromkeys(
        (
            "/s",
            "/sec",
            "/second",
            "per s",
            "per second",
            "a second",
            "hz",
            "qps",
            "rps",
            "fps",
            "req/s",
            "/秒",
            "次/秒",
        ),
        "1",
    ),
    **dict.fromkeys(("requests/s", "requests per second", "每秒", "次每秒"), "1"),
}
_UNITS: Mapping[str, Mapping[str, Decimal]] = {
    "ms": {word: Decimal(seconds) * 1000 for word, seconds in _SECONDS.items()},
    "s": {word: Decimal(seconds) for word, seconds in _SECONDS.items()},
    "MB": {
        **{word: Decimal(size) for word, size in _BYTES.items()},
        **dict.fromkeys(("meg", "megs", "兆", "兆字节"), Decimal(1)),
        **dict.fromkeys(("gig", "gigs"), Decimal(1000)),
    },
    "/s": {word: Decimal(rate) for word, rate in _RATES.items()},
    "%": dict.fromkeys(("%", "percent", "per cent", "pct", "pp", "百分点", "个百分点"), Decimal(1)),
}
"""Unit of a target -> unit as it may be written, in lower case -> how many of the target's it is."""

_KINDS = {"ms": "a time", "s": "a time", "MB": "a size in bytes", "/s": "a rate", "%": "a share in per cent"}

_VAGUE = {
    **dict.fromkeys(
        ("fast", "faster", "quick", "slow", "low latency", "real time", "快", "快速", "低延迟", "实时"), "p95"
    ),
    **dict.fromkeys(("small", "smaller", "tiny", "light", "lightweight", "compact", "小", "轻量"), "size"),
    **dict.fromkeys(("accurate", "exact", "准确", "精确"), "agreement drop"),
    **dict.fromkeys(("instant", "秒开"), "cold start"),
    **dict.fromkeys(("scalable", "高并发"), "throughput"),
}
"""What is often asked for without a number, and what it may be about."""

_EXAMPLES = {"ms": "20ms", "s": "2s", "MB": "10MB", "/s": "500/s", "%": "1%"}
_SIGN = re.compile("[<>=≤≥⩽⩾:]+")
_NUMBER = re.compile(
    r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?(?![0-9])|[+-]?(?:nan|inf(?:inity)?)\b)\s*"
)
_BETWEEN = re.compile(r"[,;、\n]|\s(?:and|&)\s|和|且|并且")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_WIDE = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: " "}
"""Full-width characters, each to its plain one, so that places stay."""
_AT_MOST = frozenset({"<", "<=", "=<", "≤", "⩽"})
_AT_LEAST = frozenset({">", ">=", "=>", "≥", "⩾"})
_EITHER = frozenset({"=", "==", ":"})
_LONGEST = 1000
"""Characters that are read; six targets take a hundred."""


class TargetsError(ValueError):
    """A text holds no valid targets. ``problems``: each with its place and the way out."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class Refused(ValueError):
    """A number that cannot be a target; its text says why and what to write."""


# ---------------------------------------------------------------- reading


def parse(text: str) -> dict[str, float]:
    """Read targets such as "p95<=20ms,size<=10MB"; "<" reads as "<=", and "=" as the side on which better lies.

    Returns:
        name in ``TARGETS`` -> number in its unit, in the order of the text.

    Raises:
        TargetsError: with every problem, its place and what may have been meant.
    """
    if len(text) > _LONGEST:
        raise TargetsError([f"over {_LONGEST:,} characters; targets are written as p95<=20ms,size<=10MB"])
    plain = text.translate(_WIDE)
    found: dict[str, float] = {}
    problems: list[str] = []
    places: dict[str, int] = {}
    for start, part in _parts(plain):
        try:
            name, value = _target(part)
            if name in found:
                raise Refused(f"{TARGETS[name].short} stands at character {places[name]} already; keep one of them")
            found[name], places[name] = value, start
        except Refused as refused:
            problems.append(f"'{part[:60]}' (character {start}): {refused}")
    if not found and not problems:
        problems.append("no target; write one as p95<=20ms, or several as p95<=20ms,size<=10MB")
    if problems:
        raise TargetsError(problems)
    return found


def checked(name: str, value: float) -> float:
    """Return ``value`` as a target ``name``, of ``TARGETS``.

    Raises:
        Refused: not a finite number, below what can be asked for, or far beyond it.
    """
    target = TARGETS[name]
    where = f"write a number of {target.unit} {'from' if target.zero else 'above'} 0"
    if not math.isfinite(value):
        raise Refused(f"{value} is not a number that can be reached; {where}")
    if value < 0 or (value == 0 and not target.zero):
        raise Refused(f"{plain_number(value)} {target.unit} can be reached by nothing; {where}")
    if value > target.most:
        most = f"{plain_number(target.most)} {target.unit}"
        raise Refused(f"{value:.6g} {target.unit} is beyond {most} and asks for nothing; check the unit")
    return float(value)


def known(word: str) -> str | None:
    """Return the target that goes by ``word``, None where none does."""
    return _NAMES.get(_spelled(word))


def way_out(word: str) -> str:
    """Return what to write in place of a ``word`` that names no target."""
    spelled = _spelled(word)
    if spelled in _VAGUE:
        name = _VAGUE[spelled]
        return f"say how much with a number: {_written(_NAMES[name])}"
    close = nearest_word(spelled, _NAMES)
    listed = f"known: {', '.join(target.short for target in TARGETS.values())}"
    return f"did you mean '{close}'? {listed}" if close else listed


def in_unit(value: Decimal, unit: str, name: str) -> float | None:
    """Return ``value`` ``unit`` in the unit of the target ``name``; None where the unit is of another kind."""
    factor = _UNITS[TARGETS[name].unit].get(unit.casefold())
    return None if factor is None else float(value * factor)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Yield what stands between separators, with the number of its first character, from 1."""
    joined = _THOUSANDS.sub("_", text)
    begin = 0
    for end, after in [*((found.start(), found.end()) for found in _BETWEEN.finditer(joined)), (len(text), 0)]:
        part = joined[begin:end]
        if part.strip():
            yield begin + 1 + len(part) - len(part.lstrip()), part.strip()
        begin = after


def _target(part: str) -> tuple[str, float]:
    sign = _SIGN.search(part)
    if sign is None:
        raise Refused(_unsigned(part))
    word = part[: sign.start()].strip()
    name = known(word)
    if name is None:
        told = f"'{word}' is not a target" if word else "it does not say of what"
        raise Refused(f"{told}; {way_out(word)}")
    _direct(name, sign.group())
    rest = part[sign.end() :].strip().replace("_", "").casefold()
    number = _NUMBER.match(rest)
    if number is None:
        raise Refused(f"'{rest[:20]}' is not a number; write it as {_written(name)}")
    return name, _amount(name, number.group(1), rest[number.end() :].strip(), by_id=word in TARGETS)


def _unsigned(part: str) -> str:
    """Return what is wrong with a part without any sign of comparison."""
    digit = re.search(r"(?<![0-9A-Za-z])[0-9]", part)
    word = part[: digit.start()].strip() if digit else part
    name = known(word)
    if name is None:
        return f"not a target: a target is a name, a sign and a number; {way_out(word)}"
    return f"{'no sign' if digit else 'no number'}; write it as {_written(name)}"


def _direct(name: str, sign: str) -> None:
    """Check that a sign asks for better, not for worse."""
    target = TARGETS[name]
    if sign in _EITHER or sign in (_AT_LEAST if target.at_least else _AT_MOST):
        return
    if sign in _AT_MOST | _AT_LEAST:
        limit = "at least" if target.at_least else "at most"
        raise Refused(f"{target.short} is asked for as {limit} something; write it as {_written(name)}")
    raise Refused(f"'{sign}' is not a sign of comparison; write it as {_written(name)}")


def _amount(name: str, number: str, unit: str, *, by_id: bool) -> float:
    """Return a number with its unit in the unit of the target; its id in ``needs/1`` says the unit already."""
    target = TARGETS[name]
    if not math.isfinite(float(number)) or abs(float(number)) > _ABSURD:
        return checked(name, float(number))
    if not unit and not by_id:
        raise Refused(
            f"no unit; write it as {target.short}{_sign(name)}{number}{_EXAMPLES[target.unit].lstrip('0125')}"
        )
    value = in_unit(Decimal(number), unit or target.unit, name)
    if value is not None:
        return checked(name, value)
    others = [other for other in TARGETS if in_unit(Decimal(1), unit, other) is not None]
    if not others:
        near = nearest_word(unit, _UNITS[target.unit])
        known_units = f"did you mean '{near}'?" if near else f"write it as {_written(name)}"
        raise Refused(f"'{unit[:20]}' is not a unit of {target.short}; {known_units}")
    fitting = ", ".join(TARGETS[other].short for other in others)
    kind, own = _KINDS[TARGETS[others[0]].unit], _KINDS[target.unit]
    raise Refused(
        f"'{unit}' is {kind}, and {target.short} is {own}; write it as {_written(name)}, or name what takes {unit}: "
        f"{fitting}"
    )


def _spelled(word: str) -> str:
    return " ".join(word.translate(_WIDE).casefold().replace("-", " ").replace("_", " ").split())


_NAMES: Mapping[str, str] = {
    _spelled(word): name
    for name, target in TARGETS.items()
    for word in (name, target.short, *target.name, *target.words)
}

_ABSURD = 1e30
"""Of any unit; beyond it no number is multiplied out."""


def _sign(name: str) -> str:
    return ">=" if TARGETS[name].at_least else "<="


def _written(name: str) -> str:
    """Return an example of a target, as it is typed."""
    return f"{TARGETS[name].short}{_sign(name)}{_EXAMPLES[TARGETS[name].unit]}"


# ---------------------------------------------------------------- in words


class _Units(NamedTuple):
    """How a unit is written after a number, in English and in Chinese."""

    en: str
    zh: str


_SHOWN = {
    "ms": _Units(" ms", " 毫秒"),
    "s": _Units(" s", " 秒"),
    "MB": _Units(" MB", " MB"),
    "/s": _Units("/s", " 次/秒"),
    "%": _Units(" %", "%"),
}


def text(targets: Mapping[Name, float], lang: str) -> str:
    """Return targets in one line, "p95 latency ≤ 20 ms, size ≤ 10 MB"; ``parse`` reads it back.

    Args:
        targets: name -> number. lang: "en" or "zh".
    """
    return ("，" if lang == "zh" else ", ").join(
        f"{named(name, lang)} {bound(name, targets[name], lang)}" for name in targets
    )


def named(name: str, lang: str) -> str:
    """Return what a target is called in ``lang``."""
    return TARGETS[name].name[lang == "zh"]


def bound(name: str, value: float, lang: str) -> str:
    """Return the number asked for with its sign: "≤ 512 KB"."""
    return f"{'≥' if TARGETS[name].at_least else '≤'} {amount(name, value, lang)}"


def amount(name: str, value: float, lang: str) -> str:
    """Return a number of a target with its unit, sizes below 1 MB in KB and from 1,000 MB in GB."""
    unit = TARGETS[name].unit
    if unit != "MB" or 1 <= value < 1000 or value == 0:
        return plain_number(value) + _SHOWN[unit][lang == "zh"]
    exact = Decimal(repr(value))
    return f"{_shortest(exact * 1000)} KB" if value < 1 else f"{_shortest(exact / 1000)} GB"


def plain_number(value: float) -> str:
    """Return the shortest decimal that reads back as ``value``, without an exponent."""
    return _shortest(Decimal(repr(float(value))))


def _shortest(value: Decimal) -> str:
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


# ---------------------------------------------------------------- judging


class _Bounds(Protocol):
    """A figure's interval."""

    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...


class _Row(Protocol):
    """What was measured of one route; ``probes.evidence.routes.RouteRow`` is one."""

    @property
    def status(self) -> Status: ...

    @property
    def artifact_bytes(self) -> int | None: ...

    @property
    def load_ms(self) -> float | None: ...

    @property
    def first_ms(self) -> float | None: ...

    @property
    def p95_ms(self) -> _Bounds | None: ...

    @property
    def throughput_per_s(self) -> _Bounds | None: ...

    @property
    def peak_memory_bytes(self) -> int | None: ...

    @property
    def agreement(self) -> _Bounds | None: ...

    @property
    def processes(self) -> int: ...

    @property
    def bounds(self) -> Mapping[str, tuple[float, float]]: ...


class Measured(NamedTuple):
    """Between which bounds a figure lies, in the unit of its target."""

    low: float
    high: float


def judge(targets: Mapping[Name, float], row: _Row, same_kind: bool) -> dict[Name, str]:
    """Return whether a route meets each target: MEETS, FAILS, CANNOT_TELL or INDICATIVE.

    The interval decides: wholly inside meets, wholly outside fails, else nobody can tell. One process tells little of
    the next, so where fewer than ``ENOUGH`` were measured a margin comes on top, and only what lies far off is decided.
    Where the model must run on another kind of machine, what does not travel is indicative; ``readings`` tells in which
    direction.

    Args:
        same_kind: whether the machine that was measured is of the kind on which the model must run.
    """
    found = readings(targets, row)
    for name in targets:
        if not (same_kind or TARGETS[name].travels or measured(name, row) is None):
            found[name] = INDICATIVE
    return found


def readings(targets: Mapping[Name, float], row: _Row) -> dict[Name, str]:
    """Return for each target whether it is met on the machine that was measured: MEETS, FAILS or CANNOT_TELL."""
    return {name: _reading(TARGETS[name], value, measured(name, row)) for name, value in targets.items()}


def _reading(target: Target, asked: float, found: Measured | None) -> str:
    if found is None:
        return CANNOT_TELL
    low, high = (-found.high, -found.low) if target.at_least else found
    limit = -asked if target.at_least else asked
    if high <= limit:
        return MEETS
    return FAILS if low > limit else CANNOT_TELL


def measured(name: str, row: _Row) -> Measured | None:
    """Return what was measured of a target's figure, in its unit; None where it was not.

    A route whose answers are wrong, or that gave none, has no figure but its agreement: that is how wrong they are.
    """
    if name == "agreement_drop_pct":
        found = row.agreement
        return None if found is None else Measured(_lost(found.high), _lost(found.low))
    return _FIGURES[name](row) if row.status == Status.OK else None


def undecided(targets: Mapping[Name, float], row: _Row) -> list[Name]:
    """Return the targets that more fresh processes may decide: too few were measured, and they do not tell."""
    told = readings(targets, row)
    return [
        name
        for name in targets
        if row.processes < ENOUGH
        and told[name] == CANNOT_TELL
        and TARGETS[name].repeats
        and measured(name, row) is not None
    ]


def _lost(agreement: float) -> float:
    """Return 100 (1 - agreement) without the dust of binary fractions: at 0.993 exactly 0.7 is lost."""
    return float(100 - 100 * Decimal(repr(float(agreement)))) if math.isfinite(agreement) else math.nan


def _artifact(row: _Row) -> Measured | None:
    return None if row.artifact_bytes is None else Measured(row.artifact_bytes / 1e6, row.artifact_bytes / 1e6)


def _interval(name: str, found: _Bounds | None, row: _Row) -> Measured | None:
    return None if found is None else _among(name, (found.low, found.high), row)


def _reading_of(name: str, value: float | None, bounds: str, unit: float, row: _Row) -> Measured | None:
    """Return one figure a process, in its target's unit."""
    if value is None:
        return None
    low, high = _among(name, row.bounds.get(bounds, (value, value)), row)
    return Measured(low / unit, high / unit)


def _among(name: str, found: tuple[float, float], row: _Row) -> Measured:
    """Return what was measured, with the margin that comes on top where too few processes were."""
    margin = 1 + (TARGETS[name].repeats if row.processes < ENOUGH else 0.0)
    return Measured(found[0] / margin, found[1] * margin)


def _cold_start(row: _Row) -> Measured | None:
    ready = None if row.load_ms is None or row.first_ms is None else row.load_ms + row.first_ms
    return _reading_of("cold_start_s", ready, "cold_start_ms", 1e3, row)


_FIGURES: Mapping[str, Callable[[_Row], Measured | None]] = {
    "latency_p95_ms": lambda row: _interval("latency_p95_ms", row.p95_ms, row),
    "artifact_mb": _artifact,
    "memory_mb": lambda row: _reading_of("memory_mb", row.peak_memory_bytes, "peak_memory_bytes", 1e6, row),
    "cold_start_s": _cold_start,
    "throughput_per_s": lambda row: _interval("throughput_per_s", row.throughput_per_s, row),
}
