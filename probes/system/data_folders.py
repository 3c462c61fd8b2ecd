"""Where what outlives a run is kept: FRAMEWORK_ADVISOR_HOME, else the platform's own folders for data and caches.

One rule for the instrument and the advisor. Reads variables; makes no folder. Having none is an ordinary case: a
container's user may have neither HOME nor an entry in the list of users.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

VARIABLE = "FRAMEWORK_ADVISOR_HOME"

Kind = Literal["data", "cache", "config"]

_NO_HOME = {"en": "there is no home folder", "zh": "没有主目录"}


class Nowhere(Exception):
    """There is no folder to keep anything in.

    Attributes:
        why: the reason, by language ("en", "zh").
    """

    def __init__(self, why: dict[str, str]) -> None:
        super().__init__(why["en"])
        self.why = why


def data() -> Path:
    """Return the folder of what was measured and decided.

    Raises:
        Nowhere: with the reason.
    """
    return folder("data")


def cache() -> Path:
    """Return the folder of what can be made anew.

    Raises:
        Nowhere: with the reason.
    """
    return folder("cache")


def folder(kind: Kind) -> Path:
    """Return where one kind of file is kept: the named home and what lies in it, else the platform's own place.

    Every such path comes from here, so that a ``~`` or a home that does not exist means the same for all of them.

    Raises:
        Nowhere: with the reason.
    """
    named = _named()
    if named:
        return named if kind == "data" else named / kind
    from platformdirs import PlatformDirs

    try:
        found = Path(str(getattr(PlatformDirs("framework-advisor", appauthor=False), f"user_{kind}_dir")))
    except RuntimeError:
        raise Nowhere(_NO_HOME) from None
    if not found.is_absolute():  # earlier releases of platformdirs leave a "~" that nobody can replace
        raise Nowhere(_NO_HOME)
    return found


def expanded(path: str) -> Path:
    """Return a path with ``~`` and ``~user`` replaced where the system knows them, else as it is written."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def unwritable(place: Path, error: OSError) -> dict[str, str]:
    """Return why nothing is kept in a folder that refuses, by language."""
    reason = error.strerror or str(error)
    return {"en": f"{place} cannot be written ({reason})", "zh": f"无法写入 {place}（{reason}）"}


def not_kept(why: Mapping[str, str], lang: str) -> str:
    """Return the one line that tells a user that nothing is kept, and what would change that."""
    if lang == "zh":
        return f"未保存：{why['zh']}。若要保存，请将 {VARIABLE} 设为可写的文件夹。"
    return f"Not kept: {why['en']}. To keep results, set {VARIABLE} to a folder that can be written."


def _named() -> Path | None:
    """Return the folder that the user names, None where none is named."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    found = expanded(named)
    if found.parts[:1] and found.parts[0].startswith("~"):
        raise Nowhere(
            {
                "en": f"{VARIABLE} is {named}, and this system knows no {found.parts[0]}",
                "zh": f"{VARIABLE} 为 {named}，而本系统没有 {found.parts[0]}",
            }
        )
    with suppress(OSError):  # the folder this began in is gone; what is relative to it is nowhere either
        found = found.absolute()
    return found
