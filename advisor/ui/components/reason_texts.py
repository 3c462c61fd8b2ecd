"""Why a probe gave no ratio, as a page says it: in the reader's language, without options of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.texts import language
from probes import reasons
from probes.types import Reason


def told(reason: Reason | Mapping[str, Any]) -> str:
    """Return a reason, or that of an event, in the reader's language, plain text."""
    found = reason if isinstance(reason, Reason) else reasons.read(reason)
    names = {framework: elements.name_of(framework) for framework in state.knowledge().frameworks}
    return reasons.text(found, language(), page=True, names=names)
