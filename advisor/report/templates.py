"""The templates of the report: strict about what is missing, and compiled once a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


@cache
def template(name: str, *, finalize: Callable[[object], object] | None = None) -> Template:
    """Return a template, compiled once: that takes longer than to fill it.

    Args:
        name: of its file.
        finalize: what makes every value literal text; HTML's own escape where None.
    """
    environment = Environment(
        loader=PackageLoader("advisor.report"),
        # What is no HTML passes through ``finalize``: an escape for HTML would write &amp; into prose.
        autoescape=finalize is None,  # noqa: S701
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
