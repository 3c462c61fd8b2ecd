"""Mutation testing of the modules that decide: small faults are planted one by one, and the tests must notice.

Works in a copy of the checkout; needs the extra ``mutation`` and a system with ``fork``. The pinned results of
``test_golden.py`` are left out: a mutant counts as killed where a test that states a behaviour fails.
"""

from __future__ import annotations

import ast
import difflib
import importlib.util
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from advisor.errors import InputError

ROOT = Path(__file__).resolve().parents[2]

COPIED = ("advisor", "probes", "knowledge", "tests", "pyproject.toml", "README.md")

DECIDING = (
    *sorted(f"advisor/engine/{path.name}" for path in (ROOT / "advisor" / "engine").glob("[!_]*.py")),
    *sorted(f"advisor/analysis/{path.name}" for path in (ROOT / "advisor" / "analysis").glob("[!_]*.py")),
    "probes/statistics/ratios.py",
)
"""Modules in which a fault would change a recommendation or a verdict and nothing else would show it."""

TESTS = ("tests/advisor/engine", "tests/advisor/analysis", "tests/advisor/deployment", "tests/probes/statistics")

PATIENCE = 3
"""A mutant counts as timed out after twice this many times what its tests take; mutmut's own 15 takes minutes."""

KILLED = frozenset({1, 3})
"""Exit statuses of pytest under a mutant that a test noticed: a failure, an error of its own."""

TIMED_OUT = frozenset({-24, 24, 36, 152, 255})
"""Exit statuses of a mutant that took more processor time than its tests ever need, which is noticed too."""


EXPLAINED = ROOT / "docs" / "mutants.md"
"""Mutants that no test can kill, since they change nothing that can be observed, each with the reason."""

