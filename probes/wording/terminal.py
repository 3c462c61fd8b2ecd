"""The terminal for what is set and coloured; plain lines go through ``visible.say``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console  # noqa: TID251 - the one place
from rich.segment import Segment

from probes.wording.visible import visible

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderableType
    from rich.text import Text


class Terminal(Console):
    """A terminal that takes colours from the program alone: its own codes stay, those in a text are escaped."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Read a string as rich does; escaped before it is laid out, for the escape is wider."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does; what holds text of its own (Markdown, a tree) is escaped too."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)
