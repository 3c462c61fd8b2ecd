"""Decision reports: built once as data (``view``, ``machines``), shown by one renderer a format.

The folder is the registry: a module with ``SUFFIX`` is a form, and holds what ``Form`` names.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

from advisor.model.text import Text

if TYPE_CHECKING:
    from advisor.decisions.document import Decision


class Form(Protocol):
    """What a module of this folder offers when it is a report form.

    ``NAME`` and ``ICON`` (of Material Symbols) stand on its download button. ``ON_DEMAND``: it is slow, or may be
    impossible on this machine, so it is made when asked for.
    """

    SUFFIX: str
    MIME: str
    NAME: Text
    ICON: str
    ON_DEMAND: bool

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
