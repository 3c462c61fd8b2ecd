"""Takes the folders of this disk out of a document before it leaves it, or whose they are out of evidence. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAME = r"[^\s\"'<>|:;,()/\\]"


PLACE = re.compile(
    rf"(?<![\w:/.<])(?P<folders>(?:(?:file://)?/(?=[\w.+~-]+/)|~/|[A-Za-z]:\\)(?:{_NAME}+[/\\])+)(?P<last>{_NAME}*)"
    r'|(?<=File ")[^"\n]*\Z'
)
"""A place on disk, from the root, from home or from a drive; or one that a shortened message cuts off."""


HOMES = re.compile(r"(?:file://)?(?:/home/|/Users/|[A-Za-z]:\\Users\\)")


_OWNED = re.compile(rf"(?<![\w:/.<])(?:file://)?(?:(?:/{_NAME}+)*?/(?:home|Users)/|[A-Za-z]:\\Users\\){_NAME}+")
"""The folder of a person's own, wherever a system keeps those ("/home/jane", "/var/home/jane")."""


PRIVATE = frozenset({"executable", "hostname", "user", "cwd"})
"""What a session may note about a machine and no colleague needs."""


def without_places(value: Any) -> Any:
    """Return a document without the folders of this disk; a file keeps its name, and the rest its words."""
    if isinstance(value, Mapping):
        return {key: without_places(inner) for key, inner in value.items() if key not in PRIVATE}
    if isinstance(value, list | tuple):
        return [without_places(inner) for inner in value]
    return PLACE.sub(_last, value) if isinstance(value, str) else value


def _last(place: re.Match[str]) -> str:
    """Return a file's name; that of a home is its owner's, and stays here too."""
    return "" if HOMES.fullmatch(place["folders"] or "") else place["last"] or ""


def without_owner(text: str) -> str:
    """Return a text with the home folder in every place on disk as ``~``: it tells a user's name."""
    return _OWNED.sub("~", text)


def file_name(path: str) -> str:
    """Return the last part of a path, whichever system wrote it."""
    return re.split(r"[/\\]", path)[-1]
