"""Where what outlives a run is kept: FRAMEWORK_ADVISOR_HOME, else the platform's own folders for data and caches.

One rule for the instrument and the advisor. Reads variables; makes no folder. Having none is an ordinary case: a
container's user may have neither HOME nor an entry in the list of users.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

VARIABLE = "FRAMEWORK_ADVISOR_HOME"

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
    from platformdirs import user_data_path

    return _named() or _usual(lambda: user_data_path("framework-advisor", appauthor=False))


def cache() -> Path:
    """Return the folder of what can be made anew.

    Raises:
        Nowhere: with the reason.
    """
    from platformdirs import user_cache_path

    named = _named()
    return named / "cache" if named else _usual(lambda: user_cache_path("framework-advisor", appauthor=False))


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
    return found


def _usual(place: Callable[[], Path]) -> Path:
    try:
        found = place()
    except RuntimeError:
        raise Nowhere(_NO_HOME) from None
    if not found.is_absolute():  # earlier releases of platformdirs leave a "~" that nobody can replace
        raise Nowhere(_NO_HOME)
    return found
