"""One page a file; no page imports another.

The folder is the registry: a module here holds ``TITLE`` (a Text), ``ICON`` (of Material Symbols), ``ORDER`` among the
pages, if need be ``ADDRESS`` (else it is the module's name), and ``page()``, which draws it. The first in order opens
the app.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from advisor.model.text import Text


@dataclass(frozen=True)
class Page:
    """A page as its module describes it."""

    module: str
    title: Text
    icon: str
    order: int
    address: str

    def draw(self) -> None:
        """Import the page and draw it."""
        import_module(f"{__name__}.{self.module}").page()


@cache
def registered() -> tuple[Page, ...]:
    """Return every page in order. Their modules are read and not imported: one page is opened at a time.

    Raises:
        ValueError: a page lacks a constant, or writes it as anything but a literal.
    """
    paths = (path for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    return tuple(sorted(map(described, paths), key=lambda page: (page.order, page.module)))


def described(path: Path) -> Page:
    """Return the page that a file describes, without importing it.

    Raises:
        ValueError: it lacks a constant, or writes it as anything but a literal.
    """
    constants = {
        node.targets[0].id: node.value
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    missing = [name for name in ("TITLE", "ICON", "ORDER") if name not in constants]
    if missing:
        raise ValueError(f"{path.name}: a page needs {', '.join(missing)}")
    try:
        return Page(
            module=path.stem,
            title=_text(constants["TITLE"]),
            icon=ast.literal_eval(constants["ICON"]),
            order=ast.literal_eval(constants["ORDER"]),
            address=ast.literal_eval(constants["ADDRESS"]) if "ADDRESS" in constants else path.stem,
        )
    except ValueError as error:
        raise ValueError(f"{path.name}: what describes a page is written as literals ({error})") from error


def _text(node: ast.expr) -> Text:
    """Return the value of an expression ``Text(en="...", zh="...")``."""
    keywords = node.keywords if isinstance(node, ast.Call) else []
    return Text(**{str(keyword.arg): ast.literal_eval(keyword.value) for keyword in keywords})
