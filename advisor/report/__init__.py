"""Decision reports: built once as data (``build``), shown by one renderer a format.

The folder is the registry: a module with ``SUFFIX`` and ``render(decision, lang) -> bytes`` is a form.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from advisor.decisions.document import Decision


class Form(Protocol):
    """What a module of this folder offers when it is a report form."""

    SUFFIX: str
    MIME: str

    def render(self, decision: Decision, lang: str) -> bytes:
        """Return the whole file."""
        ...


@cache
def formats() -> dict[str, Form]:
    """Return every report form by its suffix ("html"), in the order of the suffixes."""
    found: dict[str, Form] = {}
    for module in iter_modules(__path__):
        loaded = import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "SUFFIX"):
            found[loaded.SUFFIX] = loaded
    return dict(sorted(found.items()))