_DIFF = re.compile(r"^```diff\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


class Fate(StrEnum):
    """What became of a planted fault."""

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    UNTRIED = "untried"


@dataclass(frozen=True)
class Mutant:
    """One planted fault: its name, what became of it, and the lines it changed.

    Attributes:
        change: unified difference of the function; of those that no test noticed.
        reason: why it changes nothing, of an equivalent.
    """

    name: str
    fate: Fate
    change: str = ""
    reason: str = ""


def mutate(
    modules: Sequence[str], *, sample: int | None, seed: int, children: int, progress: Callable[[str], None]
) -> tuple[Mutant, ...]:
    """Plant faults in some deciding modules and return what became of each.

    Args:
        modules: places from ``DECIDING``, or the ends of such (``pooling``); all of them where empty.
        sample: how many mutants to try, drawn with ``seed``; all where None.
        children: mutants tried at once.
        progress: is told what is going on.

    Raises:
        InputError: mutmut or the tests are not here, a module is unknown, or the tests fail without any mutant.
    """
    chosen = chosen_places(modules)
    if importlib.util.find_spec("mutmut") is None:
        raise InputError(["mutants need mutmut; add it with: pip install 'framework-advisor[mutation]'"])
    if not (ROOT / "tests").is_dir():
        raise InputError(["mutants need the tests, which only a checkout of the project has"])
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy(copy, chosen)
        progress(f"writing mutants of {len(chosen)} modules and running the tests once")
        names = _names(copy)
        if sample is not None and sample < len(names):
            names = sorted(random.Random(seed).sample(names, sample))  # noqa: S311 - a sample, not a secret
        progress(f"trying {len(names)} mutants")
        printed = _mutmut(copy, "run", "--max-children", str(children), *names)
        known = explained()
        found = tuple(_result(copy, chosen, name, known) for name in names)
        if untried := sum(mutant.fate is Fate.UNTRIED for mutant in found):
            progress("\n".join([f"mutmut left {untried} mutants untried; it ended with:", *_last(printed)]))
        return found


def score(tried: Sequence[Mutant]) -> str:
    """Return the score in one line: of the mutants that were tried and change something, how many a test noticed."""
    count = Counter(mutant.fate for mutant in tried)
    able = count[Fate.KILLED] + count[Fate.SURVIVED]
    share = f": {count[Fate.KILLED] / able:.1%}" if able else ""
    beside = {Fate.EQUIVALENT: f"change nothing ({EXPLAINED.relative_to(ROOT)})", Fate.UNTRIED: "were not tried"}
    told = "".join(f"; {count[fate]} {words}" for fate, words in beside.items() if count[fate])
    return f"{count[Fate.KILLED]} of {able} mutants killed{share}{told}"


def explained() -> dict[tuple[str, str], str]:
    """Return why a mutant changes nothing, by the function that it is of (with its module) and its change."""
    text = EXPLAINED.read_text(encoding="utf-8") if EXPLAINED.is_file() else ""
    found: dict[tuple[str, str], str] = {}
    for entry in text.split("\n## ")[1:]:
        function, _, rest = entry.partition("\n")
        reason = " ".join(_DIFF.sub("", rest).split())
        found |= {(function.strip("` "), changed): reason for changed in _DIFF.findall(rest)}
    return found


def chosen_places(modules: Sequence[str]) -> tuple[str, ...]:
    """Return the places of the named modules; all of ``DECIDING`` where none is named.

    Raises:
        InputError: one of them is none that decides.
    """
    by_name = {Path(place).stem: place for place in DECIDING}
    unknown = [name for name in modules if Path(name).stem not in by_name]
    if unknown:
        raise InputError([f"--module: no deciding module {name!r}; known: {', '.join(by_name)}" for name in unknown])
    return tuple(by_name[Path(name).stem] for name in modules) or DECIDING


def _copy(folder: Path, chosen: Sequence[str]) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    options = {
        "source_paths": ("advisor", "probes"),
        "only_mutate": chosen,
        "also_copy": ("knowledge", "README.md"),
        "pytest_add_cli_args_test_selection": [place for place in TESTS if (folder / place).is_dir()],
        "pytest_add_cli_args": ("-p", "no:cacheprovider", "--ignore=tests/advisor/engine/test_golden.py"),
        "use_git_change_detection": ("false",),
        "timeout_multiplier": (str(PATIENCE),),
    }
    lines = ["[mutmut]"]
    for key, values in options.items():
        lines += [f"{key}=", *(f"    {value}" for value in values)] if len(values) > 1 else [f"{key}={values[0]}"]
    (folder / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _mutmut(folder: Path, *argv: str) -> str:
    """Run mutmut in the copy; return what it printed."""
    ended = subprocess.run(
        [sys.executable, "-m", "mutmut", *argv],
        cwd=folder,
        env={**os.environ, "FRAMEWORK_ADVISOR_HOME": str(folder / "home"), "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return ended.stdout


def _statuses(folder: Path, place: str) -> dict[str, int | None]:
    """Return pytest's exit status by mutant of one module; None where it was not tried."""
    path = folder / "mutants" / f"{place}.meta"
    if not path.is_file():
        return {}
    found: dict[str, int | None] = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def _names(folder: Path) -> list[str]:
    """Write the mutants and return their names.

    mutmut tries none of a name that it does not know, but has written them and run the tests by then.
    """
    printed = _mutmut(folder, "run", "no-such-mutant")
    names = [name for place in DECIDING for name in _statuses(folder, place)]
    if not names or "nothing matches" not in printed:
        raise InputError(["the tests do not pass without any mutant, or mutmut could not run:", *_last(printed)])
    return sorted(names)


def _last(printed: str) -> list[str]:
    """Return the last lines of what mutmut printed; its progress overwrites itself within a line."""
    return [line.rpartition("\r")[2] for line in printed.strip().splitlines()[-12:]]


def _result(folder: Path, chosen: Sequence[str], name: str, known: Mapping[tuple[str, str], str]) -> Mutant:
    """Return what became of one mutant, with its change where no test noticed it."""
    statuses = {key: status for place in chosen for key, status in _statuses(folder, place).items()}
    if statuses[name] is None:
        return Mutant(name, Fate.UNTRIED)
    if statuses[name] in KILLED | TIMED_OUT:
        return Mutant(name, Fate.KILLED)
    module, _, function = name.rpartition(".")
    written = (folder / "mutants" / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    changed = change(written, function)
    reason = known.get((f"{module}.{plain_name(function)}", changed))
    if reason is None:
        return Mutant(name, Fate.SURVIVED, changed)
    return Mutant(name, Fate.EQUIVALENT, changed, reason)


def plain_name(function: str) -> str:
    """Return what a mutated function is called in the source: ``x_half__mutmut_1`` is ``half``."""
    original = function.rpartition("__mutmut_")[0]
    # mutmut calls a function x_NAME, and a method xǁCLASSǁNAME.
    return original.removeprefix("xǁ").replace("ǁ", ".") if original.startswith("xǁ") else original.removeprefix("x_")


def change(written: str, function: str) -> str:
    """Return the lines in which a mutated function differs from its original, both in one file that mutmut wrote.

    Args:
        written: the text of the file.
        function: the mutant's name there, ``x_<name>__mutmut_<number>``.
    """
    bodies = {
        node.name: [ast.unparse(statement).splitlines() for statement in node.body]
        for node in ast.walk(ast.parse(written))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    original = bodies[function.rpartition("__mutmut_")[0] + "__mutmut_orig"]
    before, after = ([line for statement in body for line in statement] for body in (original, bodies[function]))
    found = difflib.unified_diff(before, after, lineterm="", n=0)
    return "\n".join(line for line in found if not line.startswith(("---", "+++", "@@")))
